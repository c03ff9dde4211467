-- Prospecting rows have no engage date: they take the export's last one, which is the program's as_of.
-- A lead without a company is sold from the seller's own country.
select
    records.opportunity_id,
    coalesce(nullif(records.engage_date, ''), (select max(engage_date) from records)) as captured_on,
    records.account,
    coalesce(accounts.office_location, 'United States') as office_location,
    teams.regional_office,
    accounts.sector,
    accounts.employees,
    records.product
from records
left join accounts on records.account = accounts.account
left join teams on records.sales_agent = teams.sales_agent
