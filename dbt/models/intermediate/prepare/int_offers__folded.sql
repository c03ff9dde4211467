-- One row per offer: its one status. What was stated outranks what is inferred; won and lost outrank all else;
-- activity on an open offer implies acceptance; an unanswered offer of history that was followed by another was
-- recalled. History says that an offer was won, lost or disqualified, not when: without a dated event the ending stays
-- undated (closed_at null, is_open false).
with settings as (
    select * from {{ ref('stg_program__settings') }}
),

judged as (
    select
        timeline.*,
        case
            when timeline.outcome = 'won' or timeline.won_at is not null then 'won'
            when timeline.outcome = 'lost' or timeline.lost_at is not null then 'lost'
            when timeline.ledger_status not in ('open', 'accepted') then timeline.ledger_status
            when timeline.outcome in ('disqualified', 'duplicate') then 'disqualified'
            when timeline.response in ('declined', 'expired', 'recalled') then timeline.response
            when timeline.outcome = 'recalled' then 'recalled'
            when timeline.disqualified_at is not null and timeline.opportunity_at is null then 'disqualified'
            when timeline.declined_at > timeline.accepting_at and timeline.opportunity_at is null then 'declined'
            when timeline.next_released_at is not null and timeline.opportunity_at is null then 'recalled'
            when timeline.response = 'accepted' then 'accepted'
            else 'open'
        end as status
    from {{ ref('int_offers__timeline') }} as timeline
),

dated as (
    select
        judged.* exclude (recall_reason, decline_reason),
        case judged.response
            when 'accepted'
                then coalesce(
                    judged.stated_responded_at, judged.accepting_at, judged.first_follow_up_at, judged.released_at
                )
            when 'declined' then coalesce(judged.stated_responded_at, judged.declined_at)
            else judged.stated_responded_at
        end as responded_at,
        case
            when judged.status = 'disqualified'
                then coalesce(
                    judged.disqualify_reason, judged.decline_reason,
                    case when judged.outcome = 'duplicate' then 'duplicate' end
                )
            else judged.decline_reason
        end as decline_reason,
        case when judged.status = 'recalled' then judged.recall_reason end as recall_reason,
        judged.registered_at is not null or judged.opportunity_at is not null as has_deal,
        judged.status in ('open', 'accepted') as is_open,
        case judged.status
            when 'won' then coalesce(judged.won_at, judged.ledger_closed_at)
            when 'lost' then coalesce(judged.lost_at, judged.ledger_closed_at)
            when 'disqualified'
                then coalesce(
                    judged.ledger_closed_at,
                    judged.disqualified_at,
                    case when judged.response = 'declined' then judged.stated_responded_at end
                )
            when 'declined'
                then coalesce(
                    judged.ledger_closed_at, judged.stated_responded_at, judged.declined_at, judged.last_activity_at
                )
            when 'recalled'
                then coalesce(
                    judged.ledger_closed_at,
                    judged.stated_responded_at,
                    judged.next_released_at,
                    judged.last_activity_at
                )
            when 'expired'
                then coalesce(judged.ledger_closed_at, judged.stated_responded_at, judged.last_activity_at)
        end as closed_at
    from judged
)

select
    dated.*,
    {{ local_date('dated.released_at', 'settings.timezone') }} as released_date,
    dated.is_open and not dated.has_deal
    and settings.as_of > {{ plus_days('dated.last_activity_at', 'settings.stalled_after_days') }} as is_stalled
from dated
cross join settings
