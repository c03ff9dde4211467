-- One row per lead in any batch that still counts: its newest line, as placed, kept direct or set aside.
with batches as (
    select *
    from {{ ref('stg_ledger__batches') }}
    where status not in ('rejected', 'superseded', 'rolled_back')
),

lines as (
    select
        lines.*,
        batches.proposed_at,
        batches.status in ('proposed', 'in_review', 'approved') as is_open_batch
    from {{ ref('stg_ledger__batch_lines') }} as lines
    inner join batches on lines.batch_id = batches.batch_id
)

select
    lead_id,
    batch_id,
    proposed_at,
    partner_id,
    source,
    is_held,
    is_open_batch,
    exception_code,
    due_at as exception_due_at,
    min(proposed_at) filter (where partner_id is not null) over (partition by lead_id) as first_routed_at
from lines
qualify row_number() over (partition by lead_id order by proposed_at desc, batch_id desc) = 1
