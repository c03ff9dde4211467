select
    source_system,
    partner_id,
    country,
    region,
    postal_prefix,
    product,
    is_exclusive,
    capacity,
    valid_from,
    valid_to,
    country_code,
    record_key,
    content_hash,
    feed,
    file_sha256,
    record_number,
    arrival_seq,
    arrived_at
from {{ source('raw', 'partner_territories') }}
where is_current and not is_closed
