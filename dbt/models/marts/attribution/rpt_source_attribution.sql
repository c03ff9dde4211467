-- One row per month, model, channel and campaign: open pipeline in the month the deal was created, revenue in the month
-- it was won, spend in the month it was spent, leads in the month they were accepted. Spend and accepted leads know no
-- model and stand under each: spend under the channel it names, else its campaign's, the accepted leads of a campaign
-- under the campaign's, which is that of its spend. What no touch earned is there as `unattributed` or
-- `partner_sourced`, spend that brought nothing as a row of its own.
with settings as (
    select * from {{ ref('stg_program__settings') }}
),

deals as (
    select
        deals.opportunity_id,
        cast(date_trunc('month', if(deals.is_won, deals.closed_date, deals.created_date)) as date) as month
    from {{ ref('fct_opportunity') }} as deals
    where deals.is_won is null or deals.is_won
),

credits as (
    select
        deals.month,
        credits.*
    from {{ ref('fct_attribution_credit') }} as credits
    inner join deals on credits.opportunity_id = deals.opportunity_id
),

spends as (
    select
        cast(date_trunc('month', spend_date) as date) as month,
        lead_channel,
        campaign_id,
        amount_minor
    from {{ ref('fct_spend') }}
),

accepted_leads as (
    select
        leads.month,
        coalesce(campaigns.lead_channel, leads.lead_channel) as lead_channel,
        leads.campaign_id
    from (
        select
            {{ local_month('leads.accepted_at', 'settings.timezone') }} as month,
            leads.lead_channel,
            leads.campaign_id
        from {{ ref('fct_lead') }} as leads
        cross join settings
        where leads.accepted_at is not null
    ) as leads
    left join {{ ref('dim_campaign') }} as campaigns on leads.campaign_id = campaigns.campaign_id
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
    union all by name
    select
        spends.month,
        models.model,
        spends.lead_channel,
        spends.campaign_id,
        spends.amount_minor as spend_minor
    from spends
    cross join {{ ref('int_attribution__models') }} as models
    union all by name
    select
        accepted_leads.month,
        models.model,
        accepted_leads.lead_channel,
        accepted_leads.campaign_id,
        1 as accepted_lead_count
    from accepted_leads
    cross join {{ ref('int_attribution__models') }} as models
),

summed as (
    select
        month,
        model,
        lead_channel,
        campaign_id,
        {% for measure in ['pipeline_micros', 'pipeline_minor', 'won_micros', 'revenue_minor', 'spend_minor',
                           'accepted_lead_count'] %}
        cast(coalesce(sum({{ measure }}), 0) as bigint) as {{ measure }}{{ ',' if not loop.last }}
    {% endfor %}
    from measures
    group by month, model, lead_channel, campaign_id
)

select
    month,
    model,
    lead_channel,
    campaign_id,
    pipeline_micros as pipeline_credit_micros,
    pipeline_minor,
    won_micros as won_credit_micros,
    revenue_minor,
    spend_minor,
    accepted_lead_count,
    spend_minor > 0 and sum(pipeline_micros + won_micros + accepted_lead_count) over (
        partition by model, campaign_id, case when campaign_id is null then lead_channel end
    ) = 0 as is_spend_only,
    {{ cost_per('spend_minor', 'accepted_lead_count') }} as cost_per_accepted_lead_minor,
    {{ cost_per('spend_minor', 'won_micros / 1000000.0') }} as cost_per_won_minor,
    {{ rate('(revenue_minor - spend_minor)', 'spend_minor') }} as roi
from summed
