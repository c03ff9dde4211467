-- One row per lead that got as far as qualified: what it wants, as routing reads it, and the cell of the coverage
-- report it counts in.
with settings as (
    select * from {{ ref('stg_program__settings') }}
)

select
    leads.lead_id,
    dense_rank() over (
        order by leads.country nulls last, leads.industry nulls last, leads.product nulls last
    ) as cell_id,
    leads.country,
    leads.region,
    leads.postal_code,
    leads.latitude,
    leads.longitude,
    leads.product,
    leads.product_code,
    leads.industry,
    leads.segment,
    leads.language,
    stages.current_stage,
    stages.current_stage in ('qualified', 'routed', 'exception', 'declined', 'expired', 'recalled') as is_waiting,
    worths.value_minor,
    {{ elapsed_days('leads.captured_at', 'settings.as_of') }} as age_days
from {{ ref('int_leads__enriched') }} as leads
inner join {{ ref('int_leads__milestones') }} as milestones on leads.lead_id = milestones.lead_id
inner join {{ ref('int_leads__current_stage') }} as stages on leads.lead_id = stages.lead_id
inner join {{ ref('int_leads__worth') }} as worths on leads.lead_id = worths.lead_id
cross join settings
where milestones.furthest_order >= {{ funnel_order('qualified') }}
