-- One row per version of a partner's roster row that changed something here.
select
    partner_id,
    version_number,
    valid_from,
    valid_to,
    is_current,
    partner_type,
    tier,
    status,
    country,
    channel_manager,
    capacity
from {{ ref('int_partners__versions') }}
