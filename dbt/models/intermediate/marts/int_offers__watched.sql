-- One row per offer as a clock sees it: from release to the partner's answer and to the first follow-up, or for as long
-- as it could be watched (until it was closed, else as_of). An expiry or recall is no answer: it ends the watching. An
-- offer history reports lost at a time nobody told is watched until as_of: no follow-up came in all that time, and to
-- stop watching at its acceptance would take those who let leads lapse out of the count. cell_id numbers the cells of
-- rpt_response_time.
with settings as (
    select * from {{ ref('stg_program__settings') }}
),

offers as (
    select
        offers.*,
        offers.response in ('accepted', 'declined') and offers.responded_at is not null as is_answered,
        greatest(offers.released_at, coalesce(offers.closed_at, settings.as_of)) as watched_until,
        settings.timezone as program_timezone
    from {{ ref('int_offers__progress') }} as offers
    cross join settings
),

clocked as (
    select
        offers.assignment_id,
        offers.partner_id,
        offers.hop,
        coalesce(offers.tier_at_release, 'none') as tier,
        cast(date_trunc('week', offers.released_date) as date) as week,
        cast(date_trunc('month', offers.released_date) as date) as month,
        offers.released_at,
        case
            when offers.is_answered then greatest(offers.responded_at, offers.released_at)
            else offers.watched_until
        end as answer_watched_until,
        case
            when offers.is_answered and offers.response = 'accepted' then 1
            when offers.is_answered then 2
            else 0
        end as answer_cause,
        case
            when offers.first_follow_up_at is not null then greatest(offers.first_follow_up_at, offers.released_at)
            else offers.watched_until
        end as follow_up_watched_until,
        offers.first_follow_up_at is not null as is_followed_up,
        coalesce(clocks.timezone, offers.program_timezone) as timezone,
        coalesce(clocks.calendar, 'default') as calendar,
        clocks.country as partner_country,
        leads.lead_channel,
        leads.country,
        scored.grade
    from offers
    inner join {{ ref('int_leads__enriched') }} as leads on offers.lead_id = leads.lead_id
    inner join {{ ref('int_leads__scored') }} as scored on offers.lead_id = scored.lead_id
    left join {{ ref('int_partners__clocks') }} as clocks on offers.partner_id = clocks.partner_id
)

select
    dense_rank() over (
        order by week, partner_id, tier, lead_channel nulls last, grade, country nulls last, hop
    ) as cell_id,
    *
from clocked
