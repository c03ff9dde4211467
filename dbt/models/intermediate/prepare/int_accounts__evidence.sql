-- One row per record that names a company: what it says about which one. Domains many people share say nothing.
with records as (
    select
        'leads' as entity,
        record_key,
        captured_at as seen_at,
        website_domain,
        email_domain,
        cast(null as varchar) as account,
        company,
        country_code as country
    from {{ ref('stg_feeds__leads') }}
    union all
    select
        'deal_registrations' as entity,
        record_key,
        submitted_at as seen_at,
        website_domain,
        email_domain,
        null as account,
        company,
        null as country
    from {{ ref('stg_feeds__deal_registrations') }}
    union all
    select
        'named_accounts' as entity,
        record_key,
        arrived_at as seen_at,
        website_domain,
        null as email_domain,
        lower(trim(account)) as account,
        account as company,
        null as country
    from {{ ref('stg_feeds__named_accounts') }}
    union all
    select
        'opportunities' as entity,
        record_key,
        created_at as seen_at,
        null as website_domain,
        null as email_domain,
        lower(trim(account)) as account,
        account as company,
        null as country
    from {{ ref('stg_feeds__opportunities') }}
),

domains as (
    select
        parsed.domain,
        parsed.registrable_domain
    from {{ ref('int_domains__parsed') }} as parsed
    where
        not exists (
            select 1 from {{ ref('int_domains__shared') }} as shared
            where shared.domain in (parsed.domain, parsed.registrable_domain)
        )
)

select
    records.entity,
    records.record_key,
    records.seen_at,
    coalesce(websites.registrable_domain, written.registrable_domain) as website_domain,
    mails.registrable_domain as mail_domain,
    coalesce(
        websites.registrable_domain, written.registrable_domain, mails.registrable_domain
    ) as domain,
    case when written.domain is null then companies.company_key end as company_key,
    records.country
from records
left join domains as websites on records.website_domain = websites.domain
left join domains as written on records.account = written.domain
left join domains as mails on records.email_domain = mails.domain
left join {{ ref('int_companies__parsed') }} as companies on records.company = companies.company
