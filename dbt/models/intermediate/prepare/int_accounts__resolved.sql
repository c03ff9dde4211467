-- One row per record that names a company: its account, by domain or else by name and country; null where it says
-- nothing that names one.
select
    evidence.entity,
    evidence.record_key,
    case
        when domains.account_domain is not null then {{ account_id("'domain'", 'domains.account_domain') }}
        else names.account_id
    end as account_id,
    case
        when domains.account_domain is not null then 'domain'
        when names.account_id is not null then 'name'
        else 'none'
    end as account_basis
from {{ ref('int_accounts__evidence') }} as evidence
left join {{ ref('int_accounts__domains') }} as domains on evidence.domain = domains.domain
left join {{ ref('int_accounts__names') }} as names
    on
        evidence.company_key = names.company_key
        and evidence.country is not distinct from names.country
