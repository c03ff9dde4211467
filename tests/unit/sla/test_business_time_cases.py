"""The published business-time cases: start, end, calendar and the exact seconds, found by two other methods."""

import csv
import os
from collections import defaultdict
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pytest

from routing_jobs.sla import Calendar, add_business_seconds, business_seconds, business_seconds_many

REPOSITORY = Path(__file__).resolve().parents[3]
FOLDER = Path(os.environ.get("LEADROUTE_REAL_DATA") or REPOSITORY.parent / "shared" / "data") / "business_time"

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no business-time cases at {FOLDER}: set LEADROUTE_REAL_DATA"),
]


def rows(name):
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def calendars():
    holidays = defaultdict(set)
    for row in rows("calendar_holidays.csv"):
        holidays[row["calendar_id"]].add(date.fromisoformat(row["holiday_date"]))
    return {
        row["calendar_id"]: Calendar(
            row["timezone"],
            {int(day) for day in row["weekdays_iso"].split()},
            row["open_local"],
            row["close_local"],
            holidays[row["calendar_id"]],
        )
        for row in rows("calendars.csv")
    }


def test_every_case_is_exact_to_the_second(calendars):
    cases = rows("cases.csv")
    wrong = [
        (row["case_id"], row["expected_business_seconds"], found)
        for row in cases
        if (found := seconds_of(row, calendars)) != int(row["expected_business_seconds"])
    ]
    assert len(cases) >= 340
    assert wrong == []


def test_every_case_comes_out_of_one_pass_and_back_as_a_deadline(calendars):
    cases = rows("cases.csv")
    names = sorted(calendars)
    starts, ends = (
        np.array([row[key].rstrip("Z") for row in cases], "datetime64[us]") for key in ("start_utc", "end_utc")
    )
    which = [names.index(row["calendar_id"]) for row in cases]
    measured = business_seconds_many(starts, ends, [calendars[name] for name in names], which)
    assert measured.tolist() == [int(row["expected_business_seconds"]) for row in cases]
    for row, seconds in zip(cases, measured.tolist(), strict=True):
        calendar, start = calendars[row["calendar_id"]], datetime.fromisoformat(row["start_utc"])
        assert business_seconds(start, add_business_seconds(start, seconds, calendar), calendar) == seconds


def seconds_of(row, calendars):
    start, end = datetime.fromisoformat(row["start_utc"]), datetime.fromisoformat(row["end_utc"])
    return business_seconds(start, end, calendars[row["calendar_id"]])
