-- Partners by what they were offered in the months of the period, with the same of the months before. Fair shares take
-- in the month under way; they are null where no batch has any.
with scorecards as (
    select
        partner_id,
        month >= $first_month as is_current,
        cast(sum(offered_count) as bigint) as offered_count,
        cast(sum(accepted_count) as bigint) as accepted_count,
        cast(sum(follow_up_counted_count) as bigint) as counted_count,
        cast(sum(followed_up_in_time_count) as bigint) as in_time_count,
        cast(sum(opportunity_count) as bigint) as opportunity_count,
        cast(sum(won_minor) as bigint) as won_minor,
        sum(expected_follow_up_count) as expected_follow_up_count
    from marts.rpt_partner_scorecard
    where month >= $previous_month and month < $end_month
    group by partner_id, is_current
),

shares as (
    select
        partner_id,
        cast(sum(received_lead_count) as bigint) as received_lead_count,
        sum(expected_lead_count) as expected_lead_count
    from marts.rpt_partner_scorecard
    where month >= $first_month and month < $shares_end_month
    group by partner_id
)

select
    partners.partner_name,
    partners.tier,
    now.*,
    shares.received_lead_count,
    shares.expected_lead_count,
    coalesce(earlier.counted_count, 0) as previous_counted_count,
    coalesce(earlier.in_time_count, 0) as previous_in_time_count
from scorecards as now
inner join shares on now.partner_id = shares.partner_id
inner join marts.dim_partner as partners on now.partner_id = partners.partner_id
left join scorecards as earlier on now.partner_id = earlier.partner_id and not earlier.is_current
where now.is_current and now.offered_count > 0
order by now.offered_count desc, now.partner_id
