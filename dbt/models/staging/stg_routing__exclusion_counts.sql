select
    unit_id,
    exclusion_reason,
    partner_count
from {{ source('routing', 'exclusion_count') }}
