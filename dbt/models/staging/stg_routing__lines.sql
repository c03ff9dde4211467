select
    lead_id,
    unit_id,
    identity_id,
    account_id,
    product,
    partner_id,
    hop,
    source,
    exception_code,
    remedy,
    owner,
    due_at,
    rule,
    score,
    is_express
from {{ source('routing', 'line') }}
