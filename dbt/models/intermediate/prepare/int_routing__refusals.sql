-- One row per lead and partner that had it and let it go: the newest time and why. Routing keeps the cool-down.
select
    lead_id,
    partner_id,
    status as reason,
    closed_at as at
from {{ ref('int_offers') }}
where status in ('declined', 'expired', 'recalled')
qualify row_number() over (
    partition by lead_id, partner_id order by status = 'declined' desc, closed_at desc, assignment_id desc
) = 1
