select
    source_system,
    campaign_id,
    spend_date,
    amount,
    currency,
    channel,
    currency_code,
    record_key,
    content_hash,
    feed,
    file_sha256,
    record_number,
    arrival_seq,
    arrived_at
from {{ source('raw', 'campaign_spend') }}
where is_current and not is_closed
