-- One row per model, channel and campaign over all months: what was spent, what it brought, and what that cost. Compare
-- models here: the same spend, split differently.
with summed as (
    select
        model,
        lead_channel,
        campaign_id,
        bool_or(is_spend_only) as is_spend_only,
        {% for measure in ['pipeline_credit_micros', 'pipeline_minor', 'won_credit_micros', 'revenue_minor',
                           'spend_minor', 'accepted_lead_count'] %}
        cast(sum({{ measure }}) as bigint) as {{ measure }}{{ ',' if not loop.last }}
    {% endfor %}
    from {{ ref('rpt_source_attribution') }}
    group by model, lead_channel, campaign_id
)

select
    model,
    lead_channel,
    campaign_id,
    pipeline_credit_micros,
    pipeline_minor,
    won_credit_micros,
    revenue_minor,
    spend_minor,
    accepted_lead_count,
    is_spend_only,
    {{ cost_per('spend_minor', 'accepted_lead_count') }} as cost_per_accepted_lead_minor,
    {{ cost_per('spend_minor', 'won_credit_micros / 1000000.0') }} as cost_per_won_minor,
    {{ rate('(revenue_minor - spend_minor)', 'spend_minor') }} as roi
from summed
