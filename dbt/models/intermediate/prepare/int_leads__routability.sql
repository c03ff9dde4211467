-- One row per qualified lead: whether it may be routed now, and if not what keeps it. The first that applies counts.
with settings as (
    select * from {{ ref('stg_program__settings') }}
),

leads as (
    select
        enriched.*,
        qualified.score,
        qualified.is_direct
    from {{ ref('int_leads__enriched') }} as enriched
    inner join {{ ref('int_leads__qualified') }} as qualified on enriched.lead_id = qualified.lead_id
    where qualified.qualification = 'qualified'
),

offers as (
    select
        lead_id,
        count(*) as hops,
        bool_or(is_open) as is_offered,
        bool_or(is_open and is_stalled) as is_stalled,
        bool_or(status in ('won', 'lost', 'disqualified') or has_deal) as is_finished,
        arg_max(assignment_id, (released_at, assignment_id)) as last_assignment_id
    from {{ ref('int_offers') }}
    group by lead_id
),

deals as (
    select lead_id from {{ ref('int_opportunities__resolved') }} where lead_id is not null
    union
    select lead_id from {{ ref('int_registrations__resolved') }} where is_live or status = 'won'
),

held as (
    select
        identity_id,
        account_id,
        product
    from {{ ref('int_offers') }} where is_open
    union
    select
        identity_id,
        account_id,
        product
    from {{ ref('int_batches__reserved') }} where partner_id is not null
),

held_accounts as (
    select distinct
        account_id,
        product
    from held
),

held_buyers as (
    select distinct identity_id from held
),

contested as (
    select distinct offers.lead_id
    from {{ ref('int_offers') }} as offers
    inner join {{ ref('int_offers__evidence') }} as evidence on offers.assignment_id = evidence.assignment_id
    inner join offers as last_offers on offers.assignment_id = last_offers.last_assignment_id
    where
        offers.status in ('recalled', 'expired')
        and evidence.event_type not in ('note', 'released', 'recalled', 'expired', 'declined')
        and coalesce(evidence.reported_at, evidence.occurred_at) > offers.closed_at
),

judged as (
    select
        leads.lead_id,
        leads.identity_id,
        leads.score,
        leads.captured_at,
        cast(coalesce(offers.hops, 0) as integer) as hops,
        case
            when leads.registration_id is not null then 'partner_brought_it'
            when reserved.lead_id is not null then 'reserved'
            when offers.is_stalled then 'STALLED_NO_UPDATE'
            when offers.is_offered then 'offered'
            when leads.is_contested then 'AMBIGUOUS_IDENTITY'
            when offers.is_finished or deals.lead_id is not null then 'finished'
            when leads.is_direct then 'direct'
            when offers.hops >= settings.max_hops then 'exhausted'
            when held_buyers.identity_id is not null then 'buyer_has_open_offer'
            when held_accounts.account_id is not null then 'account_has_open_offer'
            when contested.lead_id is not null then 'CONTESTED_AFTER_RECALL'
            else 'routable'
        end as routability
    from leads
    cross join settings
    left join offers on leads.lead_id = offers.lead_id
    left join deals on leads.lead_id = deals.lead_id
    left join contested on leads.lead_id = contested.lead_id
    left join {{ ref('int_batches__reserved') }} as reserved on leads.lead_id = reserved.lead_id
    left join held_buyers on leads.identity_id = held_buyers.identity_id
    left join held_accounts
        on leads.account_id = held_accounts.account_id and leads.product is not distinct from held_accounts.product
)

select
    lead_id,
    hops,
    case
        when
            routability = 'routable'
            and row_number() over (
                partition by identity_id, routability order by score desc, captured_at asc, lead_id asc
            ) > 1
            then 'buyer_has_better_lead'
        else routability
    end as routability
from judged
