-- One row per lead of a person who was erased: only the ledger can recognise an address by its salted digest.
select leads.lead_id
from {{ ref('int_leads__captured') }} as leads
inner join {{ ref('stg_ledger__suppressed_leads') }} as suppressed on leads.record_key = suppressed.record_key
