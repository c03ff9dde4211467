-- One row per cell of demand and partner that routing would give at least one of its leads to today.
with areas as (
    select
        cell_id,
        partner_id,
        area,
        max(area_free_slots) as area_free_slots,
        bool_and(is_fallback) as is_fallback
    from {{ ref('int_coverage__takers') }}
    group by cell_id, partner_id, area
),

takers as (
    select
        cell_id,
        partner_id,
        bool_and(is_fallback) as is_fallback,
        case when bool_and(area is not null) then sum(area_free_slots) end as area_free_slots
    from areas
    group by cell_id, partner_id
)

select
    takers.cell_id,
    takers.partner_id,
    takers.is_fallback,
    cast(least(limits.free_slots, coalesce(takers.area_free_slots, limits.free_slots)) as bigint) as free_slots
from takers
inner join {{ ref('int_partners__limits') }} as limits on takers.partner_id = limits.partner_id
