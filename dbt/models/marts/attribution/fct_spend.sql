-- One row per spend record up to as_of, in program currency. channel is the record's own, else its campaign's.
select
    {{ spend_id('spends.record_key') }} as spend_id,
    spends.campaign_id,
    coalesce(spends.channel, campaigns.lead_channel) as lead_channel,
    spends.spend_date,
    spends.currency,
    spends.amount_minor
from {{ ref('int_campaign_spend__converted') }} as spends
inner join {{ ref('dim_campaign') }} as campaigns on spends.campaign_id = campaigns.campaign_id
