select
    quarantine_id,
    feed,
    entity,
    file_sha256,
    path,
    record_number,
    reason_code,
    column_name,
    message,
    remedy,
    arrival_seq,
    arrived_at,
    record_count
from {{ source('raw', 'quarantined_record') }}
