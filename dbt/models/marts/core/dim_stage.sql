-- One row per stage a lead can be in. Of all stages true of a lead, the one of lowest precedence is its current stage.
select
    stage,
    precedence,
    funnel_order,
    is_final
from (
    values
    {% for name, order, is_final in stages() %}
    ('{{ name }}', {{ loop.index }}, {{ order if order is not none else 'cast(null as integer)' }}, {{ is_final }}){{ ',' if not loop.last }}
    {% endfor %}
) as stages (stage, precedence, funnel_order, is_final)
