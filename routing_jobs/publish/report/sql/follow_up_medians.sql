-- The median delay of the same leads, those not followed up counted as longest, and its 95% interval: the order
-- statistics at n / 2 -+ 1.96 sqrt(n) / 2 (Conover 1999, 3.2).
with delays as (
    select
        captured_at >= $period_start as is_current,
        capture_to_follow_up_minutes as minutes,
        row_number() over (
            partition by captured_at >= $period_start order by capture_to_follow_up_minutes nulls last, lead_id
        ) as place,
        count(*) over (partition by captured_at >= $period_start) as lead_count
    from marts.fct_lead
    where
        direction = 'vendor'
        and qualified_at is not null
        and current_stage not in ('direct', 'duplicate', 'suppressed')
        and (first_follow_up_at is null or capture_to_follow_up_minutes is not null)
        and captured_at >= $previous_start
        and captured_at < $period_end
)

select
    is_current,
    any_value(lead_count) as lead_count,
    max(minutes) filter (where place = ceil(lead_count / 2.0)) as median_minutes,
    max(minutes) filter (
        where place = greatest(1, floor(lead_count / 2.0 - 0.979981992270027 * sqrt(lead_count)))
    ) as lower_minutes,
    max(minutes) filter (
        where place = least(lead_count, ceil(1 + lead_count / 2.0 + 0.979981992270027 * sqrt(lead_count)))
    ) as upper_minutes
from delays
group by is_current
order by is_current
