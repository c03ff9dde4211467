-- Open ones are worth their list price; a lost one was worth that too, its close_value of 0 says only that it was lost.
with dated as (
    select
        *,
        coalesce(close_date <= max(engage_date) over () and close_date <> '', false) as is_closed
    from records
)

select
    dated.opportunity_id,
    dated.sales_agent,
    dated.engage_date,
    case when dated.is_closed then dated.deal_stage else 'Engaging' end as stage,
    case when dated.is_closed and dated.deal_stage = 'Won' then dated.close_value else products.sales_price end as amount,
    case when dated.is_closed then dated.close_date end as closed_on,
    case when dated.is_closed then (dated.deal_stage = 'Won')::varchar end as is_won
from dated
left join products on replace(dated.product, 'GTXPro', 'GTX Pro') = products.product
where dated.engage_date <> '' and dated.engage_date < '2017-06-01'
