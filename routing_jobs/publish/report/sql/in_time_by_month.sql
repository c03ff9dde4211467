select
    cast(date_trunc('month', timezone($timezone, timezone('UTC', follow_up_due_at))) as date) as month,
    count(*) as counted_count,
    count(*) filter (where is_followed_up_in_time) as in_time_count
from marts.fct_assignment
where
    is_followed_up_in_time is not null
    and not is_left_out
    and follow_up_due_at >= $months_start
    and follow_up_due_at < $period_end
group by month
order by month
