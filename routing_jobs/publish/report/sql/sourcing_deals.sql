-- Deals by sourcing: won so far this quarter and by the same day of the one before, open now and when it began.
select
    sourcing,
    cast(coalesce(sum(amount_minor) filter (
        where is_won and closed_at >= $quarter_start
    ), 0) as bigint) as won_minor,
    count(*) filter (where is_won and closed_at >= $quarter_start) as won_count,
    cast(coalesce(sum(amount_minor) filter (
        where is_won and closed_at >= $previous_start and closed_at < $previous_end
    ), 0) as bigint) as previous_won_minor,
    cast(coalesce(sum(amount_minor) filter (where is_won is null), 0) as bigint) as pipeline_minor,
    count(*) filter (where is_won is null) as open_count,
    cast(coalesce(sum(amount_minor) filter (
        where created_at < $quarter_start and (is_won is null or closed_at >= $quarter_start)
    ), 0) as bigint) as pipeline_before_minor,
    count(*) filter (where is_won and closed_at >= $year_start) as year_won_count,
    count(*) filter (where not is_won and closed_at >= $year_start) as year_lost_count,
    median(cycle_days) filter (where is_won and closed_at >= $year_start) as median_cycle_days
from marts.fct_opportunity
group by sourcing
order by sourcing
