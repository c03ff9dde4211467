select
    partner_id,
    outcome,
    successes_micros,
    trials_micros,
    offers,
    rate,
    lower,
    upper,
    weight_micros,
    expected_micros,
    p_won_micros
from {{ source('routing', 'partner_performance') }}
