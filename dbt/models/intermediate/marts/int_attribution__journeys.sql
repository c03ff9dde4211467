-- One row per touch of a journey. A journey is what an account (or identity: attribution.yaml) did
-- up to and at the creation of an opportunity, since its previous one and within the lookback; opportunities created
-- at one instant share it. Touches that led to none form a journey without opportunity_id: dead ends are evidence too.
with settings as (
    select
        settings.lookback_days,
        json_extract_string(rulebooks.body, '$.journey') as journey
    from {{ ref('stg_program__settings') }} as settings
    inner join {{ ref('stg_program__rulebooks') }} as rulebooks on rulebooks.file = 'attribution'
),

touches as (
    select
        touches.*,
        case settings.journey when 'identity' then touches.identity_id else touches.account_id end as traveller_id,
        coalesce(touches.channel, leads.lead_channel, 'unknown') as lead_channel
    from {{ ref('int_touches__resolved') }} as touches
    cross join settings
    left join {{ ref('int_leads__enriched') }} as leads on touches.lead_id = leads.lead_id
    where touches.lead_id is not null
),

opportunities as (
    select
        opportunities.*,
        case settings.journey
            when 'identity' then opportunities.identity_id else opportunities.account_id
        end as traveller_id,
        leads.captured_at as lead_created_at
    from {{ ref('int_opportunities__resolved') }} as opportunities
    cross join settings
    left join {{ ref('int_leads__enriched') }} as leads on opportunities.lead_id = leads.lead_id
),

endings as (
    select distinct
        traveller_id,
        created_at
    from opportunities
    where traveller_id is not null
),

-- the next opportunity at or after the touch; what came before it belongs to an earlier one
travelled as (
    select
        touches.*,
        endings.created_at as ended_at
    from touches
    asof left join endings
        on touches.traveller_id = endings.traveller_id and touches.touched_at <= endings.created_at
),

joined as (
    select
        travelled.traveller_id,
        opportunities.opportunity_id,
        travelled.touch_id,
        travelled.touched_at,
        travelled.lead_channel,
        travelled.campaign_id,
        opportunities.lead_created_at,
        opportunities.created_at as opportunity_at,
        greatest(opportunities.closed_at, opportunities.created_at) as converted_at,
        coalesce(opportunities.is_won, false) as is_won,
        coalesce(opportunities.amount_minor, 0) as amount_minor
    from travelled
    left join opportunities
        on travelled.traveller_id = opportunities.traveller_id and travelled.ended_at = opportunities.created_at
    cross join settings
    where
        travelled.ended_at is null
        or epoch_us(travelled.ended_at) - epoch_us(travelled.touched_at) <= settings.lookback_days * 86400000000
),

-- numbered apart: far fewer journeys are sorted than touches
numbered as (
    select
        traveller_id,
        opportunity_id,
        row_number() over (order by traveller_id, opportunity_id nulls last) as journey_id
    from joined
    group by traveller_id, opportunity_id
)

select
    numbered.journey_id,
    joined.*
from joined
inner join numbered
    on
        joined.traveller_id = numbered.traveller_id
        and joined.opportunity_id is not distinct from numbered.opportunity_id
