select
    month,
    status,
    is_deadline_missed,
    cast(sum(offer_count) as bigint) as offer_count,
    cast(sum(value_lost_minor) as bigint) as value_lost_minor
from marts.rpt_value_lost
where month >= $first_month and month < $end_month
group by month, status, is_deadline_missed
order by month, status, is_deadline_missed
