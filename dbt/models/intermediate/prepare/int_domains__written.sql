-- One row per domain as any feed writes it: of websites, of e-mail addresses, or in place of an account's name.
{{ config(materialized='view') }}

with domains as (
    select website_domain as domain from {{ ref('stg_feeds__leads') }}
    union
    select email_domain from {{ ref('stg_feeds__leads') }}
    union
    select website_domain from {{ ref('stg_feeds__deal_registrations') }}
    union
    select email_domain from {{ ref('stg_feeds__deal_registrations') }}
    union
    select website_domain from {{ ref('stg_feeds__named_accounts') }}
    union
    select lower(trim(account)) from {{ ref('stg_feeds__named_accounts') }}
    union
    select lower(trim(account)) from {{ ref('stg_feeds__opportunities') }}
)

select domain
from domains
where regexp_full_match(domain, '([\w-]+\.)+[a-z0-9-]{2,}')
