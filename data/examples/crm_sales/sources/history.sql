select
    opportunity_id,
    sales_agent,
    engage_date,
    case
        when deal_stage = 'Won' and close_date <= (select max(engage_date) from records) then 'won'
        when deal_stage = 'Lost' and close_date <= (select max(engage_date) from records) then 'lost'
        else 'open'
    end as outcome
from records
where engage_date <> '' and engage_date < '2017-06-01'
