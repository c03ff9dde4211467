-- One row per offer with how far it came on the way of a lead, what its deals are worth, and the tier the partner had
-- then: as released, else as the roster had it that day, else as it has it now.
with deals as (
    select
        assignment_id,
        coalesce(sum(amount_minor) filter (where is_won is null), 0) as pipeline_minor,
        coalesce(sum(amount_minor) filter (where is_won), 0) as won_minor
    from {{ ref('int_opportunities__offers') }}
    group by assignment_id
)

select
    offers.* exclude (tier_at_release),
    coalesce(tiers.tier, timeline.tier_at_release, versions.tier, offers.tier_at_release) as tier_at_release,
    timeline.partner_qualified_at,
    timeline.registered_at,
    timeline.opportunity_at,
    timeline.won_at,
    timeline.lost_at,
    cast(coalesce(deals.pipeline_minor, 0) as bigint) as pipeline_minor,
    cast(coalesce(deals.won_minor, 0) as bigint) as won_minor,
    case
        when offers.status = 'won' then {{ funnel_order('won') }}
        when timeline.opportunity_at is not null or offers.status = 'lost' then {{ funnel_order('opportunity') }}
        when timeline.registered_at is not null then {{ funnel_order('registered') }}
        when timeline.partner_qualified_at is not null then {{ funnel_order('partner_qualified') }}
        when offers.first_follow_up_at is not null then {{ funnel_order('worked') }}
        when offers.response = 'accepted' then {{ funnel_order('accepted') }}
        else {{ funnel_order('released') }}
    end as furthest_order
from {{ ref('int_offers') }} as offers
inner join {{ ref('int_offers__timeline') }} as timeline on offers.assignment_id = timeline.assignment_id
left join {{ ref('int_partners__versions') }} as versions
    on
        offers.partner_id = versions.partner_id
        and offers.released_at >= versions.valid_from
        and (versions.valid_to is null or offers.released_at < versions.valid_to)
left join {{ ref('stg_program__tiers') }} as tiers
    on lower(trim(coalesce(timeline.tier_at_release, versions.tier, offers.tier_at_release))) = lower(tiers.tier)
left join deals on offers.assignment_id = deals.assignment_id
