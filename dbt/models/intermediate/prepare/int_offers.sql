-- One row per offer of a lead to a partner, from history or made by leadroute: its clocks, its answer, its
-- follow-up, how it ended. Flags of time are null while the window is still open, and where the vendor took the
-- lead back before it closed. A follow-up counts as in time only if it was also reported within the grace; a late
-- report states when it happened, and no more.
with settings as (
    select * from {{ ref('stg_program__settings') }}
),

due as (
    select
        clock_id,
        due_at
    from {{ ref('int_clocks__due') }}
),

timely as (
    select
        evidence.assignment_id,
        min(evidence.occurred_at) as first_timely_follow_up_at
    from {{ ref('int_offers__evidence') }} as evidence
    left join due on due.clock_id = 'report_grace/' || evidence.assignment_id || '/' || evidence.event_id
    where
        evidence.event_type in ('attempted', 'contacted', 'meeting', 'qualified', 'disqualified', 'registered')
        and (due.due_at is null or evidence.reported_at <= due.due_at)
    group by evidence.assignment_id
),

offers as (
    select
        folded.* exclude (accept_due_at, follow_up_due_at, tier_at_release),
        leads.identity_id,
        leads.account_id,
        leads.product,
        coalesce(folded.accept_due_at, accept.due_at) as accept_due_at,
        coalesce(folded.follow_up_due_at, follow_up.due_at) as follow_up_due_at,
        coalesce(folded.tier_at_release, partners.tier) as tier_at_release,
        least(folded.stated_follow_up_at, timely.first_timely_follow_up_at) as first_timely_follow_up_at
    from {{ ref('int_offers__folded') }} as folded
    inner join {{ ref('int_leads__enriched') }} as leads on folded.lead_id = leads.lead_id
    left join {{ ref('stg_feeds__partners') }} as partners on folded.partner_id = partners.partner_id
    left join due as accept on accept.clock_id = 'release_to_acceptance/' || folded.assignment_id
    left join due as follow_up on follow_up.clock_id = 'release_to_follow_up/' || folded.assignment_id
    left join timely on folded.assignment_id = timely.assignment_id
)

select
    offers.assignment_id,
    offers.lead_id,
    offers.identity_id,
    offers.account_id,
    offers.product,
    offers.partner_id,
    cast(offers.hop as integer) as hop,
    offers.source,
    offers.batch_id,
    offers.released_at,
    offers.released_date,
    offers.responded_at,
    offers.response,
    offers.decline_reason,
    offers.recall_reason,
    offers.first_follow_up_at,
    offers.accept_due_at,
    offers.follow_up_due_at,
    case
        when offers.response = 'accepted' and offers.responded_at <= offers.accept_due_at then true
        when offers.response in ('accepted', 'declined', 'expired') then false
        when offers.accept_due_at < least(settings.as_of, coalesce(offers.closed_at, settings.as_of)) then false
    end as is_accepted_in_time,
    case
        when offers.first_timely_follow_up_at <= offers.follow_up_due_at then true
        when offers.status = 'recalled' and offers.closed_at < offers.follow_up_due_at then null
        when offers.follow_up_due_at < settings.as_of then false
    end as is_followed_up_in_time,
    offers.status,
    offers.tier_at_release,
    offers.rulebook_version,
    offers.last_activity_at,
    offers.has_deal,
    offers.is_open,
    offers.is_stalled,
    offers.closed_at
from offers
cross join settings
