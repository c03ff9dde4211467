-- Verdicts of this run (whose records the intake rows count) and of the one before.
with runs as (
    select
        checks.run_id,
        max(checks.as_of) as as_of,
        coalesce(checks.run_id = any_value(this_run.run_id), false) as is_current
    from marts.rpt_data_quality as checks
    cross join (select max(run_id) as run_id from marts.rpt_data_quality where kind != 'check') as this_run
    where checks.kind = 'check'
    group by checks.run_id
    order by is_current desc, as_of desc, run_id desc
    limit 2
)

select
    runs.is_current,
    checks.gate,
    checks.check_name,
    checks.rows_seen,
    checks.rows_failed,
    checks.verdict
from marts.rpt_data_quality as checks
inner join runs on checks.run_id = runs.run_id
where checks.kind = 'check'
order by runs.is_current desc, checks.gate, checks.check_name
