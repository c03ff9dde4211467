-- One row per lead and stage entry, in the order of events. A stage entered again at once is not entered twice;
-- is_regression marks a step back on the way of a lead, such as a new offer after an acceptance. Entries at a time
-- nobody reported are not here: a lead's last entry may be another stage than its current one.
with entries as (
    select
        entries.*,
        stages.funnel_order,
        stages.precedence
    from {{ ref('int_leads__stage_entries') }} as entries
    inner join {{ ref('dim_stage') }} as stages on entries.stage = stages.stage
),

changes as (
    select *
    from entries
    qualify
        stage is distinct from lag(stage) over (
            partition by lead_id order by entered_at asc, coalesce(funnel_order, 99) asc, precedence desc
        )
),

ordered as (
    select
        *,
        row_number() over (
            partition by lead_id order by entered_at asc, coalesce(funnel_order, 99) asc, precedence desc
        ) as entry_number
    from changes
)

select
    lead_id,
    cast(entry_number as integer) as entry_number,
    stage,
    partner_id,
    entered_at,
    lead(entered_at) over (partition by lead_id order by entry_number) as exited_at,
    coalesce(funnel_order < max(funnel_order) over (
        partition by lead_id order by entry_number rows between unbounded preceding and 1 preceding
    ), false) as is_regression
from ordered
