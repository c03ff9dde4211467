-- Where leads could not be placed or wait without a partner who could take them, most value first. Those without a
-- partner are a part of all that wait, not of the exceptions: the marts do not split them.
select
    coalesce(country, '') as country,
    coalesce(product, '') as product,
    cast(sum(exception_count) as bigint) as exception_count,
    cast(sum(exception_over_7_days_count) as bigint) as over_a_week_count,
    cast(sum(waiting_without_partner_count) as bigint) as waiting_without_partner_count,
    cast(sum(unplaced_value_minor) as bigint) as unplaced_value_minor
from marts.rpt_coverage
group by country, product
having sum(exception_count) > 0 or sum(waiting_without_partner_count) > 0
order by unplaced_value_minor desc, country, product
