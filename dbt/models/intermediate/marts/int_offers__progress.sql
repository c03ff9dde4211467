-- One row per offer with how far it came on the way of a lead, what its deals are worth, and the tier the partner had
-- then: as released, else as the roster had it that day, else as it has it now. What a partner does after an offer was
-- declined, expired or taken back is not the offer's; an expiry without a time of its own is at the deadline, or when
-- the lead was offered on, if that was sooner. An offer written off as lost before any opportunity came of it has come
-- no further than its partner had brought it. An offer taken back because nobody followed up in time missed its
-- deadline as much as one that expired.
with deals as (
    select
        assignment_id,
        coalesce(sum(amount_minor) filter (where is_won is null), 0) as pipeline_minor,
        coalesce(sum(amount_minor) filter (where is_won), 0) as won_minor
    from {{ ref('int_opportunities__offers') }}
    group by assignment_id
),

offers as (
    select
        offers.* exclude (tier_at_release, first_follow_up_at, closed_at),
        coalesce(timeline.tier_at_release, versions.tier, offers.tier_at_release) as roster_tier,
        timeline.first_follow_up_at as any_follow_up_at,
        timeline.partner_qualified_at as any_partner_qualified_at,
        timeline.registered_at as any_registered_at,
        case
            when offers.status = 'expired'
                then least(greatest(offers.closed_at, offers.accept_due_at), timeline.next_released_at)
            else offers.closed_at
        end as closed_at,
        timeline.opportunity_at,
        timeline.won_at,
        timeline.lost_at
    from {{ ref('int_offers') }} as offers
    inner join {{ ref('int_offers__timeline') }} as timeline on offers.assignment_id = timeline.assignment_id
    left join {{ ref('int_partners__versions') }} as versions
        on
            offers.partner_id = versions.partner_id
            and offers.released_at >= versions.valid_from
            and (versions.valid_to is null or offers.released_at < versions.valid_to)
),

ended as (
    select
        * exclude (any_follow_up_at, any_partner_qualified_at, any_registered_at),
    {% for event, any_event in [
        ('first_follow_up_at', 'any_follow_up_at'), ('partner_qualified_at', 'any_partner_qualified_at'),
        ('registered_at', 'any_registered_at')
    ] %}
        case
            when status not in ('declined', 'expired', 'recalled') or {{ any_event }} <= closed_at
                then {{ any_event }}
        end as {{ event }}{{ ',' if not loop.last }}
    {% endfor %}
    from offers
)

select
    offers.* exclude (roster_tier),
    offers.status = 'expired' or coalesce(
        offers.status = 'recalled'
        and offers.closed_at >= offers.follow_up_due_at
        and coalesce(offers.first_follow_up_at > offers.follow_up_due_at, true),
        false
    ) as is_deadline_missed,
    coalesce(tiers.tier, offers.roster_tier) as tier_at_release,
    cast(coalesce(deals.pipeline_minor, 0) as bigint) as pipeline_minor,
    cast(coalesce(deals.won_minor, 0) as bigint) as won_minor,
    case
        when offers.status = 'won' then {{ funnel_order('won') }}
        when offers.opportunity_at is not null then {{ funnel_order('opportunity') }}
        when offers.registered_at is not null then {{ funnel_order('registered') }}
        when offers.partner_qualified_at is not null then {{ funnel_order('partner_qualified') }}
        when offers.first_follow_up_at is not null then {{ funnel_order('worked') }}
        when offers.response = 'accepted' then {{ funnel_order('accepted') }}
        else {{ funnel_order('released') }}
    end as furthest_order
from ended as offers
left join {{ ref('stg_program__tiers') }} as tiers on lower(trim(offers.roster_tier)) = lower(tiers.tier)
left join deals on offers.assignment_id = deals.assignment_id
