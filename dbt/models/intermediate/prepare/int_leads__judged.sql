-- One row per lead as judged by itself: suppressed, disqualified, captured (score too low) or qualified. A lead that
-- has been offered needs no score any more, nor does a partner-sourced one.
with settings as (
    select * from {{ ref('stg_program__settings') }}
),

offered as (
    select distinct lead_id from {{ ref('int_offers__folded') }}
)

select
    leads.lead_id,
    leads.identity_id,
    leads.product,
    leads.captured_at,
    leads.is_contested,
    scored.score,
    scored.grade,
    offered.lead_id is not null as is_offered,
    case
        when leads.is_erased or not leads.has_consent then 'suppressed'
        when leads.is_closed or scored.disqualify_reason is not null then 'disqualified'
        when
            scored.score >= settings.qualified_at or leads.direction = 'partner' or offered.lead_id is not null
            then 'qualified'
        else 'captured'
    end as judgement,
    case
        when leads.is_erased then 'ERASED'
        when not leads.has_consent then 'NO_CONSENT'
        when leads.is_closed then 'gone_from_source'
        else scored.disqualify_reason
    end as reason
from {{ ref('int_leads__enriched') }} as leads
cross join settings
inner join {{ ref('int_leads__scored') }} as scored on leads.lead_id = scored.lead_id
left join offered on leads.lead_id = offered.lead_id
