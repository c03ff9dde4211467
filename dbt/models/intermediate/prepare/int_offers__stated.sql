-- One row per offer as history or the ledger states it, before what partners reported is weighed. An offer made by
-- leadroute that comes back in a history file (same lead and partner, that day or later) counts once, as the
-- ledger's.
with settings as (
    select * from {{ ref('stg_program__settings') }}
),

own as (
    select assignments.*
    from {{ ref('stg_ledger__assignments') }} as assignments
    cross join settings
    where assignments.released_at <= settings.as_of
),

history as (
    select
        {{ history_assignment_id('history.record_key') }} as assignment_id,
        named.lead_id,
        history.partner_id,
        history.assigned_at as released_at,
        case when history.responded_at <= settings.as_of then history.responded_at end as responded_at,
        history.response,
        history.decline_reason,
        case when history.first_follow_up_at <= settings.as_of then history.first_follow_up_at end
            as first_follow_up_at,
        history.outcome
    from {{ ref('stg_feeds__assignment_history') }} as history
    cross join settings
    inner join {{ ref('int_references__resolved') }} as named
        on named.entity = 'assignment_history' and history.record_key = named.record_key
    where
        named.lead_id is not null
        and not exists (
            select 1 from own
            where
                own.lead_id = named.lead_id
                and own.partner_id = history.partner_id
                and {{ local_date('own.released_at', 'settings.timezone') }}
                <= {{ local_date('history.assigned_at', 'settings.timezone') }}
        )
    qualify row_number() over (
        partition by named.lead_id, history.partner_id, history.assigned_at order by history.record_key
    ) = 1
)

select  -- noqa: AM07
    *,
    'history' as source
from history
union all by name
select
    assignment_id,
    lead_id,
    partner_id,
    released_at,
    responded_at,
    response,
    decline_reason,
    first_follow_up_at,
    case when status in ('won', 'lost', 'disqualified') then status end as outcome,
    source,
    status as ledger_status,
    batch_id,
    hop as ledger_hop,
    recall_reason,
    closed_at as ledger_closed_at,
    accept_due_at,
    follow_up_due_at,
    tier_at_release,
    rulebook_version
from own
