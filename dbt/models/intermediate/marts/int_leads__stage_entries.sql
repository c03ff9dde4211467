-- One row per lead, stage, offer (hop) and instant it entered the stage, by the time of the event. A stage entered at a
-- time nobody reported has no row. Neither ordered nor thinned out: fct_stage_transition does that. hop is 0 for what
-- comes before all offers, null for what is not an offer's.
{% set offers = 'int_offers__progress' %}
{% set deals = 'int_opportunities__resolved' %}
{% set events = [
    (offers, 'released', 'released_at', 'true'),
    (offers, 'accepted', 'responded_at', "response = 'accepted'"),
    (offers, 'worked', 'first_follow_up_at', 'true'),
    (offers, 'partner_qualified', 'partner_qualified_at', 'true'),
    (offers, 'declined', 'coalesce(responded_at, closed_at)', "status = 'declined'"),
    (offers, 'expired', 'closed_at', "status = 'expired'"),
    (offers, 'recalled', 'closed_at', "status = 'recalled'"),
    (offers, 'disqualified', 'closed_at', "status = 'disqualified'"),
    (offers, 'won', 'closed_at', "status = 'won' and won_at is null"),
    (offers, 'lost', 'closed_at', "status = 'lost' and lost_at is null"),
    ('int_registrations__resolved', 'registered', 'submitted_at', 'true'),
    (deals, 'opportunity', 'created_at', 'true'),
    (deals, 'won', 'closed_at', 'is_won'),
    (deals, 'lost', 'closed_at', 'not is_won'),
] %}
with entries as (
    select
        lead_id,
        'captured' as stage,
        captured_at as entered_at,
        cast(null as varchar) as partner_id,
        0 as hop
    from {{ ref('int_leads__enriched') }}
    union all by name
    select
        qualified.lead_id,
        qualified.qualification as stage,
        coalesce(qualified.qualified_at, leads.captured_at) as entered_at,
        0 as hop
    from {{ ref('int_leads__qualified') }} as qualified
    inner join {{ ref('int_leads__enriched') }} as leads on qualified.lead_id = leads.lead_id
    where qualified.qualification != 'captured'
    union all by name
    select
        lead_id,
        'direct' as stage,
        qualified_at as entered_at,
        0 as hop
    from {{ ref('int_leads__qualified') }}
    where is_direct
    union all by name
    select
        lines.lead_id,
        case
            when lines.exception_code is not null then 'exception'
            when lines.source = 'direct' then 'direct'
            else 'routed'
        end as stage,
        batches.proposed_at as entered_at,
        lines.partner_id
    from {{ ref('stg_ledger__batch_lines') }} as lines
    inner join {{ ref('stg_ledger__batches') }} as batches on lines.batch_id = batches.batch_id
    where
        batches.status not in ('rejected', 'superseded', 'rolled_back')
        and (lines.exception_code is not null or lines.source = 'direct' or lines.partner_id is not null)
    union all by name
    select
        milestones.lead_id,
        'exhausted' as stage,
        milestones.last_offer_closed_at as entered_at
    from {{ ref('int_leads__milestones') }} as milestones
    inner join {{ ref('int_leads__current_stage') }} as stages on milestones.lead_id = stages.lead_id
    where stages.current_stage = 'exhausted'
    {% for model, stage, entered_at, condition in events %}
        union all by name
        select
            lead_id,
            '{{ stage }}' as stage,
            {{ entered_at }} as entered_at,
            partner_id{{ ',\n            hop' if model == offers }}
        from {{ ref(model) }}
        where {{ condition }}
    {% endfor %}
)

select
    lead_id,
    stage,
    hop,
    entered_at,
    min(partner_id) as partner_id
from entries
where lead_id is not null and entered_at is not null
group by lead_id, stage, hop, entered_at
