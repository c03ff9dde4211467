-- One row per company domain in the evidence: when it was first seen.
with domains as (
    select
        domain,
        seen_at
    from {{ ref('int_accounts__evidence') }}
    union all
    select
        mail_domain,
        seen_at
    from {{ ref('int_accounts__evidence') }}
)

select
    domain,
    min(seen_at) as seen_at
from domains
where domain is not null
group by domain
