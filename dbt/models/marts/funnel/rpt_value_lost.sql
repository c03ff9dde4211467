-- One row per month, partner and way an offer came back: what the leads lost in worth while they lay with the partner.
-- A lead's worth halves every half-life (routing.yaml, age_decay). The month is the one the offer ended in; all months
-- together are rpt_recycling's value lost. An offer taken back because nobody followed up in time missed its deadline
-- as much as one that expired. An offer accepted and lost without a follow-up did not come back, and nobody reported
-- when it ended: it has no month and no cost here.
with settings as (
    select * from {{ ref('stg_program__settings') }}
),

offers as (
    select
        offers.partner_id,
        offers.status,
        offers.status = 'expired' or coalesce(
            offers.status = 'recalled'
            and offers.closed_at >= offers.follow_up_due_at
            and coalesce(offers.first_follow_up_at > offers.follow_up_due_at, true),
            false
        ) as is_deadline_missed,
        offers.released_at,
        coalesce(offers.closed_at, settings.as_of) as ended_at,
        leads.captured_at,
        worths.value_minor,
        settings.age_half_life_days,
        settings.timezone
    from {{ ref('int_offers__progress') }} as offers
    inner join {{ ref('fct_lead') }} as leads on offers.lead_id = leads.lead_id
    inner join {{ ref('int_leads__worth') }} as worths on offers.lead_id = worths.lead_id
    cross join settings
    where offers.status in ('declined', 'expired', 'recalled')
)

select
    {{ local_month('ended_at', 'timezone') }} as month,
    partner_id,
    status,
    is_deadline_missed,
    count(*) as offer_count,
    cast(coalesce(sum(
        {{ worth_at('value_minor', 'captured_at', 'released_at', 'age_half_life_days') }}
        - {{ worth_at('value_minor', 'captured_at', 'ended_at', 'age_half_life_days') }}
    ), 0) as bigint) as value_lost_minor
from offers
group by all
