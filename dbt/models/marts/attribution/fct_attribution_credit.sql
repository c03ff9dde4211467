-- One row per opportunity, touch and model. An opportunity without touches keeps one row a model: `partner_sourced`
-- when a partner brought it, else `unattributed`. Revenue follows the credit, to the minor unit.
with opportunities as (
    select * from {{ ref('fct_opportunity') }}
),

touches as (
    select
        opportunity_id,
        touch_id,
        campaign_id,
        lead_channel
    from {{ ref('int_attribution__journeys') }}
    where opportunity_id is not null
),

credits as (
    select
        touches.*,
        unnest(credits.credits) as credit
    from touches
    inner join {{ ref('int_attribution__credits') }} as credits
        on touches.opportunity_id = credits.opportunity_id and touches.touch_id = credits.touch_id
),

touched as (
    select
        opportunity_id,
        touch_id,
        campaign_id,
        lead_channel,
        struct_extract(credit, 'model') as model,
        struct_extract(credit, 'credit_micros') as credit_micros,
        struct_extract(credit, 'revenue_minor') as revenue_minor
    from credits
    union all by name
    select
        touches.*,
        'markov' as model,
        learned.credit_micros,
        learned.revenue_minor
    from touches
    inner join {{ ref('int_attribution__learned') }} as learned
        on touches.opportunity_id = learned.opportunity_id and touches.touch_id = learned.touch_id
),

untouched as (
    select
        opportunities.opportunity_id,
        case opportunities.sourcing when 'partner_sourced' then 'partner_sourced' else 'unattributed' end as stand_in,
        models.model
    from opportunities
    cross join {{ ref('int_attribution__models') }} as models
    where opportunities.opportunity_id not in (select touches.opportunity_id from touches)
),

credited as (
    select * from touched
    union all by name
    select
        untouched.opportunity_id,
        untouched.stand_in as touch_id,
        untouched.model,
        1000000 as credit_micros,
        untouched.stand_in as lead_channel
    from untouched
)

select
    credited.opportunity_id,
    credited.touch_id,
    credited.model,
    opportunities.is_won,
    credited.credit_micros,
    coalesce(credited.revenue_minor, opportunities.amount_minor) as revenue_minor,
    credited.campaign_id,
    credited.lead_channel,
    case
        when credited.lead_channel = 'partner_sourced' then opportunities.sourcing_partner_id
        else opportunities.partner_id
    end as partner_id,
    opportunities.created_at,
    opportunities.closed_at
from credited
inner join opportunities on credited.opportunity_id = opportunities.opportunity_id
