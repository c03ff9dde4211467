select
    partner_id,
    capacity,
    assigned,
    price
from {{ source('routing', 'partner_price') }}
