-- Where leads could not be placed, most value first; `uncovered_count` are leads no active partner could take at all.
select
    coalesce(country, '') as country,
    coalesce(product, '') as product,
    cast(sum(exception_count) as bigint) as exception_count,
    cast(sum(exception_over_7_days_count) as bigint) as over_a_week_count,
    cast(coalesce(sum(exception_count) filter (where is_uncovered), 0) as bigint) as uncovered_count,
    cast(sum(unplaced_value_minor) as bigint) as unplaced_value_minor
from marts.rpt_coverage
group by country, product
having sum(exception_count) > 0
order by unplaced_value_minor desc, country, product
