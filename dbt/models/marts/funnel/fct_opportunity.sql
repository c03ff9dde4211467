-- One row per opportunity. Partner-sourced: its lead, or its registration, was a partner's own. Partner-influenced: the
-- vendor's own, but a partner had registered a deal for the account and product line by the time it was created.
with opportunities as (
    select
        opportunities.*,
        {{ local_date('opportunities.created_at', 'settings.timezone') }} as created_date,
        {{ local_date('opportunities.closed_at', 'settings.timezone') }} as closed_date
    from {{ ref('int_opportunities__resolved') }} as opportunities
    cross join {{ ref('stg_program__settings') }} as settings
),

leads as (
    select * from {{ ref('int_leads__enriched') }}
),

registrations as (
    select * from {{ ref('int_registrations__resolved') }}
),

registered_before as (
    select
        opportunities.opportunity_id,
        arg_min(
            registrations.partner_id, (registrations.submitted_at, registrations.registration_id)
        ) as registering_partner_id
    from opportunities
    inner join registrations
        on
            opportunities.account_id = registrations.account_id
            and opportunities.product is not distinct from registrations.product
            and opportunities.created_at >= registrations.submitted_at
    group by opportunities.opportunity_id
),

sourced as (
    select
        opportunities.*,
        coalesce(leads.direction = 'partner', false) or coalesce(registrations.is_partner_sourced, false)
            as is_partner_sourced,
        coalesce(leads.sourcing_partner_id, registrations.partner_id) as bringing_partner_id,
        coalesce(registrations.partner_id, registered_before.registering_partner_id) as registering_partner_id
    from opportunities
    left join leads on opportunities.lead_id = leads.lead_id
    left join registrations on opportunities.registration_id = registrations.registration_id
    left join registered_before on opportunities.opportunity_id = registered_before.opportunity_id
)

select
    sourced.opportunity_id,
    sourced.lead_id,
    sourced.account_id,
    sourced.identity_id,
    sourced.product,
    sourced.partner_id,
    offers.assignment_id,
    sourced.registration_id,
    case
        when sourced.is_partner_sourced then 'partner_sourced'
        when sourced.registering_partner_id is not null then 'partner_influenced'
        else 'vendor_sourced'
    end as sourcing,
    case when sourced.is_partner_sourced then sourced.bringing_partner_id end as sourcing_partner_id,
    case when not sourced.is_partner_sourced then sourced.registering_partner_id end as influencing_partner_id,
    history.tier as tier_at_creation,
    sourced.stage,
    sourced.created_at,
    sourced.closed_at,
    sourced.created_date,
    sourced.closed_date,
    sourced.is_won,
    sourced.amount,
    sourced.currency,
    coalesce(sourced.amount_minor, 0) as amount_minor,
    {{ elapsed_days('sourced.created_at', 'sourced.closed_at') }} as cycle_days,
    {{ category('sourced.lost_reason') }} as lost_reason
from sourced
left join {{ ref('int_opportunities__offers') }} as offers on sourced.opportunity_id = offers.opportunity_id
left join {{ ref('int_partners__versions') }} as history
    on
        sourced.partner_id = history.partner_id
        and sourced.created_at >= history.valid_from
        and (history.valid_to is null or sourced.created_at < history.valid_to)
