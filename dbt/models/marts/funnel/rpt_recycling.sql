-- One row per hop: how offers made at that hop ended, and the value lost there. A lead's worth halves every half-life
-- (routing.yaml, age_decay): an offer that came back costs what the lead lost in worth while it lay there. Stranded is
-- what is left in leads whose last offer was this hop's and that nobody holds.
with settings as (
    select * from {{ ref('stg_program__settings') }}
),

offers as (
    select
        offers.*,
        offers.status in ('declined', 'expired', 'recalled') as came_back,
        leads.captured_at,
        leads.current_stage in ('exhausted', 'declined', 'expired', 'recalled', 'exception') as is_unheld,
        worths.value_minor,
        row_number() over (
            partition by offers.lead_id order by offers.released_at desc, offers.hop desc, offers.assignment_id desc
        ) = 1 as is_last_offer
    from {{ ref('int_offers__progress') }} as offers
    inner join {{ ref('fct_lead') }} as leads on offers.lead_id = leads.lead_id
    inner join {{ ref('int_leads__worth') }} as worths on offers.lead_id = worths.lead_id
),

priced as (
    select
        offers.*,
        {{ worth_at('offers.value_minor', 'offers.captured_at', 'offers.released_at', 'settings.age_half_life_days') }}
        - {{ worth_at('offers.value_minor', 'offers.captured_at', 'coalesce(offers.closed_at, settings.as_of)',
                      'settings.age_half_life_days') }} as aged_minor,
        {{ worth_at('offers.value_minor', 'offers.captured_at', 'settings.as_of', 'settings.age_half_life_days') }}
            as worth_now_minor
    from offers
    cross join settings
),

counted as (
    select
        hop,
        count(*) as offer_count,
        count(*) filter (where is_open) as open_count,
        count(*) filter (where furthest_order >= {{ funnel_order('accepted') }}) as accepted_count,
        count(*) filter (where status = 'declined') as declined_count,
        count(*) filter (where status = 'expired') as expired_count,
        count(*) filter (where status = 'recalled') as recalled_count,
        count(*) filter (where furthest_order >= {{ funnel_order('worked') }}) as worked_count,
        count(*) filter (where furthest_order >= {{ funnel_order('opportunity') }}) as opportunity_count,
        count(*) filter (where furthest_order >= {{ funnel_order('won') }}) as won_count,
        cast(sum(won_minor) as bigint) as won_minor,
        cast(coalesce(sum(aged_minor) filter (where status = 'declined'), 0) as bigint) as declined_value_lost_minor,
        cast(coalesce(sum(aged_minor) filter (where status = 'expired'), 0) as bigint) as expired_value_lost_minor,
        cast(coalesce(sum(aged_minor) filter (where status = 'recalled'), 0) as bigint) as recalled_value_lost_minor,
        cast(coalesce(sum(aged_minor) filter (where came_back), 0) as bigint) as value_lost_minor,
        cast(coalesce(sum(aged_minor) filter (where came_back and is_deadline_missed), 0) as bigint)
            as deadline_missed_value_lost_minor,
        cast(coalesce(sum(worth_now_minor) filter (where came_back and is_last_offer and is_unheld), 0) as bigint)
            as value_stranded_minor
    from priced
    group by hop
)

select
    cast(hop as integer) as hop,
    * exclude (hop),
    {{ rate('accepted_count', 'offer_count') }} as accepted_rate,
    {{ wilson_lower('accepted_count', 'offer_count') }} as accepted_rate_lower,
    {{ wilson_upper('accepted_count', 'offer_count') }} as accepted_rate_upper,
    {{ rate('won_count', 'offer_count') }} as won_rate
from counted
