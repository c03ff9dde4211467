-- One row per partner and unit (account and product line) that takes one of its slots or was released to it lately,
-- which is in 32 days: a month of any zone began by then.
-- A slot is held from review until the offers end, are stalled, or lead to a deal (unless capacity_counts: pipeline).
-- Partner-sourced leads take none.
{{ config(materialized='view') }}

with settings as (
    select * from {{ ref('stg_program__settings') }}
),

offered as (
    select
        offers.partner_id,
        offers.account_id,
        offers.product,
        bool_or(offers.is_open) as is_open,
        bool_and(not offers.is_open or offers.is_stalled) as is_stalled,
        bool_or(offers.is_open and offers.has_deal) as has_deal,
        max(offers.released_at) as last_released_at
    from {{ ref('int_offers') }} as offers
    cross join settings
    inner join {{ ref('int_leads__enriched') }} as leads on offers.lead_id = leads.lead_id
    where
        leads.direction = 'vendor'
        and (offers.is_open or {{ is_within_days('offers.released_at', 'settings.as_of', 32) }})
    group by offers.partner_id, offers.account_id, offers.product
),

reserved as (
    select distinct
        partner_id,
        account_id,
        product
    from {{ ref('int_batches__reserved') }}
    where partner_id is not null and direction = 'vendor'
)

select
    coalesce(offered.partner_id, reserved.partner_id) as partner_id,
    coalesce(offered.account_id, reserved.account_id) as account_id,
    coalesce(offered.product, reserved.product) as product,
    reserved.partner_id is not null as is_reserved,
    coalesce(
        offered.is_open and not offered.is_stalled
        and (not offered.has_deal or settings.capacity_counts = 'pipeline'),
        false
    )
    or reserved.partner_id is not null as holds_slot,
    offered.last_released_at
from offered
full join reserved
    on
        offered.partner_id = reserved.partner_id
        and offered.account_id = reserved.account_id
        and offered.product is not distinct from reserved.product
cross join settings
