select
    currency,
    exponent
from {{ source('program', 'currency_exponent') }}
