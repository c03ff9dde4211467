-- One row: what a lead's own value is capped at, the program's percentile of the values leads state; null without
-- any.
with settings as (
    select * from {{ ref('stg_program__settings') }}
),

ranked as (
    select
        leads.estimated_value_minor as value_minor,
        row_number() over (order by leads.estimated_value_minor, leads.lead_id) as place,
        count(*) over () as n
    from {{ ref('int_leads__enriched') }} as leads
    where leads.estimated_value_minor is not null
)

select cast(min(ranked.value_minor) as bigint) as cap_minor
from settings
left join ranked on ranked.place * 100 >= settings.value_cap_percentile * ranked.n
