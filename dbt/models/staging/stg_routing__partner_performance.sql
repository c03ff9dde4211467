select
    partner_id,
    outcome,
    successes_micros,
    trials_micros,
    offers,
    rate,
    lower,
    upper,
    weight_micros
from {{ source('routing', 'partner_performance') }}
