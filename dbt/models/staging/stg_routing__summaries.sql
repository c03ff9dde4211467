select
    run_id,
    as_of,
    is_express,
    leads,
    units,
    assigned,
    objective,
    upper_bound,
    gap,
    band_cost,
    input_sha256,
    rulebook_sha256,
    content_sha256,
    batch_id,
    outcome
from {{ source('routing', 'summary') }}
