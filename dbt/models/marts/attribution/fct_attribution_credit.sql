-- One row per opportunity, touch and model. An opportunity without touches keeps one row a model: `partner_sourced`
-- when a partner brought it, else `unattributed`. Revenue follows the credit, to the minor unit. A view over rows that
-- are stored once already, the models side by side.
{{ config(materialized='view') }}

with untouched as (
    select
        opportunities.*,
        case opportunities.sourcing when 'partner_sourced' then 'partner_sourced' else 'unattributed' end as stand_in
    from {{ ref('fct_opportunity') }} as opportunities
    where not exists (
        select 1 from {{ ref('int_attribution__journeys') }} as journeys
        where journeys.opportunity_id = opportunities.opportunity_id
    )
)

select
    opportunity_id,
    touch_id,
    unnest(models) as model,
    is_won,
    unnest(credit_micros) as credit_micros,
    unnest(revenue_minor) as revenue_minor,
    campaign_id,
    lead_channel,
    partner_id,
    created_at,
    closed_at
from {{ ref('int_attribution__credits') }}
union all
select
    opportunity_id,
    touch_id,
    model,
    is_won,
    credit_micros,
    revenue_minor,
    campaign_id,
    lead_channel,
    partner_id,
    created_at,
    closed_at
from {{ ref('int_attribution__learned') }}
union all
select
    untouched.opportunity_id,
    untouched.stand_in as touch_id,
    models.model,
    untouched.is_won,
    cast(1000000 as bigint) as credit_micros,
    untouched.amount_minor as revenue_minor,
    cast(null as varchar) as campaign_id,
    untouched.stand_in as lead_channel,
    case untouched.stand_in
        when 'partner_sourced' then untouched.sourcing_partner_id else untouched.partner_id
    end as partner_id,
    untouched.created_at,
    untouched.closed_at
from untouched
cross join {{ ref('int_attribution__models') }} as models
