"""When one partner works: zone, weekdays, hours, holidays, checked once on construction.

Not here: turning them into instants (`business_time`), choosing the calendar of a partner (`clocks`).
"""

import re
from collections.abc import Set
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

DAY_SECONDS = 86_400


@dataclass(frozen=True)
class Calendar:
    """Working hours on a local wall clock. Hashable; equal calendars share what is worked out from them.

    An instant is business time if the clock on the partner's wall then reads a time from `open` up to
    but not including `close`, on one of `weekdays` that is no holiday. That settles every
    daylight-saving case: an hour that does not exist counts nothing, an hour that comes twice counts
    twice.

    Args:
        timezone: IANA name, such as Europe/Berlin.
        weekdays: ISO weekdays, 1 = Monday to 7 = Sunday.
        open: "HH:MM" or "HH:MM:SS".
        close: The same, after `open`; "24:00" is the end of the day.
        holidays: Local dates without business time.

    Raises:
        ValueError: Any of these is not as said; the message gives the value.
    """

    timezone: str
    weekdays: Set[int] = frozenset({1, 2, 3, 4, 5})
    open: str = "09:00"
    close: str = "17:00"
    holidays: Set[date] = frozenset()

    def __post_init__(self) -> None:
        _check_zone(self.timezone)
        object.__setattr__(self, "weekdays", _weekdays(self.weekdays))
        object.__setattr__(self, "holidays", frozenset(_holiday(day) for day in self.holidays))
        if self.open_second >= self.close_second:
            raise ValueError(f"close {self.close!r}: expected a time after open {self.open!r}")

    @property
    def open_second(self) -> int:
        """Opening, in wall-clock seconds after local midnight."""
        return _second_of_day(self.open)

    @property
    def close_second(self) -> int:
        """Closing, in wall-clock seconds after local midnight; 86,400 for "24:00"."""
        return _second_of_day(self.close)

    @property
    def business_day_seconds(self) -> int:
        """One business day: the span from opening to closing."""
        return self.close_second - self.open_second


def _check_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError, TypeError) as error:
        raise ValueError(f"timezone {name!r}: expected an IANA time zone such as Europe/Berlin") from error


def _weekdays(weekdays: Set[int]) -> frozenset[int]:
    for day in weekdays:
        if day not in range(1, 8):
            raise ValueError(f"weekday {day!r}: expected 1 (Monday) to 7 (Sunday)")
    return frozenset(int(day) for day in weekdays)


def _holiday(day: date) -> date:
    if isinstance(day, datetime):
        return day.date()
    if not isinstance(day, date):
        raise ValueError(f"holiday {day!r}: expected a date")
    return day


def _second_of_day(text: str) -> int:
    found = re.fullmatch(r"(\d\d):([0-5]\d)(?::([0-5]\d))?", text) if isinstance(text, str) else None
    if found is None:
        raise ValueError(f'time {text!r}: expected "HH:MM" from "00:00" to "24:00"')
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    second = hours * 3600 + minutes * 60 + seconds
    if second > DAY_SECONDS:
        raise ValueError(f'time {text!r}: expected "HH:MM" from "00:00" to "24:00"')
    return second
