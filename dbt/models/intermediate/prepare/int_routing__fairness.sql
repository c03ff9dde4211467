-- One row per pool (country and product line) and partner: what it is owed of the units that came, beyond what it
-- received, over every batch that people have in hand or have released. Owed is what the run stored. Received is what
-- went out: a unit that a person moved counts at the partner it went to, as much as it counted where it was proposed; a
-- held or withheld one counts nowhere. Of a partner's units in a pool those that came to it by turn are not told apart
-- from those the score decided: each counts for the share of turns among them.
with stored as (
    select fairness.*
    from {{ ref('stg_ledger__batch_fairness') }} as fairness
    inner join {{ ref('stg_ledger__batches') }} as batches on fairness.batch_id = batches.batch_id
    where batches.status in ('in_review', 'approved', 'released')
),

units as (
    select
        batch_id,
        unit_id,
        max(pool) as pool,
        max(proposed_partner_id) as proposed_partner_id,
        max(partner_id) as partner_id
    from {{ ref('int_batches__received') }}
    where batch_status in ('in_review', 'approved', 'released') and proposed_partner_id is not null
    group by batch_id, unit_id
),

proposed as (
    select
        batch_id,
        pool,
        proposed_partner_id as partner_id,
        count(*) as unit_count
    from units
    group by batch_id, pool, proposed_partner_id
),

moved as (
    select
        units.pool,
        units.proposed_partner_id,
        units.partner_id,
        1000000000 * least(stored.received, proposed.unit_count) // proposed.unit_count as turn_nanos
    from units
    inner join stored
        on
            units.batch_id = stored.batch_id
            and units.pool = stored.pool
            and units.proposed_partner_id = stored.partner_id
    inner join proposed
        on
            stored.batch_id = proposed.batch_id
            and stored.pool = proposed.pool
            and stored.partner_id = proposed.partner_id
    where units.partner_id is distinct from units.proposed_partner_id
),

entries as (
    select
        pool,
        partner_id,
        expected_nanos - 1000000000 * received as credit_nanos
    from stored
    union all
    select
        pool,
        proposed_partner_id as partner_id,
        turn_nanos as credit_nanos
    from moved
    union all
    select
        pool,
        partner_id,
        -turn_nanos as credit_nanos
    from moved
    where partner_id is not null
)

select
    pool,
    partner_id,
    cast(sum(credit_nanos) as bigint) as credit_nanos
from entries
group by pool, partner_id
