-- One row per lead a batch keeps that people have in hand: in review, approved, or with a line held or overridden.
{{ config(materialized='view') }}

with batches as (
    select batches.batch_id
    from {{ ref('stg_ledger__batches') }} as batches
    left join {{ ref('stg_ledger__batch_lines') }} as lines on batches.batch_id = lines.batch_id
    where batches.status in ('proposed', 'in_review', 'approved')
    group by batches.batch_id, batches.status
    having batches.status != 'proposed' or bool_or(coalesce(lines.is_held or lines.is_overridden, false))
)

select
    lines.lead_id,
    lines.batch_id,
    lines.partner_id,
    leads.identity_id,
    leads.account_id,
    leads.product,
    leads.direction
from {{ ref('stg_ledger__batch_lines') }} as lines
inner join batches on lines.batch_id = batches.batch_id
inner join {{ ref('int_leads__enriched') }} as leads on lines.lead_id = leads.lead_id
qualify row_number() over (partition by lines.lead_id order by lines.batch_id desc) = 1
