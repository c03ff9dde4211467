select
    source_system,
    account,
    website,
    partner_id,
    product,
    valid_from,
    valid_to,
    website_domain,
    record_key,
    content_hash,
    feed,
    file_sha256,
    record_number,
    arrival_seq,
    arrived_at
from {{ source('raw', 'named_accounts') }}
where is_current and not is_closed
