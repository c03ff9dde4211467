-- One row per month, model, channel and campaign: open pipeline in the month the deal was created, revenue in the month
-- it was won, spend in the month it was spent, leads in the month they were accepted. Spend and accepted leads know no
-- model and stand under each; they take their campaign's channel where they name none. What no touch earned is there as
-- `unattributed` or `partner_sourced`, spend that brought nothing as a row of its own.
with settings as (
    select * from {{ ref('stg_program__settings') }}
),

credits as (
    select
        {{ local_month('case when credits.is_won then credits.closed_at else credits.created_at end', 'settings.timezone') }}
            as month,
        credits.*
    from {{ ref('fct_attribution_credit') }} as credits
    cross join settings
    where credits.is_won is null or credits.is_won
),

spends as (
    select
        cast(date_trunc('month', spends.spend_date) as date) as month,
        coalesce(spends.channel, campaigns.lead_channel) as lead_channel,
        spends.campaign_id,
        spends.amount_minor
    from {{ ref('int_campaign_spend__converted') }} as spends
    inner join {{ ref('dim_campaign') }} as campaigns on spends.campaign_id = campaigns.campaign_id
),

accepted_leads as (
    select
        {{ local_month('leads.accepted_at', 'settings.timezone') }} as month,
        coalesce(campaigns.lead_channel, leads.lead_channel) as lead_channel,
        leads.campaign_id
    from {{ ref('fct_lead') }} as leads
    cross join settings
    left join {{ ref('dim_campaign') }} as campaigns on leads.campaign_id = campaigns.campaign_id
    where leads.accepted_at is not null
),

measures as (
    select
        month,
        model,
        lead_channel,
        campaign_id,
        case when is_won is null then credit_micros else 0 end as pipeline_micros,
        case when is_won is null then revenue_minor else 0 end as pipeline_minor,
        case when is_won then credit_micros else 0 end as won_micros,
        case when is_won then revenue_minor else 0 end as revenue_minor,
        0 as spend_minor,
        0 as accepted_lead_count
    from credits
    union all
    select
        spends.month,
        models.model,
        spends.lead_channel,
        spends.campaign_id,
        0,
        0,
        0,
        0,
        spends.amount_minor,
        0
    from spends
    cross join {{ ref('int_attribution__models') }} as models
    union all
    select
        accepted_leads.month,
        models.model,
        accepted_leads.lead_channel,
        accepted_leads.campaign_id,
        0,
        0,
        0,
        0,
        0,
        1
    from accepted_leads
    cross join {{ ref('int_attribution__models') }} as models
)

select
    month,
    model,
    lead_channel,
    campaign_id,
    cast(sum(pipeline_micros) as bigint) as pipeline_credit_micros,
    cast(sum(pipeline_minor) as bigint) as pipeline_minor,
    cast(sum(won_micros) as bigint) as won_credit_micros,
    cast(sum(revenue_minor) as bigint) as revenue_minor,
    cast(sum(spend_minor) as bigint) as spend_minor,
    cast(sum(accepted_lead_count) as bigint) as accepted_lead_count,
    sum(spend_minor) > 0 and sum(pipeline_micros) + sum(won_micros) + sum(accepted_lead_count) = 0 as is_spend_only,
    case when sum(spend_minor) > 0 then cast(round({{ rate('sum(spend_minor)', 'sum(accepted_lead_count)') }}) as bigint)
        end as cost_per_accepted_lead_minor,
    case when sum(spend_minor) > 0 then cast(round(sum(spend_minor) * 1000000.0 / nullif(sum(won_micros), 0)) as bigint)
        end as cost_per_won_minor,
    {{ rate('(sum(revenue_minor) - sum(spend_minor))', 'sum(spend_minor)') }} as roi
from measures
group by month, model, lead_channel, campaign_id
