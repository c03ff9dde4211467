-- One row per record, but for touches, that refers to a lead: the lead it means, null while it means none.
with written as (
    select * from {{ ref('int_references__written') }} where entity not in ('deal_registrations', 'touches')
),

{{ resolve_lead_references('written', ref('int_leads__captured')) }}

select
    entity,
    record_key,
    event_at,
    reference_kind,
    lead_id
from looked_up
