select
    month,
    cast(sum(spend_minor) as bigint) as spend_minor,
    cast(sum(accepted_lead_count) as bigint) as accepted_lead_count
from marts.rpt_source_attribution
where
    month >= $first_month
    and month < $end_month
    and model = (select min(model) from marts.rpt_source_attribution)
group by month
order by month
