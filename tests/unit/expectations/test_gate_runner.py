"""The runner of gates: what passes on nothing, on NULL or unseen elsewhere must fail here."""

from datetime import datetime

import duckdb
import pytest

from expectations import gate as gate_module
from expectations.declare import Dataset, Gate, between, holds, not_null, one_of, unique
from routing_jobs.warehouse.schema import create_tables

AS_OF = datetime(2026, 3, 1)


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    create_tables(connection)
    connection.execute("create table leads (lead_id varchar, score bigint, is_good boolean, code varchar)")
    connection.execute("insert into leads values ('a', 10, true, 'x'), ('b', 20, true, 'y'), ('c', 30, true, 'x')")
    return connection


def judged(connection, monkeypatch, count="select 3", minimum_rows=1):
    dataset = Dataset(
        name="leads",
        rows="select * from leads order by lead_id",
        count=count,
        key="lead_id",
        minimum_rows=minimum_rows,
        checks=(
            not_null("lead_id", "fill it"),
            unique("lead_id", "make it unique"),
            between("score", 0, 100, "bring it into range"),
            holds("is_good", "is bad", "mend it"),
            one_of("code", ("x", "y"), "use a known one"),
        ),
    )
    gate = Gate(name="trial", datasets=(dataset,), subject=("leads",))
    monkeypatch.setitem(gate_module.GATES, "trial", gate)
    verdicts = gate_module.run_gate("trial", connection, "run-1", AS_OF)
    return {verdict.check_name.removeprefix("leads__"): verdict for verdict in verdicts}


def test_good_rows_pass_every_check_and_the_verdict_is_stored(connection, monkeypatch):
    verdicts = judged(connection, monkeypatch)
    assert len(verdicts) == 6
    assert all(verdict.passed and verdict.rows_seen == 3 for verdict in verdicts.values())
    assert connection.execute("select count(*), bool_and(passed) from gates.verdict").fetchone() == (6, True)


@pytest.mark.parametrize(
    ("change", "failing", "rows_failed", "keys"),
    [
        ("update leads set lead_id = null where lead_id = 'a'", "lead_id_is_filled", 1, None),
        ("update leads set lead_id = 'b' where lead_id = 'a'", "lead_id_is_unique", 2, ["b", "b"]),
        ("update leads set score = 101 where lead_id = 'c'", "score_in_range", 1, ["c"]),
        ("update leads set score = null where lead_id = 'c'", "score_in_range", 1, []),
        ("update leads set is_good = false where lead_id = 'b'", "is_good", 1, ["b"]),
        ("update leads set is_good = null where lead_id = 'b'", "is_good", 1, []),
        ("update leads set code = 'z' where lead_id = 'b'", "code_is_known", 1, ["b"]),
        ("update leads set code = null", "code_is_known", 3, []),
    ],
)
def test_one_violating_row_fails_its_check(connection, monkeypatch, change, failing, rows_failed, keys):
    connection.execute(change)
    verdict = judged(connection, monkeypatch)[failing]
    assert not verdict.passed
    assert verdict.rows_failed == rows_failed
    assert keys is None or verdict.failing_keys == keys
    assert verdict.remedy


def test_an_empty_table_fails_where_rows_are_due(connection, monkeypatch):
    connection.execute("delete from leads")
    verdicts = judged(connection, monkeypatch)
    assert not verdicts["rows_are_complete"].passed
    assert not any(verdict.passed for verdict in verdicts.values())


def test_an_empty_table_passes_only_where_the_independent_count_is_zero_too(connection, monkeypatch):
    connection.execute("delete from leads")
    verdicts = judged(connection, monkeypatch, count="select 0", minimum_rows=0)
    assert all(verdict.passed for verdict in verdicts.values())


def test_rows_that_went_missing_fail_every_check(connection, monkeypatch):
    verdicts = judged(connection, monkeypatch, count="select 4")
    assert not any(verdict.passed for verdict in verdicts.values())


def test_a_missing_column_fails_its_check_instead_of_passing(connection, monkeypatch):
    connection.execute("alter table leads drop column code")
    assert not judged(connection, monkeypatch)["code_is_known"].passed


def test_the_verdict_is_bound_to_the_content_whatever_the_row_order(connection, monkeypatch):
    first = judged(connection, monkeypatch)["is_good"].subject_sha256
    connection.execute("create or replace table leads as select * from leads order by lead_id desc")
    assert judged(connection, monkeypatch)["is_good"].subject_sha256 == first
    connection.execute("update leads set score = 11 where lead_id = 'a'")
    assert judged(connection, monkeypatch)["is_good"].subject_sha256 != first
