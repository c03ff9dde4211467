-- One row per run, gate and check (kind `check`); per feed and fate of its records (`intake`); per feed and reason of
-- what stands in quarantine (`quarantine`); per entity and reason of accepted records that no mart can place yet
-- (`unresolved`). Of this run the first three gates: the fourth judges these marts.
with settings as (
    select * from {{ ref('stg_program__settings') }}
),

verdicts as (
    select
        run_id,
        as_of,
        gate,
        check_name,
        rows_seen,
        rows_failed,
        passed
    from {{ ref('stg_gates__verdicts') }}
    where gate != 'marts' or run_id not in (select settings.run_id from settings)
    union
    select
        run_id,
        as_of,
        gate,
        check_name,
        rows_seen,
        rows_failed,
        passed
    from {{ ref('stg_ledger__gate_verdicts') }}
    where gate != 'marts' or run_id not in (select settings.run_id from settings)
),

files as (
    select
        feed,
        unnest(['accepted', 'duplicate', 'filtered', 'quarantined']) as fate,
        unnest([accepted, duplicates, filtered, quarantined]) as record_count
    from {{ ref('stg_intake__landed_files') }}
),

fates as (
    select
        feed,
        fate,
        cast(sum(record_count) as bigint) as record_count
    from files
    group by feed, fate
),

quarantine as (
    select
        feed,
        reason_code,
        cast(sum(record_count) as bigint) as record_count
    from {{ ref('stg_intake__quarantined_records') }}
    group by feed, reason_code
),

unresolved as (
    select
        entity,
        reason,
        count(distinct record_key) as record_count
    from {{ ref('int_references__unresolved') }}
    group by entity, reason
),

counts as (
    select
        'intake' as kind,
        feed,
        fate as reason_code,
        record_count,
        null as entity
    from fates
    union all
    select
        'quarantine' as kind,
        feed,
        reason_code,
        record_count,
        null as entity
    from quarantine
    union all
    select
        'unresolved' as kind,
        null as feed,
        reason as reason_code,
        record_count,
        entity
    from unresolved
)

select
    'check' as kind,
    run_id,
    as_of,
    gate,
    check_name,
    rows_seen,
    rows_failed,
    case when passed then 'passed' else 'failed' end as verdict,
    cast(null as varchar) as feed,
    cast(null as varchar) as reason_code,
    cast(null as bigint) as record_count,
    cast(null as varchar) as entity
from verdicts
union all
select
    counts.kind,
    settings.run_id,
    settings.as_of,
    null as gate,
    null as check_name,
    null as rows_seen,
    null as rows_failed,
    null as verdict,
    counts.feed,
    counts.reason_code,
    counts.record_count,
    counts.entity
from counts
cross join settings
