-- One row per offer of a lead to a partner: its clocks, its answer, its follow-up, how it ended. Flags of answers in
-- time are null while the window is still open and nothing has happened. Rates count an offer once its window has
-- closed, not when it was answered: the quick would count at once, the slow later. is_followed_up_in_time is null where
-- the offer does not count in follow-up rates, so that its average is the rate.
with settings as (
    select * from {{ ref('stg_program__settings') }}
),

offers as (
    select
        offers.*,
        watched.answer_cause,
        watched.is_followed_up,
        waits.answer_elapsed_seconds,
        waits.answer_business_seconds,
        waits.follow_up_elapsed_seconds,
        waits.follow_up_business_seconds,
        outcomes.is_left_out,
        outcomes.left_out_reason,
        coalesce(
            outcomes.follow_up_window_closed and not outcomes.is_left_out
            and offers.is_followed_up_in_time is not null, false
        ) as is_follow_up_counted,
        offers.response = 'declined' or offers.status = 'declined' as is_declined,
        case
            when watched.answer_cause > 0 then offers.responded_at <= offers.accept_due_at
            when offers.status = 'expired' then false
            when
                offers.accept_due_at < settings.as_of and coalesce(offers.closed_at >= offers.accept_due_at, true)
                then false
        end as is_answered_in_time,
        offers.accept_due_at < settings.as_of or offers.status = 'expired' as answer_window_closed
    from {{ ref('int_offers__progress') }} as offers
    inner join {{ ref('int_offers__watched') }} as watched on offers.assignment_id = watched.assignment_id
    inner join {{ ref('int_offers__waits') }} as waits on offers.assignment_id = waits.assignment_id
    inner join {{ ref('int_partners__offer_outcomes') }} as outcomes on offers.assignment_id = outcomes.assignment_id
    cross join settings
)

select
    assignment_id,
    batch_id,
    lead_id,
    partner_id,
    product,
    tier_at_release,
    hop,
    source,
    status,
    is_open,
    is_stalled,
    released_at,
    released_date,
    accept_due_at,
    case when response in ('accepted', 'declined') then responded_at end as responded_at,
    response,
    case when is_declined then {{ category('decline_reason') }} end as decline_reason,
    case when status = 'disqualified' then {{ category('decline_reason') }} end as disqualify_reason,
    {{ category('recall_reason') }} as recall_reason,
    follow_up_due_at,
    first_follow_up_at,
    last_activity_at,
    closed_at,
    is_accepted_in_time,
    is_answered_in_time,
    coalesce(answer_window_closed, false) and is_answered_in_time is not null as is_answer_counted,
    case when is_follow_up_counted then is_followed_up_in_time end as is_followed_up_in_time,
    is_follow_up_counted,
    is_left_out,
    left_out_reason,
    case when answer_cause = 1 then answer_elapsed_seconds / 60.0 end as accept_minutes,
    case when answer_cause = 1 then answer_business_seconds / 60.0 end as accept_business_minutes,
    case when is_followed_up then follow_up_elapsed_seconds / 60.0 end as follow_up_minutes,
    case when is_followed_up then follow_up_business_seconds / 60.0 end as follow_up_business_minutes,
    answer_elapsed_seconds / 60.0 as answer_watched_minutes,
    answer_business_seconds / 60.0 as answer_watched_business_minutes,
    follow_up_elapsed_seconds / 60.0 as follow_up_watched_minutes,
    follow_up_business_seconds / 60.0 as follow_up_watched_business_minutes,
    furthest_order,
    opportunity_at,
    won_minor,
    rulebook_version
from offers
