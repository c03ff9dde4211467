-- One row per marketing touch: the lead it means, null while it means none, and as of then the buyer and the account.
-- Credit for a touch that names no channel goes to its lead's.
with written as (
    select * from {{ ref('int_references__written') }} where entity = 'touches'
),

{{ resolve_lead_references(
    'written', ref('int_leads__captured'), ['touch_id', 'record_key', 'event_at', 'channel', 'campaign_id']
) }}

select
    looked_up.touch_id,
    looked_up.lead_id,
    leads.identity_id,
    leads.account_id,
    looked_up.event_at as touched_at,
    looked_up.channel,
    coalesce(looked_up.channel, leads.lead_channel, 'unknown') as credited_channel,
    looked_up.campaign_id,
    case when looked_up.lead_id is null then looked_up.record_key end as unresolved_record_key,
    looked_up.reference_kind
from looked_up
left join {{ ref('int_leads__enriched') }} as leads on looked_up.lead_id = leads.lead_id
