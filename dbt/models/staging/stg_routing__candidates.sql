select
    unit_id,
    lead_id,
    partner_id,
    is_eligible,
    exclusion_reason,
    p_won_micros,
    value_minor,
    age_decay_micros,
    preference_micros,
    score,
    banded_score,
    rank,
    is_assigned
from {{ source('routing', 'candidate') }}
