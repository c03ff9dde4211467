-- One row per company name and country: the account it belongs to. Where records of the name have a domain, and it is
-- one account's, the name joins it; where several companies share the name it stays by itself. A name without country
-- belongs to the only account of that name, if there is only one.
with named as (
    select
        evidence.company_key,
        evidence.country,
        domains.account_domain
    from {{ ref('int_accounts__evidence') }} as evidence
    left join {{ ref('int_accounts__domains') }} as domains on evidence.domain = domains.domain
    where evidence.company_key is not null
),

by_country as (
    select
        company_key,
        country,
        case
            when count(distinct account_domain) = 1 then {{ account_id("'domain'", 'min(account_domain)') }}
            else {{ account_id("'name'", "company_key || chr(31) || coalesce(country, '')") }}
        end as account_id
    from named
    group by company_key, country
),

single as (
    select
        company_key,
        min(account_id) as account_id
    from by_country
    where country is not null
    group by company_key
    having count(distinct account_id) = 1
)

select
    by_country.company_key,
    by_country.country,
    case
        when by_country.country is null then coalesce(single.account_id, by_country.account_id)
        else by_country.account_id
    end as account_id
from by_country
left join single on by_country.company_key = single.company_key
