select
    exception_code,
    count(*) as lead_count,
    count(*) filter (where captured_at <= $over_a_week_ago) as over_a_week_count
from marts.fct_lead
where current_stage = 'exception'
group by exception_code
order by lead_count desc, exception_code
