"""What a calendar accepts, and that equal calendars are one."""

from datetime import UTC, date, datetime

import pytest

from routing_jobs.sla import Calendar


def test_a_business_day_is_the_span_from_opening_to_closing():
    assert Calendar("UTC", {1}, "08:30", "17:00").business_day_seconds == 8 * 3600 + 1800
    assert Calendar("UTC", {1}, "00:00", "24:00").business_day_seconds == 86400


def test_unsaid_it_is_monday_to_friday_nine_to_five():
    calendar = Calendar("UTC")
    assert (calendar.weekdays, calendar.open, calendar.close, calendar.holidays) == (
        {1, 2, 3, 4, 5}, "09:00", "17:00", set(),
    )  # fmt: skip


def test_equal_calendars_are_equal_and_hash_alike_however_their_sets_came():
    one = Calendar("Europe/Berlin", {1, 2}, holidays={date(2026, 1, 1), date(2026, 5, 1)})
    other = Calendar("Europe/Berlin", [2, 1, 1], holidays=[datetime(2026, 5, 1, tzinfo=UTC), date(2026, 1, 1)])
    assert one == other
    assert hash(one) == hash(other)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"timezone": "Mars/Olympus"}, "'Mars/Olympus'"),
        ({"timezone": ""}, "timezone ''"),
        ({"weekdays": {0}}, "weekday 0"),
        ({"weekdays": {8}}, "weekday 8"),
        ({"open": "9:00"}, "'9:00'"),
        ({"open": "09:60"}, "'09:60'"),
        ({"close": "24:01"}, "'24:01'"),
        ({"close": "25:00"}, "'25:00'"),
        ({"open": "17:00", "close": "09:00"}, "expected a time after open '17:00'"),
        ({"open": "09:00", "close": "09:00"}, "expected a time after open '09:00'"),
        ({"open": "24:00", "close": "24:00"}, "expected a time after open '24:00'"),
        ({"open": 9}, "time 9"),
        ({"holidays": {"2026-01-01"}}, "holiday '2026-01-01'"),
    ],
)
def test_anything_else_is_refused_by_its_value(wrong, told):
    with pytest.raises(ValueError, match=told):
        Calendar(**{"timezone": "UTC", "weekdays": {1}} | wrong)
