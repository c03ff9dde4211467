-- One row per month and partner: offers followed up in time, and how many would have been had each been handled as the
-- program as a whole handles offers of that country, segment and product line. Vendor recalls and such are left out.
with outcomes as (
    select
        outcomes.partner_id,
        cast(date_trunc('month', outcomes.released_date) as date) as month,
        outcomes.is_followed_up_in_time,
        avg(case when outcomes.is_followed_up_in_time then 1.0 else 0.0 end) over (
            partition by outcomes.country, outcomes.segment, outcomes.product
        ) as usual_rate,
        avg(case when outcomes.is_followed_up_in_time then 1.0 else 0.0 end) over () as program_rate
    from {{ ref('int_partners__offer_outcomes') }} as outcomes
    where outcomes.follow_up_window_closed and not outcomes.is_left_out
)

select
    month,
    partner_id,
    count(*) as counted_offer_count,
    count(*) filter (where is_followed_up_in_time) as followed_up_count,
    cast(sum(cast(round(usual_rate * 1000000) as bigint)) as bigint) as expected_follow_up_micros,
    cast(round(any_value(program_rate) * 1000000) as bigint) as program_rate_micros
from outcomes
group by month, partner_id
