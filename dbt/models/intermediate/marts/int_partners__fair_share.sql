-- One row per month of batch and partner: leads it received, and leads it would have received had each unit gone to any
-- of its eligible partners with equal chance. Batches that were rejected, superseded or rolled back do not count.
with settings as (
    select * from {{ ref('stg_program__settings') }}
),

lines as (
    select
        received.*,
        {{ local_month('batches.proposed_at', 'settings.timezone') }} as month
    from {{ ref('int_batches__received') }} as received
    inner join {{ ref('stg_ledger__batches') }} as batches on received.batch_id = batches.batch_id
    cross join settings
),

units as (
    select
        batch_id,
        unit_id,
        month,
        count(*) as lead_count
    from lines
    group by batch_id, unit_id, month
),

candidates as (
    select
        units.month,
        candidates.partner_id,
        units.lead_count,
        count(*) over (partition by candidates.batch_id, candidates.unit_id) as partner_count
    from {{ ref('stg_ledger__candidates') }} as candidates
    inner join units on candidates.batch_id = units.batch_id and candidates.unit_id = units.unit_id
    where candidates.is_eligible
),

-- leads first, shares after: rounded once, half up, for each number of partners that shared
expected as (
    select
        month,
        partner_id,
        (2000000 * cast(sum(lead_count) as bigint) + partner_count) // (2 * partner_count) as lead_micros
    from candidates
    group by month, partner_id, partner_count
),

entries as (
    select
        month,
        partner_id,
        lead_micros,
        0 as received_count
    from expected
    union all
    select
        month,
        partner_id,
        0 as lead_micros,
        1 as received_count
    from lines
    where partner_id is not null
)

select
    month,
    partner_id,
    cast(sum(lead_micros) as bigint) as expected_lead_micros,
    cast(sum(received_count) as bigint) as received_lead_count
from entries
group by month, partner_id
