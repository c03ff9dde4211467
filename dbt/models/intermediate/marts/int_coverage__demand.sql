-- One row per country, industry and product line leads came from: what was asked for and what still waits.
with settings as (
    select * from {{ ref('stg_program__settings') }}
),

leads as (
    select
        leads.country,
        leads.industry,
        leads.product,
        stages.current_stage,
        worths.value_minor,
        {{ elapsed_days('leads.captured_at', 'settings.as_of') }} as age_days
    from {{ ref('int_leads__enriched') }} as leads
    inner join {{ ref('int_leads__milestones') }} as milestones on leads.lead_id = milestones.lead_id
    inner join {{ ref('int_leads__current_stage') }} as stages on leads.lead_id = stages.lead_id
    inner join {{ ref('int_leads__worth') }} as worths on leads.lead_id = worths.lead_id
    cross join settings
    where milestones.furthest_order >= {{ funnel_order('qualified') }}
)

select
    row_number() over (order by country nulls last, industry nulls last, product nulls last) as cell_id,
    country,
    industry,
    product,
    count(*) as qualified_count,
    count(*) filter (where age_days < 90) as qualified_90_days_count,
    count(*) filter (where current_stage in ('qualified', 'routed', 'exception', 'declined', 'expired', 'recalled'))
        as waiting_count,
    count(*) filter (where current_stage = 'exception') as exception_count,
    count(*) filter (where current_stage = 'exception' and age_days <= 2) as exception_0_2_days_count,
    count(*) filter (where current_stage = 'exception' and age_days between 3 and 7) as exception_3_7_days_count,
    count(*) filter (where current_stage = 'exception' and age_days > 7) as exception_over_7_days_count,
    cast(coalesce(sum(value_minor) filter (where current_stage = 'exception'), 0) as bigint) as unplaced_value_minor
from leads
group by country, industry, product
