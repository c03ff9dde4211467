-- The funnel by month of capture and direction; the rest of the splits added up.
select
    cohort_month,
    direction,
    cast(sum(columns('_count$')) as bigint)
from marts.rpt_funnel
where cohort_month >= $first_month
group by cohort_month, direction
order by cohort_month, direction
