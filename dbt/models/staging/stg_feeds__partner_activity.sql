select
    source_system,
    activity_id,
    partner_id,
    lead_ref,
    assignment_id,
    lead_source_system,
    lead_source_record_id,
    lower(nullif(trim(lead_email), '')) as lead_email,
    activity_type,
    occurred_at,
    reason,
    reported_at,
    record_key,
    content_hash,
    feed,
    file_sha256,
    record_number,
    arrival_seq,
    arrived_at
from {{ source('raw', 'partner_activity') }}
where is_current and not is_closed
