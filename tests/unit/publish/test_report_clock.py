"""Periods of the report: days, months and fiscal quarters of the program, as UTC instants."""

from datetime import date, datetime

import pytest

from routing_jobs.publish.report.clock import Clock, Months, month_after


def clock(as_of="2026-06-15 12:00", timezone="Europe/Berlin", fiscal_year_starts=2):
    return Clock("Test", "EUR", 2, timezone, fiscal_year_starts, datetime.fromisoformat(as_of))


def test_today_is_the_programs_day():
    assert clock("2026-06-15 22:30").today == date(2026, 6, 16)
    assert clock("2026-06-15 03:00", "America/Los_Angeles").today == date(2026, 6, 14)


def test_a_day_begins_at_the_programs_midnight_summer_and_winter():
    assert clock().instant(date(2026, 6, 1)) == datetime.fromisoformat("2026-05-31 22:00")
    assert clock().instant(date(2026, 1, 1)) == datetime.fromisoformat("2025-12-31 23:00")


def test_ninety_days_are_whole_days_of_the_program_today_included():
    period, before = clock().days(90)
    assert (period.start, period.end) == (
        datetime.fromisoformat("2026-03-17 23:00"),  # winter time
        datetime.fromisoformat("2026-06-15 22:00"),
    )
    assert period.label == "18 Mar – 15 Jun 2026"
    assert before.end == period.start
    assert before.label == "18 Dec 2025 – 17 Mar 2026"


@pytest.mark.parametrize(
    ("as_of", "end", "label"),
    [
        ("2026-06-15 12:00", "2026-05-31 22:00", "25 May – 31 May 2026"),  # not 1 June, half of which is too young
        ("2026-06-14 22:00", "2026-05-31 22:00", "25 May – 31 May 2026"),  # midnight: 31 May ended 14 days ago
        ("2026-06-14 21:59", "2026-05-30 22:00", "24 May – 30 May 2026"),
        ("2026-04-05 22:30", "2026-03-21 23:00", "15 Mar – 21 Mar 2026"),  # 6 April, 14 times 24 hours after 22 March
    ],
)
def test_watched_days_are_the_last_whole_ones_that_ended_so_long_ago(as_of, end, label):
    period, before = clock(as_of).days(7, watched_for=14)
    assert (period.end, period.label) == (datetime.fromisoformat(end), label)
    assert before.end == period.start


def test_complete_months_leave_the_running_one_out():
    months = clock().complete_months(3)
    assert months == Months(date(2026, 3, 1), date(2026, 6, 1))
    assert months.starts() == [date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)]
    assert months.before() == Months(date(2025, 12, 1), date(2026, 3, 1))
    assert (months.label, months.before().label) == ("Mar – May 2026", "Dec 2025 – Feb 2026")
    assert clock().months_to_now(12).starts()[-1] == date(2026, 6, 1)


@pytest.mark.parametrize(
    ("as_of", "starts", "name", "first"),
    [  # as in macros/time.sql: the fiscal year is named by the calendar year it ends in
        ("2026-06-15 12:00", 2, "FY2027-Q2", date(2026, 5, 1)),
        ("2026-01-15 12:00", 2, "FY2026-Q4", date(2025, 11, 1)),
        ("2026-02-01 12:00", 2, "FY2027-Q1", date(2026, 2, 1)),
        ("2026-01-31 23:30", 2, "FY2027-Q1", date(2026, 2, 1)),  # already February in Berlin
        ("2026-06-15 12:00", 1, "FY2026-Q2", date(2026, 4, 1)),
        ("2026-06-15 12:00", 7, "FY2026-Q4", date(2026, 4, 1)),
        ("2026-07-01 12:00", 7, "FY2027-Q1", date(2026, 7, 1)),
    ],
)
def test_the_fiscal_quarter_is_named_as_the_marts_name_it(as_of, starts, name, first):
    quarter = clock(as_of, fiscal_year_starts=starts).quarters(1)[0]
    assert (quarter.name, quarter.first) == (name, first)


def test_quarters_come_in_order_over_years():
    names = [quarter.name for quarter in clock().quarters(5)]
    assert names == ["FY2026-Q2", "FY2026-Q3", "FY2026-Q4", "FY2027-Q1", "FY2027-Q2"]


def test_months_step_over_years():
    assert month_after(date(2026, 1, 15), -1) == date(2025, 12, 1)
    assert month_after(date(2026, 11, 30), 14) == date(2028, 1, 1)
