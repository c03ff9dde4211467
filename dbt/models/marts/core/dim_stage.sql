-- One row per stage a lead can be in. Of all stages true of a lead, the one of lowest precedence is its current stage.
select
    stages.stage,
    stages.precedence,
    stages.funnel_order,
    stages.is_final,
    cast(maturities.matures_after_days as integer) as matures_after_days
from (
    values
    {% for name, order, is_final in stages() %}
        (
            '{{ name }}',
            {{ loop.index }},
            {{ order if order is not none else 'cast(null as integer)' }},
            {{ is_final }}
        ){{ ',' if not loop.last }}
    {% endfor %}
) as stages (stage, precedence, funnel_order, is_final)
left join {{ ref('stg_program__maturities') }} as maturities on stages.stage = maturities.stage
