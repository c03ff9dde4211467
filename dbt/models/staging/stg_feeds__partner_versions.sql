select
    partner_id,
    partner_type,
    status,
    tier,
    country_code,
    channel_manager,
    capacity,
    joined_on,
    record_key,
    content_hash,
    feed,
    record_number,
    arrival_seq,
    arrived_at,
    is_current,
    is_closed
from {{ source('raw', 'partners') }}
