-- One row per lead of a batch that was not ended: the partner the run proposed, and the one the lead goes or went to.
-- That is another one where a person chose so; none while the line is held, or where release withheld it. A rejected,
-- superseded or rolled back batch gave nobody anything. A view: the marts are to see the batch of this run too.
{{ config(materialized='view') }}

with proposed as (
    select
        batch_id,
        unit_id,
        partner_id
    from {{ ref('stg_ledger__candidates') }}
    where is_assigned
)

select
    lines.batch_id,
    batches.status as batch_status,
    lines.lead_id,
    lines.unit_id,
    lines.pool,
    proposed.partner_id as proposed_partner_id,
    case
        when batches.status = 'released' then released.partner_id
        when not lines.is_held then lines.partner_id
    end as partner_id
from {{ ref('stg_ledger__batch_lines') }} as lines
inner join {{ ref('stg_ledger__batches') }} as batches on lines.batch_id = batches.batch_id
left join proposed on lines.batch_id = proposed.batch_id and lines.unit_id = proposed.unit_id
left join {{ ref('stg_ledger__assignments') }} as released
    on lines.batch_id = released.batch_id and lines.lead_id = released.lead_id
where batches.status in ('proposed', 'in_review', 'approved', 'released')
