select
    source_system,
    partner_id,
    kind,
    code,
    valid_from,
    valid_to,
    record_key,
    content_hash,
    feed,
    file_sha256,
    record_number,
    arrival_seq,
    arrived_at
from {{ source('raw', 'partner_specializations') }}
where is_current and not is_closed
