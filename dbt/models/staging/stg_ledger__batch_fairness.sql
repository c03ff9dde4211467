select
    batch_id,
    pool,
    partner_id,
    expected_nanos,
    received
from {{ source('ledger', 'batch_fairness') }}
