-- What each agent won in the first months (engaged before March) is what the agent is certified for.
select distinct sales_agent, product
from records
where deal_stage = 'Won' and engage_date < '2017-03-01'
