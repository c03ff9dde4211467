"""Text built in columns equals what Python's own csv, json, datetime and zoneinfo say."""

import csv
import io
import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing_jobs.generator import text

CELL = st.text(alphabet='ab,;"\n é🙂=', max_size=8)
INSTANT = st.integers(min_value=1_000_000_000, max_value=2_500_000_000)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=5), st.sampled_from(",;"))
def test_csv_lines_read_back_as_they_were(rows: list[tuple[str, str]], delimiter: str) -> None:
    columns = [pa.array([row[at] for row in rows], pa.string()) for at in (0, 1)]
    lines = text.csv_lines(columns, delimiter).to_pylist()
    read = list(csv.reader(io.StringIO("\n".join(lines) + "\n", newline=""), delimiter=delimiter, strict=True))
    assert read == [list(row) for row in rows]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.text(alphabet='a\\"\n é🙂', max_size=8), st.integers(0, 9)), min_size=1, max_size=5))
def test_json_lines_read_back_as_they_were(rows: list[tuple[str, int]]) -> None:
    columns = {
        "word": pa.array([word for word, _ in rows], pa.string()),
        "count": text.number(np.array([n for _, n in rows])),
    }
    read = [json.loads(line) for line in text.json_lines(columns, frozenset({"count"})).to_pylist()]
    assert read == [{"word": word or None, "count": count} for word, count in rows]


@settings(deadline=None, max_examples=60)
@given(st.lists(INSTANT, min_size=1, max_size=5))
def test_instants_are_written_as_strftime_writes_them(seconds: list[int]) -> None:
    written = text.instants(np.array(seconds), "%m/%d/%Y", " ", "%I:%M %p", "").to_pylist()
    assert written == [datetime.fromtimestamp(second, UTC).strftime("%m/%d/%Y %I:%M %p") for second in seconds]


def test_what_never_happened_is_blank() -> None:
    assert text.instants(np.array([text.NEVER, 1_700_000_000])).to_pylist() == ["", "2023-11-14T22:13:20Z"]
    assert text.money(np.array([-1, 5, 123456]), ",").to_pylist() == ["", "0,05", "1234,56"]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York"])
def test_local_time_is_that_of_zoneinfo(zone: str) -> None:
    seconds = np.arange(1_740_000_000, 1_775_000_000, 86_413)  # more than a year, across both changes
    local = text.instants(text.local(seconds, zone), between=" ", after="").to_pylist()
    assert local == [datetime.fromtimestamp(int(s), ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S") for s in seconds]


def test_months_part_the_rows_and_keep_their_order() -> None:
    seconds = np.array([1_772_323_200, 1_772_323_199, 1_772_323_201])  # 2026-03-01T00:00:00Z and its neighbours
    assert {month: rows.tolist() for month, rows in text.by_month(seconds)} == {"2026-02": [1], "2026-03": [0, 2]}
