-- One row per pool (country and product line) and partner: what it is owed of the units that came, beyond what it
-- received, over every batch that people have in hand or have released.
select
    fairness.pool,
    fairness.partner_id,
    cast(sum(fairness.expected_nanos - 1000000000 * fairness.received) as bigint) as credit_nanos
from {{ ref('stg_ledger__batch_fairness') }} as fairness
inner join {{ ref('stg_ledger__batches') }} as batches on fairness.batch_id = batches.batch_id
where batches.status in ('in_review', 'approved', 'released')
group by fairness.pool, fairness.partner_id
