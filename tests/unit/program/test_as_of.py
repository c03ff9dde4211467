"""--as-of is read in the program's zone and means one instant, or is refused."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing_jobs.program.as_of import is_replay, local_day, parse_as_of, resolve_as_of
from routing_jobs.program.errors import ConfigurationError

at = datetime.fromisoformat  # naive UTC


@pytest.mark.parametrize(
    ("text", "timezone", "expected"),
    [
        ("2026-03-01T08:00:00Z", "Europe/Berlin", at("2026-03-01T08:00:00")),
        ("2026-03-01T08:00:00+05:45", "Europe/Berlin", at("2026-03-01T02:15:00")),
        ("2026-03-01T08:00", "Europe/Berlin", at("2026-03-01T07:00:00")),
        ("2026-07-01T08:00", "Europe/Berlin", at("2026-07-01T06:00:00")),
        ("2026-03-01", "Europe/Berlin", at("2026-03-01T22:59:59")),
        ("2026-03-29", "Europe/Berlin", at("2026-03-29T21:59:59")),  # the day the clocks go forward
        (" 2026-03-01 ", "UTC", at("2026-03-01T23:59:59")),
        ("2026-03-01T08:00:00.123456", "UTC", at("2026-03-01T08:00:00.123456")),
    ],
)
def test_an_instant_is_read_in_the_programs_zone(text, timezone, expected):
    assert parse_as_of(text, timezone) == expected


@pytest.mark.parametrize("text", ["", "yesterday", "01.03.2026", "2026-02-30", "2026-03-01T25:00", "9999-12-31"])
def test_what_is_no_instant_is_refused_with_an_example(text):
    with pytest.raises(ConfigurationError, match="expected an ISO 8601 instant such as 2026-03-01T08:00:00Z"):
        parse_as_of(text, "Europe/Berlin")


def test_a_local_time_the_change_of_clocks_skips_or_repeats_is_refused():
    with pytest.raises(ConfigurationError, match="does not exist in Europe/Berlin"):
        parse_as_of("2026-03-29T02:30", "Europe/Berlin")
    with pytest.raises(ConfigurationError, match="happens twice in Europe/Berlin"):
        parse_as_of("2026-10-25T02:30", "Europe/Berlin")
    assert parse_as_of("2026-10-25T02:30+01:00", "Europe/Berlin") == at("2026-10-25T01:30:00")


@given(
    st.datetimes(min_value=at("1990-01-01T00:00:00"), max_value=at("2040-01-01T00:00:00")),
    st.sampled_from(["Asia/Kathmandu", "America/St_Johns", "Australia/Lord_Howe", "Africa/Cairo", "UTC"]),
)
def test_an_instant_written_with_its_offset_comes_back(instant, timezone):
    written = instant.replace(tzinfo=UTC).astimezone(ZoneInfo(timezone)).isoformat()
    assert parse_as_of(written, timezone) == instant


def test_as_of_is_what_was_asked_for_else_the_newest_event_else_the_clock():
    now, event, asked = at("2026-03-02T00:00:00"), at("2026-03-01T00:00:00"), at("2025-01-01T00:00:00")
    assert resolve_as_of(asked, "data", event, now) == asked
    assert resolve_as_of(None, "data", event, now) == event
    assert resolve_as_of(None, "clock", event, now) == now
    assert resolve_as_of(None, "data", None, now) == now
    assert resolve_as_of(None, "data", now + timedelta(days=1), now) == now


def test_only_an_as_of_before_the_ledgers_newest_event_is_a_replay():
    event = at("2026-03-01T00:00:00")
    assert is_replay(event - timedelta(microseconds=1), event)
    assert not is_replay(event, event)
    assert not is_replay(event, None)


def test_the_local_day_begins_at_local_midnight():
    assert local_day(at("2026-03-01T22:59:00"), "Europe/Berlin").isoformat() == "2026-03-01"
    assert local_day(at("2026-03-01T23:00:00"), "Europe/Berlin").isoformat() == "2026-03-02"
