select
    digest,
    suppressed_at
from {{ source('ledger', 'suppression') }}
