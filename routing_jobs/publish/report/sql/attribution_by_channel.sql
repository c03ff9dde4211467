select
    model,
    lead_channel,
    month >= $first_month as is_current,
    cast(sum(revenue_minor) as bigint) as revenue_minor,
    cast(sum(pipeline_minor) as bigint) as pipeline_minor,
    cast(sum(spend_minor) as bigint) as spend_minor
from marts.rpt_source_attribution
where month >= $previous_month and month < $end_month
group by all
order by model, lead_channel, is_current
