-- Leads by channel and period of their first offer: how many, and how many had an opportunity within the window after it.
select
    lead_channel,
    first_released_at >= $period_start as is_current,
    count(*) as released_count,
    count(*) filter (where epoch_us(opportunity_at) - epoch_us(first_released_at) <= $window_us) as opportunity_count
from marts.fct_lead
where first_released_at >= $previous_start and first_released_at < $period_end
group by all
order by lead_channel, is_current
