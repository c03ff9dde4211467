"""The rulebook's clocks and calendars: which calendar a partner keeps, when something is due."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from routing_jobs.program.sla_rules import CalendarRules, Clocks, Duration, SlaRules
from routing_jobs.sla import calendar_for, due_at, due_at_many, public_holidays

DAY = Duration(business_days=1)
RULES = SlaRules(
    version="1",
    calendars={
        "default": CalendarRules(weekdays=(1, 2, 3, 4, 5), open="09:00", close="17:00", holidays="country"),
        "gulf": CalendarRules(weekdays=(7, 1, 2, 3, 4), open="08:00", close="18:00", holidays="none"),
        "listed": CalendarRules(
            weekdays=(1, 2, 3, 4, 5, 6, 7), open="00:00", close="24:00", holidays=(date(2026, 6, 1),)
        ),
    },
    clocks=Clocks(
        capture_to_release=DAY, release_to_acceptance=DAY, release_to_follow_up=DAY, capture_to_follow_up=DAY
    ),
    matures_after_days={"accepted": 1, "worked": 1, "partner_qualified": 1, "opportunity": 1, "won": 1},
)


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_partner_without_a_calendar_keeps_the_default_with_its_countrys_holidays():
    calendar = calendar_for(RULES, "Europe/Berlin", "DE")
    assert (calendar.open, calendar.weekdays) == ("09:00", {1, 2, 3, 4, 5})
    assert date(2026, 10, 3) in calendar.holidays  # German Unity Day
    assert date(2026, 7, 4) not in calendar.holidays


def test_a_named_calendar_brings_its_own_weekdays_hours_and_holidays():
    gulf = calendar_for(RULES, "Asia/Riyadh", "SA", "gulf")
    assert (gulf.weekdays, gulf.close, gulf.holidays) == ({7, 1, 2, 3, 4}, "18:00", set())
    assert calendar_for(RULES, "UTC", "DE", "listed").holidays == {date(2026, 6, 1)}


def test_the_programs_own_holidays_come_on_top():
    calendar = calendar_for(RULES, "UTC", None, "listed", [date(2026, 12, 31)])
    assert calendar.holidays == {date(2026, 6, 1), date(2026, 12, 31)}


def test_a_calendar_nobody_wrote_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match="'lunar': expected one of default, gulf, listed"):
        calendar_for(RULES, "UTC", "DE", "lunar")


def test_holidays_of_a_country_nobody_knows_are_none():
    assert public_holidays("XX") == frozenset()
    assert date(2026, 7, 3) in public_holidays("US")  # Independence Day 2026 is a Saturday, observed on Friday


def test_one_business_day_is_one_span_from_opening_to_closing_not_24_hours():
    calendar = calendar_for(RULES, "Europe/Berlin", None)
    monday_noon = utc("2026-01-05T11:00")
    assert due_at(monday_noon, DAY, calendar) == utc("2026-01-06T11:00")
    assert due_at(monday_noon, Duration(business_hours=24), calendar) == utc("2026-01-08T11:00")
    assert due_at(monday_noon, Duration(hours=24), calendar) == utc("2026-01-06T11:00")


def test_elapsed_hours_are_real_hours_across_a_clock_change():
    calendar = calendar_for(RULES, "Europe/Berlin", None)
    before = utc("2026-03-28T12:00")
    assert due_at(before, Duration(hours=24), calendar) - before == timedelta(hours=24)


def test_half_a_business_day_is_half_the_span():
    gulf = calendar_for(RULES, "Asia/Riyadh", None, "gulf")
    assert due_at(utc("2026-01-04T05:00"), Duration(business_days=0.5), gulf) == utc("2026-01-04T10:00")


def test_a_column_of_deadlines_gives_what_each_row_gives():
    spans = [DAY, Duration(business_hours=3), Duration(hours=36), Duration(business_days=2.5)]
    calendars = [calendar_for(RULES, "Europe/Berlin", "DE"), calendar_for(RULES, "Asia/Riyadh", None, "gulf")]
    generator = np.random.default_rng(5)
    starts = np.datetime64("2026-03-20", "s") + generator.integers(0, 20 * 86400, 200).astype("timedelta64[s]")
    which_span, which_calendar = generator.integers(0, 4, 200), generator.integers(0, 2, 200)
    due = due_at_many(starts, spans, which_span, calendars, which_calendar)
    expected = [
        due_at(start.item().replace(tzinfo=UTC), spans[span], calendars[calendar])
        for start, span, calendar in zip(starts, which_span, which_calendar, strict=True)
    ]
    assert [value.item().replace(tzinfo=UTC) for value in due] == expected


def test_no_rows_have_no_deadlines():
    none = np.array([], dtype="datetime64[us]")
    nothing = np.array([], dtype=np.int64)
    assert due_at_many(none, [DAY], nothing, [calendar_for(RULES, "UTC", None)], nothing).tolist() == []
