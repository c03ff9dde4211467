-- One row per thing that happened to an offer: partner activity, a registration, an opportunity and how it ended.
-- Activity on own assignments comes from the ledger; a file's activity it already holds (same stable id) counts once.
-- An activity belongs to the offer it names, else to the partner's latest offer of that lead made by then.
with settings as (
    select * from {{ ref('stg_program__settings') }}
),

offers as (
    select * from {{ ref('int_offers__stated') }}
),

milestones as (
    select
        opportunity_id,
        'opportunity' as event_type,
        created_at as occurred_at
    from {{ ref('stg_feeds__opportunities') }}
    union all
    select
        opportunity_id,
        case when is_won then 'won' else 'lost' end as event_type,
        coalesce(closed_at, created_at) as occurred_at
    from {{ ref('stg_feeds__opportunities') }}
    where is_won is not null
),

happenings as (
    select
        {{ activity_event_id('activity.source_system', 'activity.activity_id') }} as event_id,
        activity.activity_type as event_type,
        activity.assignment_id,
        named.lead_id,
        activity.partner_id,
        activity.occurred_at,
        activity.reported_at,
        activity.reason
    from {{ ref('stg_feeds__partner_activity') }} as activity
    inner join {{ ref('int_references__resolved') }} as named
        on named.entity = 'partner_activity' and activity.record_key = named.record_key
    union all by name
    select
        'registered-' || registrations.registration_id as event_id,
        'registered' as event_type,
        matched.matched_lead_id as lead_id,
        registrations.partner_id,
        registrations.submitted_at as occurred_at
    from {{ ref('stg_feeds__deal_registrations') }} as registrations
    inner join {{ ref('int_registrations__matched') }} as matched
        on registrations.registration_id = matched.registration_id
    union all by name
    select
        endings.event_type || '-' || opportunities.opportunity_id as event_id,
        endings.event_type,
        matched.lead_id,
        opportunities.partner_id,
        endings.occurred_at,
        opportunities.created_at
    from {{ ref('stg_feeds__opportunities') }} as opportunities
    inner join {{ ref('int_opportunities__matched') }} as matched
        on opportunities.opportunity_id = matched.opportunity_id
    inner join milestones as endings on opportunities.opportunity_id = endings.opportunity_id
),

attached as (
    select
        happenings.*,
        offers.assignment_id as offer_id
    from happenings
    cross join settings
    inner join offers
        on
            happenings.lead_id = offers.lead_id
            and (happenings.partner_id = offers.partner_id or happenings.partner_id is null)
            and (happenings.assignment_id = offers.assignment_id or happenings.assignment_id is null)
            and coalesce(happenings.created_at, happenings.occurred_at) >= offers.released_at
    where
        happenings.occurred_at <= settings.as_of
        and coalesce(happenings.reported_at, happenings.occurred_at) <= settings.as_of
    qualify row_number() over (
        partition by happenings.event_id order by offers.released_at desc, offers.assignment_id desc
    ) = 1
)

select
    events.assignment_id,
    events.event_id,
    events.event_type,
    events.occurred_at,
    events.reported_at,
    events.reason,
    'ledger' as source
from {{ ref('stg_ledger__assignment_events') }} as events
cross join settings
where events.occurred_at <= settings.as_of
union all
select
    attached.offer_id as assignment_id,
    attached.event_id,
    attached.event_type,
    attached.occurred_at,
    attached.reported_at,
    attached.reason,
    'feed' as source
from attached
where not exists (
    select 1 from {{ ref('stg_ledger__assignment_events') }} as events where events.event_id = attached.event_id
)
