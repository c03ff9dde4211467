-- One row per version of a partner's roster row that changed something people look at. The first holds from the day the
-- partner joined, or from its arrival; a partner gone from the newest roster snapshot ends when that snapshot arrived.
with versions as (
    select * from {{ ref('stg_feeds__partner_versions') }}
),

snapshots as (
    select
        feed,
        max(arrived_at) as newest_snapshot_at
    from {{ ref('stg_intake__landed_files') }}
    where is_snapshot
    group by feed
),

closed as (
    select
        versions.partner_id,
        max(snapshots.newest_snapshot_at) as closed_at
    from versions
    inner join snapshots on versions.feed = snapshots.feed
    where versions.is_current and versions.is_closed
    group by versions.partner_id
),

described as (
    select
        *,
        concat_ws(
            chr(31), coalesce(tier, ''), coalesce(status, ''), coalesce(partner_type, ''), coalesce(country_code, ''),
            coalesce(channel_manager, ''), coalesce(cast(capacity as varchar), '')
        ) as content,
        row_number() over (partition by partner_id, arrived_at order by arrival_seq desc, record_number desc) as recency
    from versions
),

changed as (
    select *
    from described
    where recency = 1
    qualify content is distinct from lag(content) over (partition by partner_id order by arrived_at)
),

numbered as (
    select
        *,
        row_number() over (partition by partner_id order by arrived_at) as version_number,
        lead(arrived_at) over (partition by partner_id order by arrived_at) as next_arrived_at
    from changed
)

select
    numbered.partner_id,
    cast(numbered.version_number as integer) as version_number,
    case
        when numbered.version_number = 1
            then least(coalesce(cast(numbered.joined_on as timestamp), numbered.arrived_at), numbered.arrived_at)
        else numbered.arrived_at
    end as valid_from,
    coalesce(numbered.next_arrived_at, closed.closed_at) as valid_to,
    numbered.next_arrived_at is null and closed.partner_id is null as is_current,
    numbered.partner_type,
    coalesce(tiers.tier, numbered.tier) as tier,
    numbered.status,
    numbered.country_code as country,
    numbered.channel_manager,
    numbered.capacity
from numbered
left join closed on numbered.partner_id = closed.partner_id
left join {{ ref('stg_program__tiers') }} as tiers on lower(trim(numbered.tier)) = lower(tiers.tier)
