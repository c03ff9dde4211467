-- One row per offer: when each thing that can happen to it happened first, stated or shown by evidence.
with evidence as (
    select
        assignment_id,
        min(occurred_at) filter (
            event_type in (
                'accepted', 'attempted', 'contacted', 'meeting', 'qualified', 'disqualified', 'registered',
                'opportunity', 'won'
            )
        ) as accepting_at,
        min(occurred_at) filter (event_type = 'declined') as declined_at,
        arg_min(reason, (occurred_at, event_id)) filter (event_type = 'declined') as decline_reason,
        min(occurred_at) filter (
            event_type in ('attempted', 'contacted', 'meeting', 'qualified', 'disqualified', 'registered')
        ) as first_follow_up_at,
        min(occurred_at) filter (event_type = 'qualified') as partner_qualified_at,
        max(occurred_at) filter (event_type = 'disqualified') as disqualified_at,
        arg_max(reason, (occurred_at, event_id)) filter (event_type = 'disqualified') as disqualify_reason,
        min(occurred_at) filter (event_type = 'registered') as registered_at,
        min(occurred_at) filter (event_type = 'opportunity') as opportunity_at,
        min(occurred_at) filter (event_type = 'won') as won_at,
        max(occurred_at) filter (event_type = 'lost') as lost_at,
        max(occurred_at) as last_event_at
    from {{ ref('int_offers__evidence') }}
    group by assignment_id
)

select
    stated.assignment_id,
    stated.lead_id,
    stated.partner_id,
    stated.source,
    stated.batch_id,
    stated.released_at,
    coalesce(stated.ledger_hop, row_number() over lead_offers) as hop,
    case when stated.source = 'history' then lead(stated.released_at) over lead_offers end as next_released_at,
    stated.outcome,
    stated.ledger_status,
    stated.ledger_closed_at,
    stated.responded_at as stated_responded_at,
    coalesce(
        stated.response,
        case
            when evidence.declined_at <= evidence.accepting_at or evidence.accepting_at is null
                then case when evidence.declined_at is not null then 'declined' end
        end,
        case
            when
                coalesce(evidence.accepting_at, stated.first_follow_up_at) is not null
                or stated.outcome in ('won', 'lost', 'disqualified')
                then 'accepted'
        end
    ) as response,
    coalesce(stated.decline_reason, evidence.decline_reason) as decline_reason,
    stated.recall_reason,
    evidence.accepting_at,
    evidence.declined_at,
    least(stated.first_follow_up_at, evidence.first_follow_up_at) as first_follow_up_at,
    case when stated.source = 'history' then stated.first_follow_up_at end as stated_follow_up_at,
    evidence.partner_qualified_at,
    evidence.disqualified_at,
    evidence.disqualify_reason,
    evidence.registered_at,
    evidence.opportunity_at,
    evidence.won_at,
    evidence.lost_at,
    greatest(
        stated.released_at, stated.responded_at, stated.first_follow_up_at, evidence.last_event_at
    ) as last_activity_at,
    stated.accept_due_at,
    stated.follow_up_due_at,
    stated.tier_at_release,
    stated.rulebook_version
from {{ ref('int_offers__stated') }} as stated
left join evidence on stated.assignment_id = evidence.assignment_id
window lead_offers as (partition by stated.lead_id order by stated.released_at, stated.assignment_id)
