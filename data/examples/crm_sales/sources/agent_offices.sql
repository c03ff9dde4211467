-- An office serves every country the seller has accounts in.
select records.sales_agent, countries.office_location, records.regional_office
from records
cross join (select distinct office_location from accounts) as countries
