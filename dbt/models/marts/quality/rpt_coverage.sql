-- One row per country, industry and product line leads came from: how much was asked for, how many partners routing
-- would give it to and with how many slots, and what routing could not place, by age.
with partners as (
    select
        cell_id,
        count(*) as eligible_partner_count,
        count(*) filter (where is_fallback) as fallback_partner_count,
        cast(sum(free_slots) as bigint) as free_slots
    from {{ ref('int_coverage__partners') }}
    group by cell_id
),

-- a kind of lead stands there once for each partner that would take it
kinds as (
    select distinct
        cell_id,
        kind_id,
        lead_count,
        waiting_count
    from {{ ref('int_coverage__takers') }}
),

covered as (
    select
        cell_id,
        cast(sum(lead_count) as bigint) as lead_count,
        cast(sum(waiting_count) as bigint) as waiting_count
    from kinds
    group by cell_id
)

select
    demand.* exclude (cell_id),
    coalesce(partners.eligible_partner_count, 0) as eligible_partner_count,
    coalesce(partners.fallback_partner_count, 0) as fallback_partner_count,
    coalesce(partners.free_slots, 0) as free_slots,
    demand.qualified_count - coalesce(covered.lead_count, 0) as without_partner_count,
    demand.waiting_count - coalesce(covered.waiting_count, 0) as waiting_without_partner_count,
    partners.cell_id is null as is_uncovered
from {{ ref('int_coverage__demand') }} as demand
left join partners on demand.cell_id = partners.cell_id
left join covered on demand.cell_id = covered.cell_id
