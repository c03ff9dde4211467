-- One row per country, industry and product line leads came from: what was asked for and what still waits.
select
    cell_id,
    country,
    industry,
    product,
    count(*) as qualified_count,
    count(*) filter (where age_days < 90) as qualified_90_days_count,
    count(*) filter (where is_waiting) as waiting_count,
    count(*) filter (where current_stage = 'exception') as exception_count,
    count(*) filter (where current_stage = 'exception' and age_days <= 2) as exception_0_2_days_count,
    count(*) filter (where current_stage = 'exception' and age_days between 3 and 7) as exception_3_7_days_count,
    count(*) filter (where current_stage = 'exception' and age_days > 7) as exception_over_7_days_count,
    cast(coalesce(sum(value_minor) filter (where current_stage = 'exception'), 0) as bigint) as unplaced_value_minor
from {{ ref('int_coverage__leads') }}
group by cell_id, country, industry, product
