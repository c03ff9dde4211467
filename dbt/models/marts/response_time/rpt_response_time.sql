-- One row per week of offer, partner, tier, channel, grade, country and hop: how many offers were answered and followed
-- up, how many in time, and by when half and nine in ten were. Percentiles count who is still waiting (Kaplan-Meier;
-- Aalen-Johansen for acceptance, which a decline rules out): null and is_..._reached false = not reached by as_of.
with counted as (
    select
        waits.cell_id,
        any_value(waits.week) as week,
        any_value(waits.partner_id) as partner_id,
        any_value(waits.tier) as tier,
        any_value(waits.lead_channel) as lead_channel,
        any_value(waits.grade) as grade,
        any_value(waits.country) as country,
        any_value(waits.hop) as hop,
        {{ response_counts() }}
    from {{ ref('int_offers__waits') }} as waits
    inner join {{ ref('fct_assignment') }} as offers on waits.assignment_id = offers.assignment_id
    group by waits.cell_id
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
