-- One row per lead: what it is taken to be worth when fresh. Its own value, capped; else the median won amount of its
-- product line, segment and country; else the program's default (routing.yaml, value).
select
    leads.lead_id,
    case
        when leads.estimated_value_minor > 0
            then least(leads.estimated_value_minor, coalesce(caps.cap_minor, leads.estimated_value_minor))
        when reference.median_won_minor is not null then reference.median_won_minor
        else settings.default_value_minor
    end as value_minor,
    case
        when leads.estimated_value_minor > 0 then 'own'
        when reference.median_won_minor is not null then 'reference'
        else 'default'
    end as value_source
from {{ ref('int_leads__enriched') }} as leads
cross join {{ ref('stg_program__settings') }} as settings
left join {{ ref('int_values__cap') }} as caps on true
left join {{ ref('int_values__reference') }} as reference
    on
        reference.product is not distinct from leads.product
        and reference.segment is not distinct from leads.segment
        and reference.country is not distinct from leads.country
        and settings.value_min_sample <= reference.n
