-- One row per lead with an address that was erased: the only place where addresses meet the ledger's digests.
select leads.lead_id
from {{ ref('int_leads__captured') }} as leads
inner join {{ ref('stg_ledger__suppressions') }} as suppressions
    on sha256(leads.email_normalized) = suppressions.digest
