-- One row per lead that repeats an earlier one: same buyer and product line, captured within the duplicate window
-- of the lead that stands. A lead beyond the window of the standing one stands itself; so does one that has been
-- offered, and one that qualifies where the standing one does not: no qualified lead is lost to an unqualified one.
-- Leads whose merge waits are nobody's duplicates.
with recursive settings as (
    select * from {{ ref('stg_program__settings') }}
),

numbered as (
    select
        lead_id,
        captured_at,
        is_offered,
        judgement = 'qualified' as is_qualified,
        dense_rank() over (order by identity_id, product nulls last) as group_number,
        row_number() over (
            partition by identity_id, product order by captured_at, lead_id
        ) as place,
        count(*) over (partition by identity_id, product) as group_size
    from {{ ref('int_leads__judged') }}
    where judgement in ('qualified', 'captured') and not is_contested
),

repeated as (
    select * from numbered where group_size > 1
),

walked as (
    select
        group_number,
        place,
        lead_id,
        lead_id as standing_lead_id,
        captured_at as standing_since,
        is_qualified as is_standing_qualified
    from repeated
    where place = 1
    union all
    select
        judged.group_number,
        judged.place,
        judged.lead_id,
        case when judged.stands then judged.lead_id else judged.standing_lead_id end as standing_lead_id,
        case when judged.stands then judged.captured_at else judged.standing_since end as standing_since,
        case when judged.stands then judged.is_qualified else judged.is_standing_qualified end as is_standing_qualified
    from (
        select
            repeated.*,
            walked.standing_lead_id,
            walked.standing_since,
            walked.is_standing_qualified,
            repeated.is_offered
            or (repeated.is_qualified and not walked.is_standing_qualified)
            or not {{ is_within_days(
                'walked.standing_since', 'repeated.captured_at', 'settings.duplicate_window_days'
            ) }} as stands
        from walked
        cross join settings
        inner join repeated
            on walked.group_number = repeated.group_number and walked.place + 1 = repeated.place
    ) as judged
)

select
    lead_id,
    standing_lead_id as duplicate_of_lead_id
from walked
where lead_id != standing_lead_id
