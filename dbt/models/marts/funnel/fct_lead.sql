-- One row per lead: who it is (by ids only), where it stands, and when it first reached each stage.
select
    leads.lead_id,
    leads.lead_ref,
    leads.source_system,
    leads.source_record_id,
    leads.identity_id,
    leads.account_id,
    leads.direction,
    leads.sourcing_partner_id,
    coalesce(leads.lead_channel, 'other') as lead_channel,
    leads.campaign_id,
    leads.country,
    leads.region,
    leads.industry,
    leads.segment,
    leads.product,
    scored.score,
    scored.grade,
    stages.current_stage,
    stages.exception_code,
    {{ category('stages.disqualify_reason') }} as disqualify_reason,
    qualified.duplicate_of_lead_id,
    {{ category('milestones.lost_reason') }} as lost_reason,
    milestones.partner_id,
    leads.captured_at,
    leads.captured_date,
    qualified.qualified_at,
    milestones.first_routed_at,
    milestones.first_released_at,
    milestones.accepted_at,
    milestones.first_follow_up_at,
    milestones.partner_qualified_at,
    milestones.registered_at,
    milestones.opportunity_at,
    milestones.won_at,
    milestones.lost_at,
    milestones.is_won,
    milestones.is_lost,
    cast(milestones.furthest_order as integer) as furthest_order,
    case
        when milestones.first_released_at >= leads.captured_at
            then {{ elapsed_minutes('leads.captured_at', 'milestones.first_released_at') }}
    end as capture_to_release_minutes,
    case
        when milestones.first_follow_up_at >= leads.captured_at
            then {{ elapsed_minutes('leads.captured_at', 'milestones.first_follow_up_at') }}
    end as capture_to_follow_up_minutes,
    cast(milestones.hops as integer) as hops,
    leads.estimated_value_minor,
    worths.value_minor,
    worths.value_source,
    milestones.pipeline_minor,
    milestones.won_amount_minor
from {{ ref('int_leads__enriched') }} as leads
inner join {{ ref('int_leads__scored') }} as scored on leads.lead_id = scored.lead_id
inner join {{ ref('int_leads__qualified') }} as qualified on leads.lead_id = qualified.lead_id
inner join {{ ref('int_leads__milestones') }} as milestones on leads.lead_id = milestones.lead_id
inner join {{ ref('int_leads__current_stage') }} as stages on leads.lead_id = stages.lead_id
inner join {{ ref('int_leads__worth') }} as worths on leads.lead_id = worths.lead_id
