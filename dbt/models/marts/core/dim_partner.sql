-- One row per partner the roster holds, or that history, offers or deals name without it (is_in_roster false).
with roster as (
    select * from {{ ref('stg_feeds__partners') }}
),

named as (
    select partner_id from roster
    union
    select partner_id from {{ ref('int_offers') }} where partner_id is not null
    union
    select partner_id from {{ ref('int_registrations__resolved') }} where partner_id is not null
    union
    select partner_id from {{ ref('int_opportunities__resolved') }} where partner_id is not null
    union
    select sourcing_partner_id from {{ ref('int_leads__enriched') }} where sourcing_partner_id is not null
    union
    select partner_id from {{ ref('stg_ledger__batch_lines') }} where partner_id is not null
),

settings as (
    select * from {{ ref('stg_program__settings') }}
)

select
    named.partner_id,
    coalesce(roster.partner_name, named.partner_id) as partner_name,
    roster.partner_type,
    roster.parent_partner_id,
    coalesce(tiers.tier, roster.tier) as tier,
    tiers.tier_order,
    coalesce(roster.status, 'unknown') as status,
    roster.country_code as country,
    roster.timezone,
    roster.channel_manager,
    coalesce(roster.capacity, settings.default_capacity) as capacity,
    roster.response_commitment_hours,
    roster.joined_on,
    roster.paused_until,
    roster.partner_id is not null as is_in_roster
from named
cross join settings
left join roster on named.partner_id = roster.partner_id
left join {{ ref('stg_program__tiers') }} as tiers on lower(trim(roster.tier)) = lower(tiers.tier)
