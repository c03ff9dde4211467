select
    run_id,
    as_of,
    gate,
    check_name,
    subject_sha256,
    passed,
    rows_seen,
    rows_failed,
    message,
    remedy
from {{ source('ledger', 'gate_verdict') }}
