-- One row per marketing touch: the lead it means, null while it means none, and as of then the buyer and the account.
-- Credit for a touch that names no channel goes to its lead's. A touch that says what it said in the run before, of
-- leads that are as they were, keeps its row.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ forget_changed(ref('int_touches__decided'), {'touch_mark': 'hash(kept.touch_id)'}) }}"
) }}

with decided as (
    select * from {{ ref('int_touches__decided') }} as decided
    where {{ is_missing({'touch_mark': 'hash(kept.touch_id)'}) }}
),

written as (
    select
        records.*,
        decided.decided_by
    from {{ ref('int_references__written') }} as records
    inner join decided on hash(records.touch_id) = decided.touch_mark
    where records.entity = 'touches'
),

{{ resolve_lead_references(
    'written',
    ref('int_leads__captured'),
    ['touch_id', 'record_key', 'event_at', 'channel', 'campaign_id', 'decided_by']
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
    looked_up.reference_kind,
    looked_up.decided_by
from looked_up
left join {{ ref('int_leads__enriched') }} as leads on looked_up.lead_id = leads.lead_id
