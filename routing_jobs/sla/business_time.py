"""Business seconds between two instants, and the instant some business seconds later; for one row or a million.

A calendar is expanded once, for the years in question, into the UTC intervals in which it is open, with
the business time before each. Measuring and setting deadlines are then two look-ups in the same table,
so they cannot disagree. All arithmetic is in whole UTC microseconds. Not here: which calendar and which
span apply (`clocks`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from routing_jobs.sla.calendar import Calendar
from routing_jobs.sla.zones import DAY_SECONDS, offset_stretches

Micros = NDArray[np.int64]
Instants = TypeVar("Instants", bound="datetime | np.datetime64")

SECOND = 1_000_000
DAY = DAY_SECONDS * SECOND
DECADE = 10
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DATE = _EPOCH.date()
_REACH_YEARS = 400  # no deadline is further away; the search for one ends somewhere


@dataclass(frozen=True)
class _OpenHours:
    """The open intervals of a calendar within some years, in UTC microseconds, ascending, disjoint.

    Entry 0 is an empty interval before all others, so that every instant of the years has an entry at or before it.
    """

    start: Micros
    end: Micros
    before: Micros  # business microseconds in all earlier intervals
    first_day: int  # UTC days since 1970
    at_midnight: Micros  # per UTC day, the last entry that starts at or before its midnight

    @cached_property
    def most_in_a_day(self) -> int:
        """How many entries at most start within one UTC day, after its midnight."""
        return int(np.diff(self.at_midnight).max(initial=0))

    def elapsed(self, at: Micros) -> Micros:
        """Business microseconds from the beginning of the table up to each instant."""
        # A day's first entry is looked up and moved on at most twice or so: six times faster than a binary search.
        index = self.at_midnight[at // DAY - self.first_day]
        following = np.append(self.start[1:], np.iinfo(np.int64).max)
        for _ in range(self.most_in_a_day):
            index += following[index] <= at
        elapsed: Micros = (self.before - self.start)[index] + np.minimum(at, self.end[index])
        return elapsed

    def instant(self, elapsed: Micros) -> tuple[Micros, NDArray[np.bool_]]:
        """The earliest instants with so much business time before them, and whether the table reaches them."""
        index = np.searchsorted(self.before + (self.end - self.start), elapsed, side="left")
        is_reached = index < len(self.start)
        index = np.where(is_reached, index, 0)
        return self.start[index] + (elapsed - self.before[index]), is_reached


def business_seconds(start: "datetime | np.datetime64", end: "datetime | np.datetime64", calendar: Calendar) -> int:
    """Whole business seconds from `start` up to but not including `end`; 0 where `end` is not after `start`.

    Args:
        start: An aware datetime (or pandas Timestamp), or a numpy datetime64, which is UTC.
        end: Likewise.
        calendar: Whose business time.

    Raises:
        ValueError: An instant is missing or has no time zone.
    """
    first, last = _micros_of(start), _micros_of(end)
    if last <= first:
        return 0
    return int(_measured(np.array([first]), np.array([last]), calendar)[0])


def add_business_seconds(start: Instants, seconds: int, calendar: Calendar) -> Instants:
    """The earliest instant by which `seconds` of business time have passed since `start`.

    What is used up exactly at closing is due at closing, not at the next opening; 0 seconds is `start`
    itself, even at night. `business_seconds(start, result, calendar)` is `seconds` again.

    Args:
        start: As for `business_seconds`.
        seconds: Whole seconds >= 0.
        calendar: Whose business time.

    Returns:
        The instant in the kind of `start`: an aware datetime (or Timestamp) in UTC, or a datetime64[us].

    Raises:
        ValueError: `start` is missing or has no zone, `seconds` is negative or no whole number, or the calendar
            is not open for so long within four centuries.
    """
    due = int(_added(np.array([_micros_of(start)]), _whole_seconds([seconds]), calendar)[0])
    if isinstance(start, np.datetime64):
        return cast("Instants", np.datetime64(due, "us"))
    instant = _EPOCH + timedelta(microseconds=due)
    kind: Any = type(start)
    return cast("Instants", kind(instant) if hasattr(start, "nanosecond") else instant)  # a pandas Timestamp has it


def business_seconds_many(
    starts: Any, ends: Any, calendar: Calendar | Sequence[Calendar], which: Any | None = None
) -> NDArray[np.int64]:
    """`business_seconds` for n intervals in one pass.

    Args:
        starts: n instants: a numpy array, pandas Series or Index of datetime64 (without zone: UTC), or
        aware datetimes.
        ends: n instants likewise.
        calendar: One calendar for all rows, or several with `which`.
        which: n integers, the position in `calendar` of each row's calendar.

    Returns:
        int64[n] business seconds.

    Raises:
        ValueError: An instant is missing or naive (the row is named), or lengths differ.
    """
    first, last = _micros(starts, "start"), _micros(ends, "end")
    if len(first) != len(last):
        raise ValueError(f"{len(first)} starts but {len(last)} ends: one of each per row")

    def measure(rows: Any, one: Calendar) -> Micros:
        return _measured(first[rows], last[rows], one)

    return _per_calendar(calendar, which, len(first), measure)


def add_business_seconds_many(
    starts: Any, seconds: Any, calendar: Calendar | Sequence[Calendar], which: Any | None = None
) -> NDArray[np.datetime64]:
    """`add_business_seconds` for n instants in one pass.

    Args:
        starts: n instants, as for `business_seconds_many`.
        seconds: n whole numbers >= 0, or one for all.
        calendar: As for `business_seconds_many`.
        which: As for `business_seconds_many`.

    Returns:
        datetime64[us][n], UTC.

    Raises:
        ValueError: As `add_business_seconds`, naming the row.
    """
    first = _micros(starts, "start")
    amounts = np.broadcast_to(_whole_seconds(seconds), first.shape)

    def add(rows: Any, one: Calendar) -> Micros:
        return _added(first[rows], amounts[rows], one)

    return _per_calendar(calendar, which, len(first), add).view("datetime64[us]")


def _per_calendar(
    calendar: Calendar | Sequence[Calendar],
    which: Any | None,
    n: int,
    work: Callable[[Any, Calendar], Micros],
) -> Micros:
    """Runs `work` once per calendar over the rows that use it; each answer lands on its row."""
    if isinstance(calendar, Calendar):
        return work(slice(None), calendar)
    codes = np.asarray(which, dtype=np.int64)
    if codes.shape != (n,):
        raise ValueError(f"which has shape {codes.shape}: expected one calendar position for each of {n} rows")
    wrong = np.flatnonzero((codes < 0) | (codes >= len(calendar)))
    if wrong.size:
        raise ValueError(f"row {wrong[0]}: calendar {codes[wrong[0]]}: expected 0 to {len(calendar) - 1}")
    answer = np.zeros(n, dtype=np.int64)
    order = np.argsort(codes, kind="stable")
    bounds = np.searchsorted(codes[order], np.arange(len(calendar) + 1))
    for code, one in enumerate(calendar):
        rows = order[bounds[code] : bounds[code + 1]]
        if rows.size:
            answer[rows] = work(rows, one)
    return answer


def _measured(first: Micros, last: Micros, calendar: Calendar) -> Micros:
    if not len(first):
        return np.zeros(0, dtype=np.int64)
    years = _decades(min(first.min(), last.min()), max(first.max(), last.max()))
    hours = _open_hours(calendar, *years)
    seconds: Micros = np.maximum(hours.elapsed(last) - hours.elapsed(first), 0) // SECOND
    return seconds


def _added(first: Micros, seconds: Micros, calendar: Calendar) -> Micros:
    if not len(first):
        return np.zeros(0, dtype=np.int64)
    if not calendar.weekdays and seconds.any():
        raise ValueError("weekdays are empty: a calendar that never opens reaches no deadline")
    from_year, to_year = _decades(first.min(), first.max())
    while True:
        hours = _open_hours(calendar, from_year, to_year)
        due, is_reached = hours.instant(hours.elapsed(first) + seconds * SECOND)
        is_reached |= seconds == 0
        if is_reached.all():
            return np.where(seconds == 0, first, due)
        if to_year - from_year > _REACH_YEARS:
            row = int(np.flatnonzero(~is_reached)[0])
            raise ValueError(f"row {row}: not open for {seconds[row]} more seconds before the year {to_year}")
        to_year += max(DECADE, to_year - from_year)


def _decades(earliest: int, latest: int) -> tuple[int, int]:
    """The whole decades around two instants, so that nearby questions share one expansion."""
    years = np.array([earliest, latest]).view("datetime64[us]").astype("datetime64[Y]").astype(np.int64) + 1970
    return int(years[0] - 1) // DECADE * DECADE, int(years[1] + 1) // DECADE * DECADE + DECADE


@lru_cache(maxsize=512)
def _open_hours(calendar: Calendar, from_year: int, to_year: int) -> _OpenHours:
    """All open intervals of the calendar from the beginning of one year up to the beginning of another."""
    first, last = (int(np.datetime64(f"{year:04d}", "s").astype(np.int64)) for year in (from_year, to_year))
    holidays = np.array(sorted((day - _EPOCH_DATE).days for day in calendar.holidays), dtype=np.int64)
    weekdays = np.array(sorted(calendar.weekdays), dtype=np.int64)
    pieces = [
        _open_in_stretch(calendar, stretch, weekdays, holidays)
        for stretch in offset_stretches(calendar.timezone, first, last)
    ]
    start = np.concatenate([[first], *(piece[0] for piece in pieces)]) * SECOND
    end = np.concatenate([[first], *(piece[1] for piece in pieces)]) * SECOND
    days = np.arange(first // DAY_SECONDS, last // DAY_SECONDS + 1, dtype=np.int64)
    at_midnight = np.searchsorted(start, days * DAY, side="right") - 1
    return _OpenHours(start, end, np.cumsum(end - start) - (end - start), int(days[0]), at_midnight)


def _open_in_stretch(
    calendar: Calendar, stretch: tuple[int, int, int], weekdays: Micros, holidays: Micros
) -> tuple[Micros, Micros]:
    """Open intervals, in UTC seconds, while the zone keeps one offset: plain arithmetic on local days."""
    begin, end, offset = stretch
    days = np.arange((begin + offset) // DAY_SECONDS, (end + offset - 1) // DAY_SECONDS + 1, dtype=np.int64)
    weekday = (days + 3) % 7 + 1  # 1970-01-01 was a Thursday
    days = days[np.isin(weekday, weekdays) & ~np.isin(days, holidays)]
    midnight = days * DAY_SECONDS - offset
    opens = np.maximum(midnight + calendar.open_second, begin)
    closes = np.minimum(midnight + calendar.close_second, end)
    is_open = closes > opens
    return opens[is_open], closes[is_open]


def _whole_seconds(seconds: Any) -> Micros:
    amounts = np.asarray(seconds)
    wrong = np.flatnonzero((amounts < 0) | (amounts != np.floor(amounts)))
    if wrong.size:
        raise ValueError(f"row {wrong[0]}: {amounts.ravel()[wrong[0]]} seconds: expected a whole number >= 0")
    return amounts.astype(np.int64)


def _micros_of(instant: "datetime | np.datetime64") -> int:
    if isinstance(instant, np.datetime64):
        if np.isnat(instant):
            raise ValueError("instant NaT: expected an instant")
        return int(instant.astype("datetime64[us]").astype(np.int64))
    if not isinstance(instant, datetime) or instant != instant:  # NaT is a datetime unequal to itself
        raise ValueError(f"instant {instant!r}: expected an aware datetime")
    if instant.tzinfo is None:
        raise ValueError(f"instant {instant!r} has no time zone: say which it is in (UTC in the warehouse)")
    since = instant.astimezone(UTC) - _EPOCH
    return (since.days * DAY_SECONDS + since.seconds) * SECOND + since.microseconds


def _micros(instants: Any, name: str) -> Micros:
    """UTC microseconds of a column of instants, in whatever form pandas, numpy or Python hold it."""
    zone = getattr(getattr(instants, "dtype", None), "tz", None)
    if zone is not None:
        import pandas as pd

        instants = pd.DatetimeIndex(instants).tz_convert("UTC").tz_localize(None)
    if getattr(getattr(instants, "dtype", None), "kind", "O") != "M":
        return np.array([_micros_of_row(row, value, name) for row, value in enumerate(instants)], dtype=np.int64)
    values = np.asarray(instants, dtype="datetime64[us]")
    missing = np.flatnonzero(np.isnat(values))
    if missing.size:
        raise ValueError(f"row {missing[0]}: {name} is missing")
    return values.astype(np.int64)


def _micros_of_row(row: int, value: Any, name: str) -> int:
    try:
        return _micros_of(value)
    except ValueError as error:
        raise ValueError(f"row {row}: {name}: {error}") from error
