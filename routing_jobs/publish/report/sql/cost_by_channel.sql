-- Spend and accepted leads by channel, in the months of the period and in those before. They are the same under every
-- model, so that of one is read.
select
    lead_channel,
    month >= $first_month as is_current,
    cast(sum(spend_minor) as bigint) as spend_minor,
    cast(sum(accepted_lead_count) as bigint) as accepted_lead_count
from marts.rpt_source_attribution
where
    month >= $previous_month
    and month < $end_month
    and model = (select min(model) from marts.rpt_source_attribution)
group by all
having sum(spend_minor) > 0 or sum(accepted_lead_count) > 0
order by lead_channel, is_current
