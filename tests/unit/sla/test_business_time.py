"""Business time against a clock that is read second by second, over every kind of clock change."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing_jobs.sla import (
    Calendar,
    add_business_seconds,
    add_business_seconds_many,
    business_seconds,
    business_seconds_many,
)

BERLIN = Calendar("Europe/Berlin", {1, 2, 3, 4, 5}, holidays={date(2026, 12, 25)})

# One clock change of each kind, in UTC.
CLOCK_CHANGES = {
    "one hour forward at 02:00": ("America/New_York", "2026-03-08T07:00"),
    "one hour back at 02:00": ("America/New_York", "2026-11-01T06:00"),
    "one hour forward, Europe": ("Europe/London", "2026-03-29T01:00"),
    "one hour back, Europe": ("Europe/Berlin", "2026-10-25T01:00"),
    "midnight does not exist": ("America/Sao_Paulo", "2018-11-04T03:00"),
    "the hour before midnight twice": ("America/Sao_Paulo", "2018-02-18T02:00"),
    "midnight does not exist, Havana": ("America/Havana", "2026-03-08T05:00"),
    "midnight twice, Beirut": ("Asia/Beirut", "2022-10-29T21:00"),
    "30 minutes forward": ("Australia/Lord_Howe", "2026-10-03T15:30"),
    "30 minutes back": ("Australia/Lord_Howe", "2026-04-04T15:00"),
    "two hours forward": ("Antarctica/Troll", "2026-03-29T01:00"),
    "two hours back": ("Antarctica/Troll", "2026-10-25T01:00"),
    "one minute past midnight": ("America/St_Johns", "2010-03-14T03:31"),
    "a quarter of an hour for ever": ("Asia/Kathmandu", "1985-12-31T18:30"),
    "half an hour for ever, back": ("Asia/Pyongyang", "2015-08-14T15:00"),
    "half an hour for ever, forward": ("America/Caracas", "2016-05-01T07:00"),
    "a whole day does not exist": ("Pacific/Apia", "2011-12-30T10:00"),
    "out for Ramadan": ("Africa/Casablanca", "2026-02-15T02:00"),
    "44 minutes and 30 seconds": ("Africa/Monrovia", "1972-01-07T00:44:30"),
}
ZONES = [
    "UTC", "America/New_York", "America/St_Johns", "America/Sao_Paulo", "America/Asuncion", "America/Havana",
    "Europe/London", "Europe/Dublin", "Africa/Casablanca", "Africa/Cairo", "Asia/Tehran", "Asia/Kathmandu",
    "Asia/Gaza", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Chatham", "Pacific/Apia", "Antarctica/Troll",
]  # fmt: skip


def counted(start, end, calendar, step=1):
    """The definition itself: read the partner's wall clock at every step from start up to end."""
    zone = ZoneInfo(calendar.timezone)
    opens, closes = calendar.open_second, calendar.close_second
    seconds = 0
    at = start.astimezone(UTC)
    while at < end:
        wall = at.astimezone(zone)
        second = wall.hour * 3600 + wall.minute * 60 + wall.second
        is_working_day = wall.isoweekday() in calendar.weekdays and wall.date() not in calendar.holidays
        seconds += step * (is_working_day and opens <= second < closes)
        at += timedelta(seconds=step)
    return seconds


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def clock(minutes):
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


@st.composite
def calendars(draw, zones=ZONES):
    opens = draw(st.integers(0, 1439))
    closes = draw(st.one_of(st.just(1440), st.integers(opens + 1, 1440)))
    weekdays = draw(st.sets(st.integers(1, 7), min_size=1))
    return Calendar(draw(st.sampled_from(zones)), weekdays, clock(opens), clock(closes))


instants = st.integers(315532800, 2145916800).map(lambda second: datetime.fromtimestamp(second // 60 * 60, UTC))


@pytest.mark.parametrize("change", CLOCK_CHANGES)
@pytest.mark.parametrize(
    ("opens", "closes"),
    [
        ("00:00", "24:00"),
        ("09:00", "17:00"),
        ("02:15", "23:45"),
        ("00:30", "01:30"),
        ("23:15", "24:00"),
        ("01:30", "09:00"),
    ],
)
def test_every_kind_of_clock_change_agrees_with_a_clock_read_each_half_minute(change, opens, closes):
    zone, at = CLOCK_CHANGES[change]
    calendar = Calendar(zone, {1, 2, 3, 4, 5, 6, 7}, opens, closes)
    middle = utc(at)
    assert (
        middle.astimezone(ZoneInfo(zone)).utcoffset()
        != (middle - timedelta(seconds=1)).astimezone(ZoneInfo(zone)).utcoffset()
    ), "the example must be a real clock change"
    start, end = middle - timedelta(hours=9), middle + timedelta(hours=9)
    assert business_seconds(start, end, calendar) == counted(start, end, calendar, step=30)


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(sorted(CLOCK_CHANGES)), calendars(), st.integers(-7200, 7200), st.integers(0, 5400))
def test_around_clock_changes_agrees_with_a_clock_read_each_second(change, pattern, offset, length):
    zone, at = CLOCK_CHANGES[change]
    calendar = Calendar(zone, pattern.weekdays, pattern.open, pattern.close)
    start = utc(at) + timedelta(seconds=offset)
    end = start + timedelta(seconds=length)
    assert business_seconds(start, end, calendar) == counted(start, end, calendar)


@settings(deadline=None, max_examples=60)
@given(calendars(), instants, st.integers(0, 4 * 1440), st.data())
def test_anywhere_any_time_agrees_with_a_clock_read_each_minute(calendar, start, minutes, data):
    end = start + timedelta(minutes=minutes)
    local = start.astimezone(ZoneInfo(calendar.timezone)).date()
    holidays = data.draw(st.sets(st.integers(0, 4).map(lambda days: local + timedelta(days=days))))
    calendar = Calendar(calendar.timezone, calendar.weekdays, calendar.open, calendar.close, holidays)
    assert business_seconds(start, end, calendar) == counted(start, end, calendar, step=60)


@settings(deadline=None, max_examples=80)
@given(calendars(), instants, st.integers(0, 10**6))
def test_adding_is_the_inverse_of_measuring(calendar, start, seconds):
    due = add_business_seconds(start, seconds, calendar)
    assert business_seconds(start, due, calendar) == seconds
    if seconds:  # and no earlier instant would do
        assert business_seconds(start, due - timedelta(microseconds=1), calendar) == seconds - 1
    else:
        assert due == start


@settings(deadline=None, max_examples=60)
@given(calendars(), st.lists(instants, min_size=3, max_size=3))
def test_neighbouring_intervals_add_up(calendar, ends):
    first, middle, last = sorted(ends)
    parts = business_seconds(first, middle, calendar) + business_seconds(middle, last, calendar)
    assert business_seconds(first, last, calendar) == parts


def test_an_interval_is_half_open():
    opening, closing = utc("2026-01-05T08:00"), utc("2026-01-05T16:00")  # 09:00 and 17:00 in Berlin, a Monday
    second = timedelta(seconds=1)
    assert business_seconds(opening - second, opening, BERLIN) == 0
    assert business_seconds(opening, opening + second, BERLIN) == 1
    assert business_seconds(closing - second, closing, BERLIN) == 1
    assert business_seconds(closing, closing + second, BERLIN) == 0
    assert business_seconds(opening, closing, BERLIN) == 8 * 3600


def test_an_end_before_its_start_counts_nothing():
    assert business_seconds(utc("2026-01-05T12:00"), utc("2026-01-05T09:00"), BERLIN) == 0


def test_a_started_second_does_not_count():
    start = utc("2026-01-05T12:00")
    assert business_seconds(start, start + timedelta(microseconds=1_999_999), BERLIN) == 1


def test_weekend_and_holiday_move_a_deadline():
    thursday_evening = utc("2026-12-24T15:00")  # one hour before closing; Friday is Christmas Day
    assert add_business_seconds(thursday_evening, 2 * 3600, BERLIN) == utc("2026-12-28T09:00")


def test_what_is_used_up_at_closing_is_due_at_closing():
    friday = utc("2026-01-09T15:00")
    assert add_business_seconds(friday, 3600, BERLIN) == utc("2026-01-09T16:00")
    assert add_business_seconds(friday, 3601, BERLIN) == utc("2026-01-12T08:00:01")


def test_a_day_has_23_or_25_hours_when_clocks_change():
    always = Calendar("Europe/Berlin", {1, 2, 3, 4, 5, 6, 7}, "00:00", "24:00")
    assert business_seconds(utc("2026-03-28T23:00"), utc("2026-03-29T22:00"), always) == 23 * 3600
    assert business_seconds(utc("2026-10-24T22:00"), utc("2026-10-25T23:00"), always) == 25 * 3600


def test_instants_come_in_every_usual_form_and_go_out_in_the_same():
    start, end = utc("2026-01-05T12:00"), utc("2026-01-05T13:00")
    berlin = start.astimezone(ZoneInfo("Europe/Berlin"))
    assert business_seconds(berlin, pd.Timestamp(end), BERLIN) == 3600
    assert business_seconds(np.datetime64("2026-01-05T12:00"), np.datetime64("2026-01-05T13:00", "ns"), BERLIN) == 3600
    assert add_business_seconds(berlin, 60, BERLIN) == utc("2026-01-05T12:01")
    assert add_business_seconds(berlin, 60, BERLIN).tzinfo is UTC
    assert add_business_seconds(np.datetime64("2026-01-05T12:00"), 60, BERLIN) == np.datetime64("2026-01-05T12:01")
    stamp = add_business_seconds(pd.Timestamp(start), 60, BERLIN)
    assert isinstance(stamp, pd.Timestamp) and stamp == pd.Timestamp("2026-01-05T12:01Z")


@settings(deadline=None, max_examples=30)
@given(
    st.lists(calendars(), min_size=1, max_size=4),
    st.lists(st.tuples(instants, instants, st.integers(0, 10**6)), max_size=12),
    st.data(),
)
def test_a_column_of_rows_gives_what_each_row_gives(several, rows, data):
    which = [data.draw(st.integers(0, len(several) - 1)) for _ in rows]
    starts, ends, seconds = ([row[part] for row in rows] for part in range(3))
    measured = business_seconds_many(starts, ends, several, which)
    assert measured.tolist() == [
        business_seconds(start, end, several[code]) for start, end, code in zip(starts, ends, which, strict=True)
    ]
    added = add_business_seconds_many(starts, seconds, several, which)
    assert [value.astype("datetime64[us]").item().replace(tzinfo=UTC) for value in added] == [
        add_business_seconds(start, wanted, several[code])
        for start, wanted, code in zip(starts, seconds, which, strict=True)
    ]


def test_columns_come_as_numpy_series_or_index():
    starts = np.array(["2026-01-05T12:00", "2026-01-09T15:30"], dtype="datetime64[us]")
    ends = pd.Series(pd.to_datetime(["2026-01-05T14:00+01:00", "2026-01-12T09:30+01:00"], utc=True))
    expected = [3600, 3600]
    assert business_seconds_many(starts, ends, BERLIN).tolist() == expected
    aware = pd.DatetimeIndex(starts).tz_localize("UTC").tz_convert("Asia/Tokyo").as_unit("ns")
    assert business_seconds_many(aware, ends.dt.tz_localize(None), BERLIN).tolist() == expected


def test_wrong_instants_are_named():
    aware = utc("2026-01-05T12:00")
    with pytest.raises(ValueError, match="no time zone"):
        business_seconds(aware.replace(tzinfo=None), aware, BERLIN)
    with pytest.raises(ValueError, match="NaT"):
        business_seconds(aware, pd.NaT, BERLIN)
    with pytest.raises(ValueError, match="row 1: end is missing"):
        stamps = np.array(["2026-01-05", "NaT"], dtype="datetime64[us]")
        business_seconds_many(stamps[[0, 0]], stamps, BERLIN)
    with pytest.raises(ValueError, match="row 1: start: instant None"):
        business_seconds_many([aware, None], [aware, aware], BERLIN)
    with pytest.raises(ValueError, match="2 starts but 1 ends"):
        business_seconds_many([aware, aware], [aware], BERLIN)
    with pytest.raises(ValueError, match="row 0: calendar 1"):
        business_seconds_many([aware], [aware], [BERLIN], [1])
    with pytest.raises(ValueError, match="row 0: -1 seconds"):
        add_business_seconds(aware, -1, BERLIN)
    with pytest.raises(ValueError, match=r"row 1: 0\.5 seconds"):
        add_business_seconds_many([aware, aware], [1, 0.5], BERLIN)


def test_a_calendar_that_never_opens_has_no_deadline_but_can_be_measured():
    closed = Calendar("UTC", set())
    start = utc("2026-01-05T12:00")
    assert business_seconds(start, start + timedelta(days=9), closed) == 0
    assert add_business_seconds(start, 0, closed) == start
    with pytest.raises(ValueError, match="weekdays are empty"):
        add_business_seconds(start, 1, closed)
    with pytest.raises(ValueError, match="not open for 1000000000000 more seconds"):
        add_business_seconds(start, 10**12, BERLIN)
