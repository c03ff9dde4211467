-- One row per deal registration, with what became of it. Conflicts are shown, never resolved here. Its opportunities
-- are those that name it, and those that name none of its lead and partner created since: of several registrations, the
-- latest by then.
with registrations as (
    select * from {{ ref('int_registrations__resolved') }}
),

settings as (
    select * from {{ ref('stg_program__settings') }}
),

followed as (
    select
        opportunities.opportunity_id,
        coalesce(opportunities.registration_id, registrations.registration_id) as registration_id,
        opportunities.created_at,
        opportunities.is_won
    from {{ ref('int_opportunities__resolved') }} as opportunities
    left join registrations
        on
            opportunities.registration_id is null
            and opportunities.lead_id = registrations.lead_id
            and opportunities.partner_id = registrations.partner_id
            and opportunities.created_at >= registrations.submitted_at
    qualify row_number() over (
        partition by opportunities.opportunity_id
        order by registrations.submitted_at desc nulls last, registrations.registration_id desc nulls last
    ) = 1
),

opportunities as (
    select
        registration_id,
        count(*) filter (where is_won is null) as open_count,
        bool_or(coalesce(is_won, false)) as is_won,
        min(created_at) as opportunity_at
    from followed
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
    registrations.is_conflict_open,
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
    opportunities.opportunity_at is not null or registrations.status in ('won', 'lost') as has_opportunity,
    case
        when opportunities.is_won or registrations.status = 'won' then true
        when opportunities.open_count > 0 then null
        when opportunities.opportunity_at is null and registrations.is_live then null
        else false
    end as is_won
from registrations
cross join settings
left join opportunities on registrations.registration_id = opportunities.registration_id
left join {{ ref('int_partners__versions') }} as history
    on
        registrations.partner_id = history.partner_id
        and registrations.submitted_at >= history.valid_from
        and (history.valid_to is null or registrations.submitted_at < history.valid_to)
