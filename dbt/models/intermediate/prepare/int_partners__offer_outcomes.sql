-- One row per offer as evidence of what a partner does: followed up in time, opportunity, won, each once old enough
-- to tell. Left out of the follow-up rate are offers the partner could not or need not follow up: taken back by the
-- vendor before the window closed, of a lead that is suppressed or a duplicate, or declined in time for a fault of
-- the lead.
with settings as (
    select
        as_of,
        {{ local_date('as_of', 'timezone') }} as today
    from {{ ref('stg_program__settings') }}
),

maturity as (
    select
        max(matures_after_days) filter (where stage = 'opportunity') as opportunity_days,
        max(matures_after_days) filter (where stage = 'won') as won_days
    from {{ ref('stg_program__maturities') }}
),

offers as (
    select
        offers.*,
        leads.country,
        leads.segment,
        timeline.opportunity_at,
        date_diff('day', offers.released_date, settings.today) as age_days,
        offers.follow_up_due_at < settings.as_of as follow_up_window_closed,
        case
            when offers.status = 'recalled' and offers.closed_at < offers.follow_up_due_at then 'recalled'
            when qualified.qualification = 'suppressed' then 'suppressed'
            when
                qualified.qualification = 'duplicate'
                or (offers.status = 'disqualified' and offers.decline_reason = 'duplicate')
                then 'duplicate'
            when
                offers.response = 'declined'
                and offers.responded_at <= offers.accept_due_at
                and offers.decline_reason in ('bad_data', 'not_a_buyer', 'duplicate', 'existing_customer')
                then 'fault_of_the_lead'
        end as left_out_reason
    from {{ ref('int_offers') }} as offers
    cross join settings
    inner join {{ ref('int_offers__timeline') }} as timeline on offers.assignment_id = timeline.assignment_id
    inner join {{ ref('int_leads__enriched') }} as leads on offers.lead_id = leads.lead_id
    inner join {{ ref('int_leads__qualified') }} as qualified on offers.lead_id = qualified.lead_id
)

select
    offers.partner_id,
    offers.assignment_id,
    offers.lead_id,
    offers.country,
    offers.segment,
    offers.product,
    offers.released_at,
    offers.released_date,
    offers.age_days,
    offers.follow_up_window_closed,
    coalesce(offers.is_followed_up_in_time, false) as is_followed_up_in_time,
    offers.left_out_reason is not null as is_left_out,
    offers.left_out_reason,
    offers.age_days >= maturity.opportunity_days as is_opportunity_matured,
    offers.opportunity_at is not null or offers.status = 'won' as has_opportunity,
    offers.age_days >= maturity.won_days as is_won_matured,
    offers.status = 'won' as is_won
from offers
cross join maturity
