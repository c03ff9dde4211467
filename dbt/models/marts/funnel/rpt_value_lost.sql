-- One row per month, partner and way an offer came back: what the leads lost in worth while they lay with the partner.
-- A lead's worth halves every half-life (routing.yaml, age_decay). The month is the one the offer ended in; all months
-- together are rpt_recycling's value lost. An offer accepted and lost without a follow-up did not come back, and nobody
-- reported when it ended: it has no month and no cost here.
with settings as (
    select * from {{ ref('stg_program__settings') }}
),

ended as (
    select
        offers.*,
        coalesce(offers.closed_at, settings.as_of) as ended_at,
        {{ local_month('coalesce(offers.closed_at, settings.as_of)', 'settings.timezone') }} as month,
        settings.age_half_life_days
    from {{ ref('int_offers__progress') }} as offers
    cross join settings
    where offers.status in ('declined', 'expired', 'recalled')
),

priced as (
    select
        ended.month,
        ended.partner_id,
        ended.status,
        ended.is_deadline_missed,
        leads.value_source,
        {{ worth_at('leads.value_minor', 'leads.captured_at', 'ended.released_at', 'ended.age_half_life_days') }}
        - {{ worth_at('leads.value_minor', 'leads.captured_at', 'ended.ended_at', 'ended.age_half_life_days') }}
            as lost_minor
    from ended
    inner join {{ ref('fct_lead') }} as leads on ended.lead_id = leads.lead_id
)

select
    month,
    partner_id,
    status,
    is_deadline_missed,
    count(*) as offer_count,
    cast(coalesce(sum(lost_minor), 0) as bigint) as value_lost_minor,
    cast(coalesce(sum(lost_minor) filter (where value_source = 'default'), 0) as bigint) as of_default_value_lost_minor
from priced
group by all
