-- All offers, and those of each month and tier; the best tier first.
with tiers as (
    select
        tier,
        min(tier_order) as tier_order
    from marts.dim_partner
    group by tier
)

select summary.*
from marts.rpt_response_summary as summary
left join tiers on summary.slice = 'tier' and summary.slice_key = tiers.tier
where summary.slice in ('all', 'month', 'tier')
order by summary.slice, tiers.tier_order nulls last, summary.slice_key
