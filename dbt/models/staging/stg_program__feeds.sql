select
    feed,
    entity,
    source_system,
    is_required,
    expected_every_hours,
    max_quarantined,
    max_quarantined_is_share,
    consent_when_blank,
    delivery
from {{ source('program', 'feed') }}
