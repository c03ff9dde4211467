-- One row per deal registration submitted up to as_of. It is live while approved and not expired, or undecided; it
-- conflicts if another partner's protection of the same account and product line overlaps its own. The conflict is open
-- while both are live.
with settings as (
    select * from {{ ref('stg_program__settings') }}
),

registrations as (
    select
        registrations.*,
        coalesce(
            matched.matched_lead_id, {{ lead_id("'leadroute:deal_registration'", 'registrations.registration_id') }}
        ) as lead_id,
        matched.is_partner_sourced,
        matched.own_product,
        case when registrations.decided_at <= settings.as_of then registrations.decided_at end as known_decided_at,
        settings.as_of,
        settings.protection_days
    from {{ ref('stg_feeds__deal_registrations') }} as registrations
    cross join settings
    inner join {{ ref('int_registrations__matched') }} as matched
        on registrations.registration_id = matched.registration_id
),

protected as (
    select
        registrations.registration_id,
        registrations.record_key,
        registrations.lead_id,
        leads.account_id,
        coalesce(registrations.own_product, leads.product) as product,
        registrations.partner_id,
        registrations.submitted_at,
        registrations.known_decided_at as decided_at,
        registrations.is_partner_sourced,
        case
            when registrations.decided_at > registrations.as_of then 'submitted'
            else
                coalesce(
                    registrations.status, case when registrations.decided_at is null then 'submitted' end, 'approved'
                )
        end as status,
        coalesce(
            registrations.expires_at,
            {{ plus_days('coalesce(registrations.known_decided_at, registrations.submitted_at)',
                'registrations.protection_days') }}
        ) as expires_at,
        registrations.as_of
    from registrations
    inner join {{ ref('int_leads__enriched') }} as leads on registrations.lead_id = leads.lead_id
),

windows as (
    select
        *,
        case when status = 'rejected' then coalesce(decided_at, submitted_at) else expires_at end as protected_until,
        status in ('submitted', 'approved') and expires_at > as_of as is_live
    from protected
),

conflicts as (
    select
        windows.registration_id,
        bool_or(windows.is_live and others.is_live) as is_open
    from windows
    inner join windows as others
        on
            windows.account_id = others.account_id
            and windows.product is not distinct from others.product
            and windows.partner_id != others.partner_id
            and windows.protected_until > others.submitted_at
            and windows.submitted_at < others.protected_until
    group by windows.registration_id
)

select
    windows.registration_id,
    windows.lead_id,
    windows.account_id,
    windows.product,
    windows.partner_id,
    windows.submitted_at,
    windows.decided_at,
    windows.expires_at,
    windows.status,
    windows.is_live,
    conflicts.registration_id is not null as is_conflict,
    coalesce(conflicts.is_open, false) as is_conflict_open,
    amounts.amount_minor,
    windows.is_partner_sourced
from windows
left join conflicts on windows.registration_id = conflicts.registration_id
left join {{ ref('int_amounts__converted') }} as amounts
    on amounts.entity = 'deal_registrations' and windows.record_key = amounts.record_key
