-- One row per month of capture, direction, channel, campaign, country, segment, grade and product line: how many of
-- these leads have reached each stage by as_of. Rates follow the entry cohort, step by step; a stage's matured columns
-- look only at leads old enough to judge it (sla.yaml, matures_after_days).
{% set steps = ['qualified', 'routed', 'released', 'accepted', 'worked', 'partner_qualified', 'opportunity', 'won'] %}
{% set order = {'qualified': 2, 'routed': 3, 'released': 4, 'accepted': 5, 'worked': 6, 'partner_qualified': 7,
                'opportunity': 9, 'won': 10} %}
{% set maturing = ['accepted', 'worked', 'partner_qualified', 'opportunity', 'won'] %}

with settings as (
    select * from {{ ref('stg_program__settings') }}
),

maturity as (
    select
    {% for stage in maturing %}
            max(matures_after_days) filter (where stage = '{{ stage }}') as {{ stage }}_days{{ ',' if not loop.last }}
    {% endfor %}
    from {{ ref('stg_program__maturities') }}
),

leads as (
    select
        leads.*,
        cast(date_trunc('month', leads.captured_date) as date) as cohort_month,
        {{ elapsed_days('leads.captured_at', 'settings.as_of') }} as age_days
    from {{ ref('fct_lead') }} as leads
    cross join settings
),

counted as (
    select
        leads.cohort_month,
        leads.direction,
        leads.lead_channel,
        leads.campaign_id,
        leads.country,
        leads.segment,
        leads.grade,
        leads.product,
        count(*) as captured_count,
        {% for stage in steps %}
            count(*) filter (where leads.furthest_order >= {{ order[stage] }}) as {{ stage }}_count,
        {% endfor %}
        count(*) filter (where leads.registered_at is not null) as registered_count,
        count(*) filter (where leads.is_lost and not leads.is_won) as lost_count,
        count(*) filter (where leads.current_stage = 'disqualified') as disqualified_count,
        count(*) filter (where leads.current_stage = 'duplicate') as duplicate_count,
        count(*) filter (where leads.current_stage = 'suppressed') as suppressed_count,
        count(*) filter (where leads.current_stage = 'exception') as exception_count,
        {% for stage in maturing %}
            count(*) filter (where leads.age_days >= maturity.{{ stage }}_days) as matured_for_{{ stage }}_count,
            count(*) filter (
                where leads.age_days >= maturity.{{ stage }}_days and leads.furthest_order >= {{ order[stage] }}
            ) as matured_{{ stage }}_count,
        {% endfor %}
        cast(sum(leads.pipeline_minor) as bigint) as pipeline_minor,
        cast(sum(leads.won_amount_minor) as bigint) as won_minor
    from leads
    cross join maturity
    group by all
)

select
    *,
    {% for stage in steps %}
        {{ rate(stage ~ '_count', (['captured'] + steps)[loop.index0] ~ '_count') }} as {{ stage }}_rate,
    {% endfor %}
{% for stage in maturing %}
    {{ rate('matured_' ~ stage ~ '_count', 'matured_for_' ~ stage ~ '_count') }}
        as matured_{{ stage }}_rate{{ ',' if not loop.last }}
{% endfor %}
from counted
