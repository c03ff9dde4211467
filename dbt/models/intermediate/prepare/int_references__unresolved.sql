-- One row per record that hangs in the air: it refers to no lead we know (yet), to an offer that was not there, or
-- has an amount no rate converts, or lies after as_of. Kept, listed here, tried again in every run.
with settings as (
    select * from {{ ref('stg_program__settings') }}
),

named as (
    select * from {{ ref('int_references__resolved') }}
    union all by name
    select
        'touches' as entity,
        unresolved_record_key as record_key,
        reference_kind
    from {{ ref('int_touches__resolved') }}
    where lead_id is null
),

found_otherwise as (
    select record_key
    from {{ ref('int_opportunities__matched') }}
    where lead_id is not null
)

select
    entity,
    record_key,
    case reference_kind
        when 'future' then 'after_as_of'
        when 'none' then 'no_reference'
        else 'unknown_' || reference_kind
    end as reason
from named
where lead_id is null and not (entity = 'opportunities' and record_key in (select record_key from found_otherwise))
union all
select
    'partner_activity' as entity,
    named.record_key,
    'no_offer_by_then' as reason
from named
inner join {{ ref('stg_feeds__partner_activity') }} as activity on named.record_key = activity.record_key
where
    named.entity = 'partner_activity'
    and named.lead_id is not null
    and {{ activity_event_id('activity.source_system', 'activity.activity_id') }} not in (
        select event_id from {{ ref('int_offers__evidence') }}
    )
union all
select
    entity,
    record_key,
    lower(problem) as reason
from {{ ref('int_amounts__converted') }}
where problem is not null
union all
select
    'leads' as entity,
    leads.record_key,
    'after_as_of' as reason
from {{ ref('stg_feeds__leads') }} as leads
cross join settings
where leads.captured_at > settings.as_of
union all
select
    'deal_registrations' as entity,
    registrations.record_key,
    'after_as_of' as reason
from {{ ref('stg_feeds__deal_registrations') }} as registrations
cross join settings
where registrations.submitted_at > settings.as_of
union all
select
    'deal_registrations' as entity,
    record_key,
    'unknown_' || reference_kind as reason
from {{ ref('int_registrations__matched') }}
where named_lead_id is null and reference_kind != 'none'
