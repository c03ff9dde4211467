-- One row per lead, stage and instant it entered the stage, by the time of the event; reported_at is when a partner
-- told of it. Neither ordered nor thinned out: fct_stage_transition does that.
{% set offer_events = [
    ('released', 'released_at', 'true'),
    ('accepted', 'responded_at', "response = 'accepted'"),
    ('worked', 'first_follow_up_at', 'true'),
    ('partner_qualified', 'partner_qualified_at', 'true'),
    ('declined', 'coalesce(responded_at, closed_at)', "status = 'declined'"),
    ('expired', 'closed_at', "status = 'expired'"),
    ('recalled', 'closed_at', "status = 'recalled'"),
    ('disqualified', 'closed_at', "status = 'disqualified'"),
    ('won', 'closed_at', "status = 'won' and won_at is null"),
    ('lost', 'closed_at', "status = 'lost' and lost_at is null"),
] %}
{% set deal_events = [('opportunity', 'created_at', 'true'), ('won', 'closed_at', 'is_won'),
                      ('lost', 'closed_at', 'not is_won')] %}

with entries as (
    select
        lead_id,
        'captured' as stage,
        captured_at as entered_at,
        cast(null as varchar) as partner_id
    from {{ ref('int_leads__enriched') }}
    union all
    select
        lead_id,
        qualification,
        coalesce(qualified_at, captured_at),
        null
    from {{ ref('int_leads__qualified') }}
    inner join {{ ref('int_leads__enriched') }} using (lead_id)
    where qualification != 'captured'
    union all
    select
        lines.lead_id,
        case
            when lines.exception_code is not null then 'exception'
            when lines.source = 'direct' then 'direct'
            else 'routed'
        end,
        batches.proposed_at,
        lines.partner_id
    from {{ ref('stg_ledger__batch_lines') }} as lines
    inner join {{ ref('stg_ledger__batches') }} as batches on lines.batch_id = batches.batch_id
    where
        batches.status not in ('rejected', 'superseded', 'rolled_back')
        and (lines.exception_code is not null or lines.source = 'direct' or lines.partner_id is not null)
    union all
    select
        lead_id,
        'direct',
        qualified_at,
        null
    from {{ ref('int_leads__qualified') }}
    where is_direct
    {% for stage, entered_at, condition in offer_events %}
    union all
    select
        lead_id,
        '{{ stage }}',
        {{ entered_at }},
        partner_id
    from {{ ref('int_offers__progress') }}
    where {{ condition }}
    {% endfor %}
    union all
    select
        milestones.lead_id,
        'exhausted',
        milestones.last_offer_closed_at,
        null
    from {{ ref('int_leads__milestones') }} as milestones
    inner join {{ ref('int_leads__current_stage') }} as stages on milestones.lead_id = stages.lead_id
    where stages.current_stage = 'exhausted'
    union all
    select
        lead_id,
        'registered',
        submitted_at,
        partner_id
    from {{ ref('int_registrations__resolved') }}
    {% for stage, entered_at, condition in deal_events %}
    union all
    select
        lead_id,
        '{{ stage }}',
        {{ entered_at }},
        partner_id
    from {{ ref('int_opportunities__resolved') }}
    where {{ condition }}
    {% endfor %}
)

select
    lead_id,
    stage,
    entered_at,
    min(partner_id) as partner_id
from entries
where lead_id is not null and entered_at is not null
group by lead_id, stage, entered_at
