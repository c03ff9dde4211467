select
    source_system,
    touch_id,
    touched_at,
    lead_ref,
    assignment_id,
    lead_source_system,
    lead_source_record_id,
    lower(nullif(trim(lead_email), '')) as lead_email,
    channel,
    campaign_id,
    record_key,
    content_hash,
    feed,
    file_sha256,
    record_number,
    arrival_seq,
    arrived_at
from {{ source('raw', 'touches') }}
where is_current and not is_closed
