-- One row per touch of a journey. A journey is what an account (or identity: attribution.yaml) did
-- up to and at the creation of an opportunity, since its previous one and within the lookback; opportunities created
-- at one instant share it. Touches that led to none form a journey without opportunity_id: dead ends are evidence too.
with settings as (
    select
        settings.lookback_days,
        json_extract_string(rulebooks.body, '$.journey') = 'identity' as is_by_identity
    from {{ ref('stg_program__settings') }} as settings
    inner join {{ ref('stg_program__rulebooks') }} as rulebooks on rulebooks.file = 'attribution'
),

opportunities as (
    select
        row_number() over (order by opportunities.opportunity_id) as opportunity_number,
        opportunities.opportunity_id,
        if(settings.is_by_identity, opportunities.identity_id, opportunities.account_id) as traveller_id,
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

with_opportunity as (
    select distinct traveller_id from opportunities
),

-- told once a traveller, of whom there are far fewer than touches
travellers as (
    select
        travellers.traveller_id,
        row_number() over (order by travellers.traveller_id) as traveller_number,
        with_opportunity.traveller_id is not null as has_opportunity
    from (
        select distinct if(settings.is_by_identity, leads.identity_id, leads.account_id) as traveller_id
        from {{ ref('int_leads__enriched') }} as leads
        cross join settings
    ) as travellers
    left join with_opportunity on travellers.traveller_id = with_opportunity.traveller_id
),

numbered as (
    select
        opportunities.*,
        travellers.traveller_number
    from opportunities
    inner join travellers on opportunities.traveller_id = travellers.traveller_id
),

endings as (
    select distinct
        traveller_number,
        created_at
    from numbered
),

touched as (
    select
        touches.*,
        if(settings.is_by_identity, touches.identity_id, touches.account_id) as traveller_id
    from {{ ref('int_touches__resolved') }} as touches
    cross join settings
    where touches.lead_id is not null
),

touches as (
    select
        travellers.traveller_number,
        travellers.has_opportunity,
        touched.touch_id,
        touched.touched_at,
        touched.credited_channel as lead_channel,
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
    asof left join endings
        on touches.traveller_number = endings.traveller_number and touches.touched_at <= endings.created_at
    where touches.has_opportunity
    union all by name
    select * from touches
    where not has_opportunity
)

select
    coalesce(opportunities.opportunity_number, -travelled.traveller_number) as journey_id,
    opportunities.opportunity_id,
    travelled.touch_id,
    travelled.touched_at,
    travelled.lead_channel,
    travelled.campaign_id,
    opportunities.lead_created_at,
    opportunities.created_at as opportunity_at,
    opportunities.closed_at,
    opportunities.converted_at,
    opportunities.is_won,
    opportunities.partner_id,
    coalesce(opportunities.amount_minor, 0) as amount_minor
from travelled
cross join settings
left join numbered as opportunities
    on
        travelled.traveller_number = opportunities.traveller_number
        and travelled.ended_at = opportunities.created_at
where
    travelled.ended_at is null
    or epoch_us(travelled.ended_at) - epoch_us(travelled.touched_at) <= settings.lookback_days * 86400000000
