-- One row per product line, segment and country with enough won opportunities: the median of what was won. The lower
-- median, so that it is an amount that was really won.
select
    leads.product,
    leads.segment,
    leads.country,
    cast(quantile_disc(opportunities.amount_minor, 0.5) as bigint) as median_won_minor,
    count(*) as n
from {{ ref('int_opportunities__resolved') }} as opportunities
inner join {{ ref('int_leads__enriched') }} as leads on opportunities.lead_id = leads.lead_id
where opportunities.is_won and opportunities.amount_minor is not null
group by leads.product, leads.segment, leads.country
having count(*) >= (select value_min_sample from {{ ref('stg_program__settings') }})
