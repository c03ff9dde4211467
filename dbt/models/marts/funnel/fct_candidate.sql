-- One row per batch, lead and partner that passed territory. Routing weighs a routing unit's leads together, so the
-- leads of one unit share its candidates and scores.
select
    lines.batch_id,
    lines.lead_id,
    candidates.partner_id,
    lines.unit_id,
    candidates.is_eligible,
    candidates.exclusion_reason,
    candidates.p_won_micros,
    candidates.value_minor,
    candidates.age_decay_micros,
    candidates.preference_micros,
    candidates.score,
    candidates.banded_score,
    candidates.rank,
    candidates.is_assigned
from {{ ref('stg_ledger__candidates') }} as candidates
inner join {{ ref('stg_ledger__batch_lines') }} as lines
    on candidates.batch_id = lines.batch_id and candidates.unit_id = lines.unit_id
