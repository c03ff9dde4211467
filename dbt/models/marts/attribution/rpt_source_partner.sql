-- One row per month, model, channel, partner and hop: who brought the deal and who closed it, at which offer of the
-- lead. Open pipeline in the month the deal was created, revenue in the month it was won; hop 0 = no offer led to it.
with deals as (
    select
        deals.opportunity_id,
        cast(date_trunc('month', if(deals.is_won, deals.closed_date, deals.created_date)) as date) as month,
        coalesce(offers.hop, 0) as hop
    from {{ ref('fct_opportunity') }} as deals
    left join {{ ref('int_opportunities__offers') }} as offers on deals.opportunity_id = offers.opportunity_id
    where deals.is_won is null or deals.is_won
),

credits as (
    select
        deals.month,
        deals.hop,
        credits.*
    from {{ ref('fct_attribution_credit') }} as credits
    inner join deals on credits.opportunity_id = deals.opportunity_id
    where credits.credit_micros > 0
)

select
    month,
    model,
    lead_channel,
    partner_id,
    cast(hop as integer) as hop,
    count(distinct opportunity_id) as opportunity_count,
    cast(coalesce(sum(credit_micros) filter (where is_won is null), 0) as bigint) as pipeline_credit_micros,
    cast(coalesce(sum(revenue_minor) filter (where is_won is null), 0) as bigint) as pipeline_minor,
    cast(coalesce(sum(credit_micros) filter (where is_won), 0) as bigint) as won_credit_micros,
    cast(coalesce(sum(revenue_minor) filter (where is_won), 0) as bigint) as revenue_minor
from credits
group by all
