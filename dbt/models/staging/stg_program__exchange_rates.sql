select
    currency,
    rate_date,
    rate
from {{ source('program', 'exchange_rate') }}
