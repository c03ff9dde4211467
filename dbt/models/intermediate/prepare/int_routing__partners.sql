-- One row per partner of the roster, as routing reads it: whether it takes leads now, its limits and what of them was
-- used when routing began. What the roster itself states is kept beside what the rulebook makes of it: another rulebook
-- would make something else of it.
with contacts as (
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
)

select
    partners.partner_id,
    partners.partner_type,
    partners.parent_partner_id,
    partners.status,
    coalesce(
        partners.status != 'terminated'
        and (partners.paused_until <= limits.today or (partners.status = 'active' and partners.paused_until is null)),
        false
    ) as is_active_now,
    tiers.tier,
    tiers.tier_order,
    partners.country_code as country,
    limits.timezone,
    partners.latitude,
    partners.longitude,
    limits.capacity,
    limits.batch_limit,
    limits.daily_limit,
    limits.monthly_limit,
    limits.slots_used,
    limits.used_today,
    limits.used_this_month,
    limits.free_slots,
    coalesce(contacts.has_valid_contact, false) as has_valid_contact,
    partners.response_commitment_hours,
    lower(trim(partners.tier)) as stated_tier,
    partners.capacity as stated_capacity,
    partners.batch_limit as stated_batch_limit
from {{ ref('stg_feeds__partners') }} as partners
inner join {{ ref('int_partners__limits') }} as limits on partners.partner_id = limits.partner_id
left join {{ ref('stg_program__tiers') }} as tiers on lower(trim(partners.tier)) = lower(tiers.tier)
left join contacts on partners.partner_id = contacts.partner_id
