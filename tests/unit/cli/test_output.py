"""Output is one JSON object for programs and safe, aligned text for people."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from routing_jobs.cli.output import emit, print_table, printable

INSTANT = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)


def test_every_value_a_command_has_comes_out_as_json(capsys):
    emit(
        {
            "aware": INSTANT.astimezone(timezone(timedelta(hours=5, minutes=45))),
            "naive": INSTANT.replace(tzinfo=None),
            "day": date(2026, 3, 1),
            "amount": Decimal("12.30"),
            "path": Path("a/b"),
            "count": np.int64(7),
            "rate": np.float64("nan"),
            "flag": np.bool_(True),
            "set": {"b", "a"},
            "nothing": None,
            3: "Straße",
        },
        as_json=True,
    )
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert "Straße" in out
    assert json.loads(out) == {
        "aware": "2026-03-01T08:30:00Z",
        "naive": "2026-03-01T08:30:00Z",
        "day": "2026-03-01",
        "amount": "12.30",
        "path": "a/b",
        "count": 7,
        "rate": None,
        "flag": True,
        "set": ["a", "b"],
        "nothing": None,
        "3": "Straße",
    }


def test_a_value_without_json_form_is_a_programmers_error():
    with pytest.raises(TypeError, match="object has no JSON form"):
        emit({"x": object()}, as_json=True)


def test_people_get_what_show_prints_and_no_json(capsys):
    emit({"x": 1}, as_json=False, show=lambda: print("shown"))
    assert capsys.readouterr().out == "shown\n"


def test_a_table_shows_numbers_right_and_nothing_as_a_dash(capsys):
    print_table(["partner", "leads", "since"], [["p1", 1234, INSTANT], ["[bold]p2", 5, None]], title="Load")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Load"
    assert lines[1].split() == ["partner", "leads", "since"]
    assert lines[3].split() == ["p1", "1,234", "2026-03-01", "08:30"]
    assert lines[4].split() == ["[bold]p2", "5", "-"]
    assert lines[3].index("4 ") == lines[4].index("5 ")


def test_text_from_outside_cannot_steer_the_terminal(capsys):
    print_table(["company"], [["Evil\x1b[31m\x07\u202eCorp"]])
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "Evil\N{REPLACEMENT CHARACTER}[31m" in out
    assert printable("a\tb\nc") == "a\tb\nc"
