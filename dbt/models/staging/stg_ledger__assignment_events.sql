select
    event_id,
    assignment_id,
    lead_id,
    partner_id,
    event_type,
    occurred_at,
    reported_at,
    reason,
    source
from {{ source('ledger', 'assignment_event') }}
