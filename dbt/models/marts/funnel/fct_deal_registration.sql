-- One row per deal registration, with what became of it. Conflicts are shown, never resolved here.
with registrations as (
    select * from {{ ref('int_registrations__resolved') }}
),

settings as (
    select * from {{ ref('stg_program__settings') }}
),

opportunities as (
    select
        registration_id,
        count(*) as opportunity_count,
        coalesce(bool_or(is_won), false) as is_won,
        min(created_at) as opportunity_at
    from {{ ref('int_opportunities__resolved') }}
    where registration_id is not null
    group by registration_id
)

select
    registrations.registration_id,
    registrations.partner_id,
    registrations.lead_id,
    registrations.account_id,
    registrations.product,
    registrations.status,
    registrations.submitted_at,
    registrations.decided_at,
    registrations.expires_at,
    registrations.is_live,
    registrations.is_conflict,
    registrations.is_partner_sourced,
    history.tier as tier_at_submission,
    {{ elapsed_minutes('registrations.submitted_at', 'registrations.decided_at') }} as decision_minutes,
    case
        when registrations.decided_at is not null
            then
                {{ elapsed_minutes('registrations.submitted_at', 'registrations.decided_at') }}
                <= settings.decision_hours * 60
        when {{ elapsed_minutes('registrations.submitted_at', 'settings.as_of') }} > settings.decision_hours * 60
            then false
    end as is_decided_in_time,
    registrations.amount_minor,
    opportunities.opportunity_at,
    coalesce(opportunities.opportunity_count, 0) > 0 or registrations.status in ('won', 'lost') as has_opportunity,
    coalesce(opportunities.is_won, false) or registrations.status = 'won' as is_won
from registrations
cross join settings
left join opportunities on registrations.registration_id = opportunities.registration_id
left join {{ ref('int_partners__versions') }} as history
    on
        registrations.partner_id = history.partner_id
        and registrations.submitted_at >= history.valid_from
        and (history.valid_to is null or registrations.submitted_at < history.valid_to)
