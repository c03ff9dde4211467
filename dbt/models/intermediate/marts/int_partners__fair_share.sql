-- One row per month of batch and partner: leads it received, and leads it would have received had each unit gone to any
-- of its eligible partners with equal chance. Batches that were rejected, superseded or rolled back do not count.
with settings as (
    select * from {{ ref('stg_program__settings') }}
),

units as (
    select
        batch_id,
        unit_id,
        count(*) as lead_count
    from {{ ref('stg_ledger__batch_lines') }}
    group by batch_id, unit_id
),

candidates as (
    select
        candidates.partner_id,
        units.lead_count,
        candidates.is_assigned,
        {{ local_month('batches.proposed_at', 'settings.timezone') }} as month,
        1000000 // count(*) over (partition by candidates.batch_id, candidates.unit_id) as share_micros
    from {{ ref('stg_ledger__candidates') }} as candidates
    inner join {{ ref('stg_ledger__batches') }} as batches on candidates.batch_id = batches.batch_id
    inner join units on candidates.batch_id = units.batch_id and candidates.unit_id = units.unit_id
    cross join settings
    where candidates.is_eligible and batches.status not in ('rejected', 'superseded', 'rolled_back')
)

select
    month,
    partner_id,
    cast(sum(share_micros * lead_count) as bigint) as expected_lead_micros,
    cast(coalesce(sum(lead_count) filter (where is_assigned), 0) as bigint) as received_lead_count
from candidates
group by month, partner_id
