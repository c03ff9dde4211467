-- One row per company name as any feed writes it.
{{ config(materialized='view') }}

select company from {{ ref('stg_feeds__leads') }} where company is not null
union
select company from {{ ref('stg_feeds__deal_registrations') }} where company is not null
union
select account from {{ ref('stg_feeds__named_accounts') }} where account is not null
union
select account from {{ ref('stg_feeds__opportunities') }} where account is not null
