-- One row per lead and stage entry, in the order of events; at one instant what an earlier offer came to stands before
-- a later offer, and what is not an offer's last. A stage entered again at once is not entered twice, but a new offer
-- is a new entry. is_regression marks a step back on the way of a lead, is_reentry a stage it had been in before.
-- Entries at a time nobody reported are not here: a lead's last entry may be another stage than its current one.
with entries as (
    select
        entries.lead_id,
        entries.stage,
        entries.partner_id,
        entries.entered_at,
        entries.stage || '/' || coalesce(entries.hop, -1) || '/' || coalesce(entries.partner_id, '') as entry_kind,
        coalesce(entries.hop, 1000000) as offer_order,
        coalesce(stages.funnel_order, 99) as stage_order,
        stages.funnel_order,
        stages.precedence
    from {{ ref('int_leads__stage_entries') }} as entries
    inner join {{ ref('dim_stage') }} as stages on entries.stage = stages.stage
),

changes as (
    select *
    from entries
    qualify
        entry_kind is distinct from lag(entry_kind) over (
            partition by lead_id order by entered_at asc, offer_order asc, stage_order asc, precedence desc
        )
)

select
    lead_id,
    cast(row_number() over of_lead as integer) as entry_number,
    stage,
    partner_id,
    entered_at,
    lead(entered_at) over of_lead as exited_at,
    coalesce(funnel_order < max(funnel_order) over (
        partition by lead_id
        order by entered_at asc, offer_order asc, stage_order asc, precedence desc
        rows between unbounded preceding and 1 preceding
    ), false) as is_regression,
    row_number() over (
        partition by lead_id, stage order by entered_at asc, offer_order asc, precedence desc
    ) > 1 as is_reentry
from changes
window of_lead as (
    partition by lead_id order by entered_at asc, offer_order asc, stage_order asc, precedence desc
)
