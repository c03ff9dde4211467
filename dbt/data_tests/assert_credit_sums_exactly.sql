-- Per opportunity and model the credit is a whole deal, and the revenue the deal's amount, to the minor unit.
{{ config(meta={'dagster': {'ref': {'name': 'fct_attribution_credit'}}}) }}
with credited as (
    select
        opportunity_id,
        model,
        sum(credit_micros) as credit_micros,
        sum(revenue_minor) as revenue_minor
    from {{ ref('fct_attribution_credit') }}
    group by opportunity_id, model
)

select
    opportunities.opportunity_id,
    models.model
from {{ ref('fct_opportunity') }} as opportunities
cross join {{ ref('int_attribution__models') }} as models
left join credited on opportunities.opportunity_id = credited.opportunity_id and models.model = credited.model
where
    credited.credit_micros is distinct from 1000000
    or credited.revenue_minor is distinct from opportunities.amount_minor
