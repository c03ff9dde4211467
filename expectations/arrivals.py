"""Gate *arrivals*: the required feeds came, in time, mostly whole, and every record of every file has one fate."""

from expectations.declare import Dataset, Gate, holds, not_null, unique

_LOOK = "`leadroute quarantine list` shows the records and what to do; correct the file or the feed's YAML, run again"

# The newest arrival of a feed is judged against its limit: an old bad file must not be hidden by many good ones.
_FEEDS = """
with files as (
    select
        *,
        rank() over (partition by feed order by arrived_at desc) as recency
    from raw.landed_file
),

by_feed as (
    select
        feed,
        count(*) filter (where file_reason is null) as readable_files,
        max(arrived_at) filter (where file_reason is null) as last_arrived_at,
        coalesce(sum(counted) filter (where recency = 1), 0) as counted_last,
        coalesce(sum(quarantined) filter (where recency = 1), 0) as quarantined_last,
        coalesce(bool_and(counted = accepted + duplicates + filtered + quarantined), true) as is_reconciled
    from files
    group by feed
)

select
    feeds.feed,
    not feeds.is_required or coalesce(by_feed.readable_files, 0) > 0 as is_landed,
    not feeds.is_required
    or feeds.expected_every_hours is null
    or coalesce(
        epoch(settings.as_of) - epoch(by_feed.last_arrived_at) <= feeds.expected_every_hours * 3600, false
    ) as is_fresh,
    coalesce(
        case
            when feeds.max_quarantined is null then true
            when feeds.max_quarantined_is_share
                then by_feed.quarantined_last <= feeds.max_quarantined * by_feed.counted_last
            else by_feed.quarantined_last <= feeds.max_quarantined
        end,
        true
    ) as is_within_quarantine_limit,
    coalesce(by_feed.is_reconciled, true) as is_reconciled
from program.feed as feeds
cross join program.setting as settings
left join by_feed on feeds.feed = by_feed.feed
order by feeds.feed
"""


_LEADS = """
select
    'lead-' || substr(md5(source_system || chr(31) || source_record_id), 1, 20) as lead_id,
    record_key,
    captured_at
from raw.leads
where is_current and not is_closed
order by record_key
"""

ARRIVALS = Gate(
    name="arrivals",
    subject=("raw.landed_file", "program.feed"),
    datasets=(
        Dataset(
            name="feeds",
            rows=_FEEDS,
            count="select count(*) from program.feed",
            key="feed",
            minimum_rows=1,
            floor_remedy="describe at least one feed in sources/*.yaml",
            checks=(
                unique("feed", "give each feed in sources/ a name of its own"),
                holds("is_landed", "a required feed has no readable file", "land the file below landing/, run again"),
                holds("is_fresh", "a required feed is later than its expected_every", "ask the source for its file"),
                holds("is_within_quarantine_limit", "more records were quarantined than max_quarantined allows", _LOOK),
                holds(
                    "is_reconciled",
                    "a file's records do not add up to its fates",
                    "`leadroute rebuild`, then report it",
                ),
            ),
        ),
        Dataset(
            name="leads",
            rows=_LEADS,
            count="select count(distinct record_key) from raw.leads where not is_closed",
            key="lead_id",
            minimum_rows=1,
            checks=(
                unique("record_key", "`leadroute rebuild`: two standing versions of one record"),
                not_null("lead_id", _LOOK),
                not_null("captured_at", _LOOK),
            ),
        ),
        Dataset(
            name="partners",
            rows="select partner_id from raw.partners where is_current and not is_closed order by partner_id",
            count="select count(distinct partner_id) from raw.partners where not is_closed",
            key="partner_id",
            minimum_rows=1,
            floor_remedy="land a partner roster: without one no lead can be routed",
            checks=(unique("partner_id", "`leadroute rebuild`: two standing versions of one partner"),),
        ),
    ),
)
