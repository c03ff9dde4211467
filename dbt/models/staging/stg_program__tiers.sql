select
    tier,
    tier_order
from {{ source('program', 'tier') }}
