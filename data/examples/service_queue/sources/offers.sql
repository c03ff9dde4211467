-- A stint is the time a case stayed with one group. The program stands at the end of May 2016, where the log's dense part
-- ends; what it says after that has not happened yet. Cases of the last week enter without history: they are routed.
with events as (
    select
        number,
        sys_mod_count::integer as version,
        strptime(sys_updated_at, '%d/%m/%Y %H:%M') as updated_at,
        strptime(opened_at, '%d/%m/%Y %H:%M') as opened_on,
        ident_state,
        nullif(assignment_group, '?') as assignment_group
    from records
),

known as (
    select *
    from events
    where updated_at < '2016-06-01' and opened_on < '2016-05-25' and assignment_group is not null
),

changes as (
    select
        *,
        coalesce(lag(assignment_group) over versions <> assignment_group, true)::integer as is_new
    from known
    window versions as (partition by number order by version, updated_at)
),

numbered as (
    select *, sum(is_new) over (partition by number order by version, updated_at) as stint
    from changes
),

stints as (
    select
        number,
        stint,
        any_value(assignment_group) as assignment_group,
        min(updated_at) as assigned_at,
        min(updated_at) filter (where ident_state not in ('New', '-100')) as worked_at,
        bool_or(ident_state in ('Resolved', 'Closed')) as is_resolved
    from numbered
    group by number, stint
),

followed as (
    select *, lead(assigned_at) over (partition by number order by stint) as passed_on_at
    from stints
)

select
    number,
    'group-' || assignment_group as partner_id,
    strftime(assigned_at, '%d/%m/%Y %H:%M') as assigned_at,
    strftime(coalesce(worked_at, passed_on_at), '%d/%m/%Y %H:%M') as responded_at,
    case when worked_at is not null then 'accepted' when passed_on_at is not null then 'declined' end as response,
    strftime(worked_at, '%d/%m/%Y %H:%M') as first_follow_up_at,
    case
        when is_resolved then 'won'
        when passed_on_at is not null and worked_at is not null then 'recalled'
        when passed_on_at is null then 'open'
    end as outcome
from followed
