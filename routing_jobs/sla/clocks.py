"""The rulebook's clocks and calendars for one partner: which calendar it keeps, when something is due.

Not here: business time itself (`business_time`), which clock applies to which offer (`SlaRules.clock`).
"""

import warnings
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from routing_jobs.sla.business_time import add_business_seconds, add_business_seconds_many
from routing_jobs.sla.calendar import Calendar

if TYPE_CHECKING:  # only named here: pydantic stays out of the import of this room
    from routing_jobs.program.sla_rules import Duration, SlaRules

HOLIDAY_YEARS = range(1990, 2051)


def calendar_for(
    rules: "SlaRules", timezone: str, country: str | None, name: str | None = None, extra_holidays: Iterable[date] = ()
) -> Calendar:
    """The calendar a partner keeps.

    Args:
        rules: rulebook/sla.yaml.
        timezone: The partner's IANA zone, or the program's where the roster has none.
        country: The partner's ISO 3166 code, for calendars with `holidays: country`; None has no public holidays.
        name: The calendar the roster names; None or blank takes `default`.
        extra_holidays: Further local dates without business time, such as the program's own.

    Raises:
        ValueError: The rulebook has no calendar of that name, or the zone is unknown.
    """
    chosen = rules.calendars.get(name or "default")
    if chosen is None:
        raise ValueError(f"calendar {name!r}: expected one of {', '.join(sorted(rules.calendars))}")
    if chosen.holidays == "country":
        holidays = public_holidays(country) if country else frozenset[date]()
    else:
        holidays = frozenset[date](chosen.holidays if isinstance(chosen.holidays, tuple) else ())
    return Calendar(
        timezone, frozenset(chosen.weekdays), chosen.open, chosen.close, holidays | frozenset(extra_holidays)
    )


@lru_cache(maxsize=512)
def public_holidays(country: str, years: range = HOLIDAY_YEARS) -> frozenset[date]:
    """National public holidays of an ISO 3166 country, observed days included; none where they are not known."""
    from holidays import country_holidays

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # some countries are known for fewer years than asked for
        try:
            return frozenset(country_holidays(country, years=years))
        except NotImplementedError:
            return frozenset()


def due_at(start: datetime, span: "Duration", calendar: Calendar) -> datetime:
    """When a clock that starts at `start` runs out.

    Args:
        start: An aware datetime.
        span: Elapsed hours, business hours, or business days (each one opening-to-closing span of the calendar).
        calendar: The partner's.

    Returns:
        An aware datetime in UTC.

    Raises:
        ValueError: `start` is missing or has no zone, or the calendar never opens for so long.
    """
    seconds, is_business = _seconds(span, calendar)
    if is_business:
        return add_business_seconds(start, seconds, calendar)
    return add_business_seconds(start, 0, calendar) + timedelta(seconds=seconds)


def due_at_many(
    starts: Any, spans: "Sequence[Duration]", which_span: Any, calendars: Sequence[Calendar], which_calendar: Any
) -> NDArray[np.datetime64]:
    """`due_at` for n rows in one pass.

    Args:
        starts: n instants, as for `business_seconds_many`.
        spans: The distinct spans.
        which_span: n integers, the position in `spans` of each row's span.
        calendars: The distinct calendars.
        which_calendar: n integers, the position in `calendars` of each row's calendar.

    Returns:
        datetime64[us][n], UTC.

    Raises:
        ValueError: As `due_at`, naming the row.
    """
    table = [[_seconds(span, calendar) for calendar in calendars] for span in spans]
    seconds = np.array([[cell[0] for cell in row] for row in table], dtype=np.int64).reshape(len(spans), -1)
    is_business = np.array([not span.hours for span in spans], dtype=bool)[which_span]
    amounts = seconds[which_span, which_calendar]
    due = add_business_seconds_many(starts, np.where(is_business, amounts, 0), calendars, which_calendar)
    due += np.where(is_business, 0, amounts).astype("timedelta64[s]")
    return due


def _seconds(span: "Duration", calendar: Calendar) -> tuple[int, bool]:
    """How many seconds a span lasts, and whether they are business seconds."""
    if span.business_days is not None:
        return round(span.business_days * calendar.business_day_seconds), True
    if span.business_hours is not None:
        return round(span.business_hours * 3600), True
    assert span.hours is not None, "a Duration names exactly one unit"
    return round(span.hours * 3600), False
