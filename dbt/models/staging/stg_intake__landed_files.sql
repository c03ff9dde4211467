select
    feed,
    entity,
    file_sha256,
    contract_sha256,
    path,
    bytes,
    arrival_seq,
    arrived_at,
    counted,
    accepted,
    duplicates,
    filtered,
    quarantined,
    derived,
    file_reason,
    is_snapshot
from {{ source('raw', 'landed_file') }}
