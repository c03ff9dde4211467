-- One row per lead: every column a scoring rule may test. A view: personal data stays where it landed.
{{ config(materialized='view') }}

with touches as (
    select
        lead_id,
        count(*) as touch_count,
        max(touched_at) as last_touched_at
    from {{ ref('int_touches__resolved') }}
    where lead_id is not null
    group by lead_id
)

select
    leads.*,
    enriched.is_free_mail,
    coalesce(touches.touch_count, 0) as touch_count,
    touches.last_touched_at
from {{ ref('int_leads__captured') }} as leads
inner join {{ ref('int_leads__enriched') }} as enriched on leads.lead_id = enriched.lead_id
left join touches on leads.lead_id = touches.lead_id
