-- One row per lead: when it first reached each stage, what its last offer came to, what its deals are worth.
with offers as (
    select
        lead_id,
        count(*) as hops,
        min(released_at) as first_released_at,
        min(responded_at) filter (where response = 'accepted') as accepted_at,
        min(first_follow_up_at) as first_follow_up_at,
        min(partner_qualified_at) as partner_qualified_at,
        min(closed_at) filter (where status = 'won') as won_at,
        max(closed_at) filter (where status = 'lost') as lost_at,
        bool_or(status = 'won') as is_won,
        bool_or(status = 'lost') as is_lost,
        max(furthest_order) as furthest_order,
        bool_or(is_open) as has_open_offer,
        max(case when is_open then furthest_order end) as open_offer_order
    from {{ ref('int_offers__progress') }}
    where lead_id is not null
    group by lead_id
),

last_offers as (
    select *
    from {{ ref('int_offers__progress') }}
    where lead_id is not null
    qualify row_number() over (partition by lead_id order by released_at desc, hop desc, assignment_id desc) = 1
),

opportunities as (
    select
        lead_id,
        min(created_at) as opportunity_at,
        min(closed_at) filter (where is_won) as won_at,
        max(closed_at) filter (where not is_won) as lost_at,
        bool_or(coalesce(is_won, false)) as is_won,
        bool_or(not coalesce(is_won, true)) as is_lost,
        bool_or(is_won is null) as has_open_opportunity,
        arg_max(partner_id, (created_at, opportunity_id)) as partner_id,
        arg_max(lost_reason, (closed_at, opportunity_id)) filter (where not is_won) as lost_reason,
        coalesce(sum(amount_minor) filter (where is_won is null), 0) as pipeline_minor,
        coalesce(sum(amount_minor) filter (where is_won), 0) as won_amount_minor
    from {{ ref('int_opportunities__resolved') }}
    where lead_id is not null
    group by lead_id
),

registrations as (
    select
        lead_id,
        min(submitted_at) as registered_at,
        bool_or(is_live) as has_live_registration
    from {{ ref('int_registrations__resolved') }}
    where lead_id is not null
    group by lead_id
)

select
    leads.lead_id,
    coalesce(offers.hops, 0) as hops,
    coalesce(last_offers.partner_id, opportunities.partner_id) as partner_id,
    last_offers.status as last_offer_status,
    coalesce(last_offers.decline_reason, last_offers.recall_reason) as last_offer_reason,
    last_offers.closed_at as last_offer_closed_at,
    proposed.first_routed_at,
    offers.first_released_at,
    offers.accepted_at,
    offers.first_follow_up_at,
    offers.partner_qualified_at,
    registrations.registered_at,
    opportunities.opportunity_at,
    coalesce(opportunities.won_at, offers.won_at) as won_at,
    coalesce(opportunities.lost_at, offers.lost_at) as lost_at,
    coalesce(opportunities.is_won, false) or coalesce(offers.is_won, false) as is_won,
    coalesce(opportunities.is_lost, false) or coalesce(offers.is_lost, false) as is_lost,
    coalesce(offers.has_open_offer, false) as has_open_offer,
    offers.open_offer_order,
    coalesce(opportunities.has_open_opportunity, false) as has_open_opportunity,
    coalesce(registrations.has_live_registration, false) as has_live_registration,
    opportunities.lost_reason,
    cast(coalesce(opportunities.pipeline_minor, 0) as bigint) as pipeline_minor,
    cast(coalesce(opportunities.won_amount_minor, 0) as bigint) as won_amount_minor,
    greatest(
        case when opportunities.is_won or offers.is_won then {{ funnel_order('won') }} end,
        case when opportunities.opportunity_at is not null then {{ funnel_order('opportunity') }} end,
        case when registrations.registered_at is not null then {{ funnel_order('registered') }} end,
        offers.furthest_order,
        case when proposed.first_routed_at is not null then {{ funnel_order('routed') }} end,
        case when qualified.qualification = 'qualified' then {{ funnel_order('qualified') }} end,
        {{ funnel_order('captured') }}
    ) as furthest_order
from {{ ref('int_leads__enriched') }} as leads
inner join {{ ref('int_leads__qualified') }} as qualified on leads.lead_id = qualified.lead_id
left join {{ ref('int_leads__proposed') }} as proposed on leads.lead_id = proposed.lead_id
left join offers on leads.lead_id = offers.lead_id
left join last_offers on leads.lead_id = last_offers.lead_id
left join opportunities on leads.lead_id = opportunities.lead_id
left join registrations on leads.lead_id = registrations.lead_id
