-- One row per lead: of all stages true of it now, the first in order of precedence (macros/stages.sql).
{% set true_when = {
    'won': "milestones.is_won",
    'opportunity': "milestones.has_open_opportunity",
    'lost': "milestones.is_lost",
    'registered': "milestones.has_live_registration",
    'exception': "proposed.exception_code is not null and (proposed.is_open_batch or routable.lead_id is not null)",
    'partner_qualified': "milestones.open_offer_order >= " ~ funnel_order('partner_qualified'),
    'worked': "milestones.open_offer_order >= " ~ funnel_order('worked'),
    'accepted': "milestones.open_offer_order >= " ~ funnel_order('accepted'),
    'released': "milestones.open_offer_order >= " ~ funnel_order('released'),
    'suppressed': "qualified.qualification = 'suppressed'",
    'duplicate': "qualified.qualification = 'duplicate'",
    'direct': "qualified.is_direct and qualified.qualification = 'qualified'
        or proposed.source = 'direct' and (proposed.is_open_batch or routable.lead_id is not null)",
    'routed': "proposed.partner_id is not null and proposed.is_open_batch",
    'disqualified': "qualified.qualification = 'disqualified' or milestones.last_offer_status = 'disqualified'",
    'exhausted': "milestones.last_offer_status in ('declined', 'expired', 'recalled')
        and milestones.hops >= settings.max_hops",
    'declined': "milestones.last_offer_status = 'declined'",
    'expired': "milestones.last_offer_status = 'expired'",
    'recalled': "milestones.last_offer_status = 'recalled'",
    'qualified': "qualified.qualification = 'qualified'",
    'captured': "true",
} %}
with staged as (
    select
        milestones.lead_id,
        case
            {% for stage, funnel_order, is_final in stages() %}
                when {{ true_when[stage] }} then '{{ stage }}'
            {% endfor %}
        end as current_stage,
        proposed.exception_code,
        case
            when qualified.qualification = 'disqualified' then qualified.reason
            when milestones.last_offer_status = 'disqualified' then coalesce(milestones.last_offer_reason, 'partner')
        end as disqualify_reason,
        qualified.reason as qualification_reason
    from {{ ref('int_leads__milestones') }} as milestones
    cross join {{ ref('stg_program__settings') }} as settings
    inner join {{ ref('int_leads__qualified') }} as qualified on milestones.lead_id = qualified.lead_id
    left join {{ ref('int_leads__proposed') }} as proposed on milestones.lead_id = proposed.lead_id
    left join {{ ref('int_routing__leads') }} as routable on milestones.lead_id = routable.lead_id
)

select
    lead_id,
    current_stage,
    case when current_stage = 'exception' then exception_code end as exception_code,
    case when current_stage = 'disqualified' then disqualify_reason end as disqualify_reason,
    qualification_reason
from staged
