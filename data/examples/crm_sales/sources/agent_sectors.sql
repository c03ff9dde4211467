-- The sectors an agent won most in: at least a tenth of the wins of the first months.
with wins as (
    select records.sales_agent, accounts.sector, count(*) as won
    from records
    inner join accounts on records.account = accounts.account
    where records.deal_stage = 'Won' and records.engage_date < '2017-03-01'
    group by records.sales_agent, accounts.sector
)

select sales_agent, sector
from wins
qualify won >= 0.1 * sum(won) over (partition by sales_agent)
