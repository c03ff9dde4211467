-- One row per campaign any lead, touch or spend names. Its channel is the one most of its spend went to, else most of
-- its touches came by, else most of its leads: what it brought is to stand beside what it cost.
with activity as (
    select
        campaign_id,
        lead_channel as channel,
        captured_at as occurred_at,
        0 as amount_minor,
        'lead' as kind
    from {{ ref('int_leads__enriched') }}
    where campaign_id is not null
    union all
    select
        campaign_id,
        lead_channel as channel,
        touched_at as occurred_at,
        0 as amount_minor,
        'touch' as kind
    from {{ ref('fct_touch') }}
    where campaign_id is not null
    union all
    select
        campaign_id,
        channel,
        cast(spend_date as timestamp) as occurred_at,
        amount_minor,
        'spend' as kind
    from {{ ref('int_campaign_spend__converted') }}
),

channels as (
    select
        campaign_id,
        channel,
        coalesce(sum(amount_minor), 0) as spend_minor,
        count(*) filter (where kind = 'spend') as spend_record_count,
        count(*) filter (where kind = 'touch') as touch_count,
        count(*) filter (where kind = 'lead') as lead_count
    from activity
    where channel is not null
    group by campaign_id, channel
),

main_channels as (
    select
        campaign_id,
        channel
    from channels
    qualify
        row_number() over (
            partition by campaign_id
            order by
                spend_minor desc, spend_record_count desc, touch_count desc, lead_count desc, channel asc
        ) = 1
)

select
    activity.campaign_id,
    coalesce(any_value(main_channels.channel), 'unknown') as lead_channel,
    min(activity.occurred_at) as first_activity_at,
    max(activity.occurred_at) as last_activity_at,
    count(*) filter (where activity.kind = 'lead') as lead_count,
    count(*) filter (where activity.kind = 'touch') as touch_count,
    count(*) filter (where activity.kind = 'spend') as spend_record_count
from activity
left join main_channels on activity.campaign_id = main_channels.campaign_id
group by activity.campaign_id
