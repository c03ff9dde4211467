"""A time zone as stretches of UTC during which its clocks stand still against UTC.

`zoneinfo` answers for one instant at a time and its wall-clock arithmetic hides lost and doubled hours;
a calendar needs all stretches of some years, once. Not here: working hours.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY_SECONDS = 86_400
# In the whole zone database no two changes are closer than 95 hours, so looking every 48 misses none.
_PROBE = 2 * DAY_SECONDS
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST = int((datetime(1, 1, 3, tzinfo=UTC) - _EPOCH).total_seconds())
_LAST = int((datetime(9999, 12, 30, tzinfo=UTC) - _EPOCH).total_seconds())


@lru_cache(maxsize=512)
def offset_stretches(timezone: str, first: int, last: int) -> tuple[tuple[int, int, int], ...]:
    """The stretches of constant offset that cover [first, last), in order.

    Args:
        timezone: IANA name.
        first: UTC seconds since 1970; cut to what `datetime` can hold in every zone.
        last: UTC seconds since 1970, after `first`; cut likewise.

    Returns:
        Triples (start, end, offset): from UTC second `start` up to `end`, local clocks read UTC +
        `offset` seconds.
    """
    zone = ZoneInfo(timezone)
    first, last = max(first, _FIRST), min(last, _LAST)
    stretches: list[tuple[int, int, int]] = []
    start, offset = first, _offset(zone, first)
    at = first
    while at < last:
        ahead = min(at + _PROBE, last)
        if _offset(zone, ahead) == offset:
            at = ahead
            continue
        at = _first_change(zone, offset, at, ahead)
        stretches.append((start, at, offset))
        start, offset = at, _offset(zone, at)
    stretches.append((start, last, offset))
    return tuple(stretch for stretch in stretches if stretch[1] > stretch[0])


def _offset(zone: ZoneInfo, second: int) -> int:
    offset = (_EPOCH + timedelta(seconds=second)).astimezone(zone).utcoffset()
    assert offset is not None, "a ZoneInfo always has an offset"
    return round(offset.total_seconds())


def _first_change(zone: ZoneInfo, offset: int, before: int, after: int) -> int:
    """The first second in (before, after] at which the zone is no longer at `offset`, by halving."""
    while after - before > 1:
        middle = (before + after) // 2
        if _offset(zone, middle) == offset:
            before = middle
        else:
            after = middle
    return after
