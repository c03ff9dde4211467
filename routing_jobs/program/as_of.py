"""The instant a command acts at: reading --as-of, and choosing one when it is not given.

Nothing here reads the clock or a store. Instants are UTC and naive, as everywhere behind intake.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from routing_jobs.program.errors import ConfigurationError

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_EXAMPLES = "an ISO 8601 instant such as 2026-03-01T08:00:00Z, a local time 2026-03-01T09:00 or a date 2026-03-01"


def parse_as_of(text: str, timezone: str) -> datetime:
    """The instant `text` names, naive UTC.

    A time without offset is in the program's `timezone`; a date means the last second of that day there, so
    that all of the day has happened. ConfigurationError for anything else, for a local time that a change of
    the clocks skips, and for one that happens twice.
    """
    zone = ZoneInfo(timezone)
    written = text.strip()
    try:
        if _DATE.fullmatch(written):
            next_day = datetime.combine(date.fromisoformat(written) + timedelta(days=1), time(), zone)
            return _utc(next_day) - timedelta(seconds=1)
        instant = datetime.fromisoformat(written)
    except (ValueError, OverflowError) as error:
        raise ConfigurationError(f"--as-of {text!r}: expected {_EXAMPLES}") from error
    if instant.tzinfo is not None:
        return _utc(instant)
    earlier, later = instant.replace(tzinfo=zone), instant.replace(tzinfo=zone, fold=1)
    if earlier.utcoffset() != later.utcoffset():
        kind = (
            "does not exist"
            if _utc(earlier).replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None) != instant
            else "happens twice"
        )
        raise ConfigurationError(
            f"--as-of {text!r}: that time {kind} in {timezone}; give it with an offset, such as ...+02:00"
        )
    return _utc(earlier)


def resolve_as_of(requested: datetime | None, mode: str, newest_event: datetime | None, now: datetime) -> datetime:
    """The as_of of a command, naive UTC: as requested, else by the program's `as_of: clock` or `as_of: data`.

    Args:
        requested: What --as-of gave, by `parse_as_of`.
        mode: `as_of` of program.yaml, "data" or "clock".
        newest_event: Newest event landed or in the ledger that is not after `now`; None if there is none.
        now: The clock's instant, read by the caller.
    """
    if requested is not None:
        return requested
    if mode == "data" and newest_event is not None:
        return min(newest_event, now)
    return now


def is_replay(as_of: datetime, newest_ledger_event: datetime | None) -> bool:
    """Whether `as_of` lies before the ledger's newest event: nothing is then proposed or replaced."""
    return newest_ledger_event is not None and as_of < newest_ledger_event


def local_day(instant: datetime, timezone: str) -> date:
    """The program-local day of a naive UTC instant."""
    return instant.replace(tzinfo=UTC).astimezone(ZoneInfo(timezone)).date()


def _utc(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(tzinfo=None)
