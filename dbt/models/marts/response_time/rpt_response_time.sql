-- One row per week of offer, partner, tier, channel, grade, country and hop: how many offers were answered and followed
-- up, how many in time, and how long that takes half and nine in ten of those not closed first. Percentiles count who
-- is still waiting (Kaplan-Meier; Aalen-Johansen for acceptance, which a decline rules out): null and is_..._reached
-- false = not reached by as_of.
with counted as (
    select
        watched.cell_id,
        any_value(watched.week) as week,
        any_value(watched.partner_id) as partner_id,
        any_value(watched.tier) as tier,
        any_value(watched.lead_channel) as lead_channel,
        any_value(watched.grade) as grade,
        any_value(watched.country) as country,
        any_value(watched.hop) as hop,
        {{ response_counts() }}
    from {{ ref('int_offers__watched') }} as watched
    inner join {{ ref('fct_assignment') }} as offers on watched.assignment_id = offers.assignment_id
    group by watched.cell_id
)

select
    counted.week,
    counted.partner_id,
    counted.tier,
    counted.lead_channel,
    counted.grade,
    counted.country,
    cast(counted.hop as integer) as hop,
    {{ response_measures('counted', 'percentiles') }}
from counted
inner join {{ ref('int_response__percentiles_by_slice') }} as percentiles
    on percentiles.slice = 'cell' and percentiles.slice_key = cast(counted.cell_id as varchar)
