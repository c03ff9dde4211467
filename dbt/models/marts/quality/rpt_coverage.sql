-- One row per country, industry and product line leads came from: how much was asked for, how many partners could take
-- it and with how many slots, and what routing could not place, by age.
with partners as (
    select
        cell_id,
        count(*) as eligible_partner_count,
        cast(sum(free_slots) as bigint) as free_slots
    from {{ ref('int_coverage__partners') }}
    group by cell_id
)

select
    demand.* exclude (cell_id),
    coalesce(partners.eligible_partner_count, 0) as eligible_partner_count,
    coalesce(partners.free_slots, 0) as free_slots,
    partners.cell_id is null as is_uncovered
from {{ ref('int_coverage__demand') }} as demand
left join partners on demand.cell_id = partners.cell_id
