-- One row per partner of the roster: whether it takes leads now, its limits and what of them is used. Days and months
-- are those of the partner's own zone; what a batch in review or approved holds counts as used today.
with settings as (
    select * from {{ ref('stg_program__settings') }}
),

clocks as (
    select
        clocks.partner_id,
        clocks.timezone,
        {{ local_date('settings.as_of', 'clocks.timezone') }} as today
    from {{ ref('int_partners__clocks') }} as clocks
    cross join settings
),

contacts as (
    select
        partner_id,
        true as has_valid_contact
    from {{ ref('stg_feeds__partner_contacts') }}
    where
        role = 'lead_recipient'
        and email_normalized is not null
        and coalesce(is_active, true)
        and (bounced_at is null or verified_at > bounced_at)
    group by partner_id
),

used as (
    select
        slots.partner_id,
        count(*) filter (where slots.holds_slot) as slots_used,
        count(*) filter (
            where slots.is_reserved or {{ local_date('slots.last_released_at', 'clocks.timezone') }} = clocks.today
        ) as used_today,
        count(*) filter (
            where slots.is_reserved
            or {{ local_month('slots.last_released_at', 'clocks.timezone') }} = date_trunc('month', clocks.today)
        ) as used_this_month
    from {{ ref('int_routing__slots') }} as slots
    inner join clocks on slots.partner_id = clocks.partner_id
    group by slots.partner_id
),

limits as (
    select
        partners.*,
        clocks.today,
        clocks.timezone as clock_timezone,
        coalesce(partners.capacity, settings.default_capacity) as slots,
        coalesce(partners.batch_limit, settings.default_batch_limit) as units_a_batch,
        coalesce(used.slots_used, 0) as slots_used,
        coalesce(used.used_today, 0) as used_today,
        coalesce(used.used_this_month, 0) as used_this_month
    from {{ ref('stg_feeds__partners') }} as partners
    cross join settings
    inner join clocks on partners.partner_id = clocks.partner_id
    left join used on partners.partner_id = used.partner_id
)

select
    limits.partner_id,
    limits.partner_type,
    limits.parent_partner_id,
    limits.status,
    coalesce(
        limits.status != 'terminated'
        and (limits.paused_until <= limits.today or (limits.status = 'active' and limits.paused_until is null)),
        false
    ) as is_active_now,
    tiers.tier,
    tiers.tier_order,
    limits.country_code as country,
    limits.clock_timezone as timezone,
    limits.latitude,
    limits.longitude,
    limits.slots as capacity,
    limits.units_a_batch as batch_limit,
    limits.daily_limit,
    limits.monthly_limit,
    limits.slots_used,
    limits.used_today,
    limits.used_this_month,
    greatest(
        0,
        least(
            limits.slots - limits.slots_used,
            limits.units_a_batch,
            limits.daily_limit - limits.used_today,
            limits.monthly_limit - limits.used_this_month
        )
    ) as free_slots,
    coalesce(contacts.has_valid_contact, false) as has_valid_contact,
    limits.response_commitment_hours
from limits
left join {{ ref('stg_program__tiers') }} as tiers on lower(trim(limits.tier)) = lower(tiers.tier)
left join contacts on limits.partner_id = contacts.partner_id
