select record_key
from {{ source('ledger', 'suppressed_lead') }}
