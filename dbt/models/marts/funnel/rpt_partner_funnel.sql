-- One row per month of offer and partner: how far the offers of that month have come by as_of. A stage's matured
-- columns look only at offers old enough to judge it (sla.yaml, matures_after_days).
{% set order = {'accepted': 5, 'worked': 6, 'partner_qualified': 7, 'opportunity': 9, 'won': 10} %}

with settings as (
    select * from {{ ref('stg_program__settings') }}
),

maturity as (
    select
    {% for stage in order %}
            max(matures_after_days) filter (where stage = '{{ stage }}') as {{ stage }}_days{{ ',' if not loop.last }}
    {% endfor %}
    from {{ ref('stg_program__maturities') }}
),

offers as (
    select
        offers.*,
        cast(date_trunc('month', offers.released_date) as date) as cohort_month,
        {{ elapsed_days('offers.released_at', 'settings.as_of') }} as age_days
    from {{ ref('int_offers__progress') }} as offers
    cross join settings
),

counted as (
    select
        offers.cohort_month,
        offers.partner_id,
        count(*) as offered_count,
        {% for stage, number in order.items() %}
            count(*) filter (where offers.furthest_order >= {{ number }}) as {{ stage }}_count,
            count(*) filter (where offers.age_days >= maturity.{{ stage }}_days) as matured_for_{{ stage }}_count,
            count(*) filter (
                where offers.age_days >= maturity.{{ stage }}_days and offers.furthest_order >= {{ number }}
            ) as matured_{{ stage }}_count,
        {% endfor %}
        count(*) filter (where offers.status = 'declined') as declined_count,
        count(*) filter (where offers.status = 'expired') as expired_count,
        count(*) filter (where offers.status = 'recalled') as recalled_count,
        cast(sum(offers.pipeline_minor) as bigint) as pipeline_minor,
        cast(sum(offers.won_minor) as bigint) as won_minor
    from offers
    cross join maturity
    group by offers.cohort_month, offers.partner_id
)

select
    *,
{% for stage in order %}
    {{ rate('matured_' ~ stage ~ '_count', 'matured_for_' ~ stage ~ '_count') }}
        as matured_{{ stage }}_rate{{ ',' if not loop.last }}
{% endfor %}
from counted
