select
    cast(date_trunc('month', timezone($timezone, timezone('UTC', first_released_at))) as date) as month,
    count(*) as released_count,
    count(*) filter (where epoch_us(opportunity_at) - epoch_us(first_released_at) <= $window_us) as opportunity_count
from marts.fct_lead
where first_released_at >= $months_start and first_released_at < $months_end
group by month
order by month
