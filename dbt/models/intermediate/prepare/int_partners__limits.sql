-- One row per partner of the roster: its limits, what of them is used and what is left. Days and months are those of
-- its own zone; what a batch in review or approved holds counts as used today. A view, as are the two it counts: the
-- marts are to see the slots of an express batch that was approved since routing read them.
{{ config(materialized='view') }}

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
        partners.partner_id,
        clocks.timezone,
        clocks.today,
        coalesce(partners.capacity, settings.default_capacity) as capacity,
        coalesce(partners.batch_limit, settings.default_batch_limit) as batch_limit,
        partners.daily_limit,
        partners.monthly_limit,
        coalesce(used.slots_used, 0) as slots_used,
        coalesce(used.used_today, 0) as used_today,
        coalesce(used.used_this_month, 0) as used_this_month
    from {{ ref('stg_feeds__partners') }} as partners
    cross join settings
    inner join clocks on partners.partner_id = clocks.partner_id
    left join used on partners.partner_id = used.partner_id
)

select
    *,
    greatest(
        0,
        least(
            capacity - slots_used,
            batch_limit,
            daily_limit - used_today,
            monthly_limit - used_this_month
        )
    ) as free_slots
from limits
