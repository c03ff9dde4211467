-- One row per opportunity and touch that led to it. A journey is what an account (or identity: attribution.yaml) did
-- up to and at the creation of an opportunity, since its previous one and within the lookback; opportunities created
-- at one instant share it. What led to none: int_attribution__dead_ends.
with settings as (
    select
        settings.lookback_days,
        {{ is_by_identity('rulebooks.body') }} as is_by_identity
    from {{ ref('stg_program__settings') }} as settings
    inner join {{ ref('stg_program__rulebooks') }} as rulebooks on rulebooks.file = 'attribution'
),

opportunities as (
    select
        row_number() over (order by opportunities.opportunity_id) as journey_id,
        opportunities.opportunity_id,
        {{ traveller_id('opportunities') }} as traveller_id,
        leads.captured_at as lead_created_at,
        opportunities.created_at,
        opportunities.closed_at,
        greatest(opportunities.closed_at, opportunities.created_at) as converted_at,
        opportunities.is_won,
        opportunities.partner_id,
        coalesce(opportunities.amount_minor, 0) as amount_minor
    from {{ ref('int_opportunities__resolved') }} as opportunities
    cross join settings
    left join {{ ref('int_leads__enriched') }} as leads on opportunities.lead_id = leads.lead_id
),

-- told once a traveller, of whom there are far fewer than touches
travellers as (
    select
        traveller_id,
        row_number() over (order by traveller_id) as traveller_number
    from opportunities
    group by traveller_id
),

endings as (
    select distinct
        travellers.traveller_number,
        opportunities.created_at
    from opportunities
    inner join travellers on opportunities.traveller_id = travellers.traveller_id
),

touched as (
    {{ travelled_touches() }}
),

touches as (
    select
        travellers.traveller_id,
        travellers.traveller_number,
        touched.touch_id,
        touched.touched_at,
        touched.credited_channel,
        touched.campaign_id
    from touched
    inner join travellers on touched.traveller_id = travellers.traveller_id
),

-- the next opportunity at or after the touch; what came before it belongs to an earlier one
travelled as (
    select
        touches.*,
        endings.created_at as ended_at
    from touches
    asof inner join endings
        on touches.traveller_number = endings.traveller_number and touches.touched_at <= endings.created_at
)

select
    opportunities.journey_id,
    opportunities.opportunity_id,
    travelled.touch_id,
    travelled.touched_at,
    travelled.credited_channel as lead_channel,
    travelled.campaign_id,
    opportunities.lead_created_at,
    opportunities.created_at as opportunity_at,
    opportunities.closed_at,
    opportunities.converted_at,
    opportunities.is_won,
    opportunities.partner_id,
    opportunities.amount_minor
from travelled
cross join settings
inner join opportunities
    on
        travelled.traveller_id = opportunities.traveller_id
        and travelled.ended_at = opportunities.created_at
where epoch_us(travelled.ended_at) - epoch_us(travelled.touched_at) <= settings.lookback_days * 86400000000
