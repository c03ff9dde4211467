-- One row per month of capture, channel and hop: how many of a source's leads were offered a first, second, third time,
-- and what each hop came to. survival_rate is the share of the leads offered at all that were still alive at this hop.
with offers as (
    select
        cast(date_trunc('month', leads.captured_date) as date) as month,
        leads.lead_channel,
        offers.*
    from {{ ref('int_offers__progress') }} as offers
    inner join {{ ref('fct_lead') }} as leads on offers.lead_id = leads.lead_id
),

counted as (
    select
        month,
        lead_channel,
        hop,
        count(*) as offered_count,
        count(*) filter (where furthest_order >= {{ funnel_order('accepted') }}) as accepted_count,
        count(*) filter (where furthest_order >= {{ funnel_order('worked') }}) as worked_count,
        count(*) filter (where furthest_order >= {{ funnel_order('opportunity') }}) as opportunity_count,
        count(*) filter (where furthest_order >= {{ funnel_order('won') }}) as won_count,
        cast(sum(won_minor) as bigint) as won_minor
    from offers
    group by all
)

select
    month,
    lead_channel,
    cast(hop as integer) as hop,
    offered_count,
    {{ rate('offered_count', 'first_value(offered_count) over (partition by month, lead_channel order by hop)') }}
        as survival_rate,
    accepted_count,
    {{ rate('accepted_count', 'offered_count') }} as accepted_rate,
    worked_count,
    opportunity_count,
    won_count,
    {{ rate('won_count', 'offered_count') }} as won_rate,
    won_minor
from counted
