select
    run_id,
    as_of,
    program_currency,
    program_timezone
from {{ source('gates', 'run') }}
