select
    source_system,
    lead_ref,
    assignment_id,
    lead_source_system,
    lead_source_record_id,
    lower(nullif(trim(lead_email), '')) as lead_email,
    partner_id,
    assigned_at,
    responded_at,
    response,
    decline_reason,
    first_follow_up_at,
    outcome,
    record_key,
    content_hash,
    feed,
    file_sha256,
    record_number,
    arrival_seq,
    arrived_at
from {{ source('raw', 'assignment_history') }}
where is_current and not is_closed
