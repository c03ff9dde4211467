"""Each check of `make bi-check` fails on what it is there to find: lost tables, wrong numbers, releases mixed."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest
from check import to_the_end
from file_checks import check_tables
from findings import Finding, compared, print_findings
from follow_releases import read_database, read_parquet
from metric_cases import CASES, MetricCase
from metric_checks import all_covered, judged
from published import NotPublishedError, current_release
from republishing import Republisher
from superset_checks import Answers, off_machine, refused_write
from superset_server import SupersetServer

from routing_jobs.program.workspace import Workspace

HERE = Path(__file__).parent
READERS = HERE.parents[1] / ".venv-bi" / "readers" / "bin" / "python"
MARTS = """
create schema marts;
create table marts.dim_program as select 'Program' as program_name;
create table marts.fct_lead as select * from (values
    ('a', 'event', 100::bigint), ('b', 'event', null), ('c', 'web_form', 7)
) leads (lead_id, lead_channel, won_amount_minor);
create table marts.rpt_data_quality as select * from (values (40::bigint), (null)) gates (rows_seen);
create table marts.dim_stage as select 'won' as stage;
"""


@pytest.fixture
def publisher(tmp_path: Path):
    marts = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(marts)) as connection:
        connection.execute(MARTS)
    with Republisher(marts, Workspace(tmp_path)) as publisher:
        yield publisher


def changed(publisher: Republisher, statement: str) -> None:
    """Changes the current release's file where it lies, which publishing never does."""
    path = publisher.workspace.published / "current" / "leadroute.duckdb"
    path.chmod(0o644)
    with duckdb.connect(str(path.resolve())) as connection:
        connection.execute(statement)


@pytest.mark.parametrize(
    ("expected", "seen"),
    [({"a": 1, "b": 2}, {"a": 1}), ({"a": 1}, {"a": 1, "b": 2}), ({"a": 1}, {"a": 2}), ({}, {}), ({"a": None}, {})],
    ids=["lost", "not promised", "another number", "nothing to compare", "lost without a value"],
)
def test_a_comparison_fails_when_anything_is_lost_added_different_or_nothing_was_expected(expected, seen):
    assert not compared("reader", "tables", expected, seen, "fine").passed


def test_one_failed_finding_fails_the_whole_and_so_does_having_none(capsys):
    fine, failed = Finding("a", "b", "c", passed=True), Finding("a", "b", "c", passed=False)
    assert print_findings([fine])
    assert not print_findings([fine, failed])
    assert "1 of 2 checks passed" in capsys.readouterr().out
    assert not print_findings([])


def test_an_area_that_breaks_off_fails_and_keeps_what_it_found():
    def broken():
        yield Finding("reader", "first", "1", passed=True)
        raise OSError("file is gone")

    first, last = to_the_end("reader", broken())
    assert first.passed
    assert (last.passed, last.figure) == (False, "OSError: file is gone")


def test_a_workspace_nobody_ran_is_refused_with_what_to_do(tmp_path):
    with pytest.raises(NotPublishedError, match="make run"):
        current_release(Workspace(tmp_path))
    command = [sys.executable, str(HERE / "check.py"), "--workspace", str(tmp_path), "--environments", str(tmp_path)]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.returncode == 2
    assert "make run" in finished.stderr
    assert "Traceback" not in finished.stderr


def test_figures_of_a_table_are_rows_sum_of_whole_numbers_and_characters(publisher):
    assert current_release(publisher.workspace).figures == {
        "dim_program": [1, 0, len("generation 0")],
        "dim_stage": [1, 0, 3],
        "fct_lead": [3, 107, 3 + 5 + 5 + 8],
        "rpt_data_quality": [2, 40, 0],
    }


def test_a_generation_adds_one_to_every_lead_and_gate_and_keeps_its_chart(publisher):
    publisher.publish(3)
    assert publisher.charts[3] == (("event", 106), ("web_form", 10))
    figures = current_release(publisher.workspace).figures
    assert (figures["fct_lead"][1], figures["rpt_data_quality"][1]) == (116, 43)
    assert read_database(publisher.workspace.published, publisher.marks) == (3, [])
    assert read_parquet(publisher.workspace.published, publisher.marks) == (3, [])


@pytest.mark.parametrize(
    "statement",
    [
        "update marts.dim_program set program_name = 'generation 2'",
        "update marts.fct_lead set won_amount_minor = won_amount_minor + 1",
        "delete from marts.rpt_data_quality where rows_seen is not null",
    ],
)
def test_a_reader_finds_a_file_whose_tables_are_of_two_generations(publisher, statement):
    publisher.publish(1)
    changed(publisher, statement)
    assert read_database(publisher.workspace.published, publisher.marks)[1]


def test_a_reader_finds_parquet_files_of_two_releases(publisher):
    publisher.publish(1)
    older, newer = sorted((publisher.workspace.published / "releases").iterdir())
    (newer / "parquet" / "fct_lead.parquet").unlink()
    (older / "parquet" / "fct_lead.parquet").rename(newer / "parquet" / "fct_lead.parquet")
    assert read_parquet(publisher.workspace.published, publisher.marks)[1]


@pytest.mark.skipif(not READERS.exists(), reason="`make bi-check` makes the environment of the readers")
def test_a_parquet_file_that_lost_a_row_is_found_by_polars_and_pyarrow(publisher):
    release = current_release(publisher.workspace)
    lost = release.folder / "parquet" / "fct_lead.parquet"
    lost.unlink()
    duckdb.execute(f"copy (select 'a' as lead_id, 'event' as lead_channel, 107 as won_amount_minor) to '{lost}'")
    failed = {finding.reader.split()[0] for finding in check_tables(READERS, release) if not finding.passed}
    assert failed == {"polars", "pyarrow"}


def test_a_chart_of_no_release_or_of_an_older_one_is_found(publisher):
    publisher.publish(2)
    answers = Answers(publisher)
    answers.judge_chart((("event", 102), ("web_form", 8)))
    answers.judge_chart((("event", 104), ("web_form", 9)))
    assert answers.finding(2, "publishes").passed
    assert not answers.finding(3, "publishes that were never seen").passed
    answers.judge_chart((("event", 102), ("web_form", 8)))
    assert not answers.finding(2, "an older one").passed
    mixed = Answers(publisher)
    mixed.judge_chart((("event", 104), ("web_form", 8)))
    mixed.judge_chart((("event", 104), ("web_form", 9)))
    assert not mixed.finding(2, "one of no release").passed


def test_an_answer_over_tables_of_two_generations_is_found(publisher):
    publisher.publish(1)
    answers = Answers(publisher)
    answers.judge_tables({"program_name": "generation 1", "fct_lead": 110, "rpt_data_quality": 41})
    assert answers.finding(1, "one generation").passed
    answers.judge_tables({"program_name": "generation 1", "fct_lead": 110, "rpt_data_quality": 40})
    assert not answers.finding(1, "two generations").passed


def test_a_database_that_can_be_written_fails():
    obedient = SimpleNamespace(post=lambda path, body: {"data": []})
    assert not refused_write(obedient, 1).passed


def test_a_server_that_listens_beyond_the_loopback_fails():
    server = SupersetServer(SimpleNamespace(pid=os.getpid()), 0, "")
    with socket.create_server(("127.0.0.1", 0)):
        assert off_machine(server).passed
        with socket.create_server(("0.0.0.0", 0)):
            assert not off_machine(server).passed


@pytest.mark.parametrize(
    ("rows", "answer"),
    [
        ([[7]], {"rows": [[8]]}),
        ([[0.25]], {"rows": [[0.2500001]]}),
        ([["a", 1], ["b", 2]], {"rows": [["a", 1]]}),
        ([[None]], {"rows": [[None]]}),
        ([], {"rows": []}),
        ([[7]], {"error": "no such metric"}),
    ],
    ids=["number", "rate", "lost row", "no value", "no row", "error"],
)
def test_a_metric_that_differs_from_its_mart_or_says_nothing_fails(rows, answer):
    assert not judged(MetricCase(("won_minor",), ""), rows, answer).passed


def test_a_metric_equals_its_mart_in_any_order_and_whole_quotients_as_whole_numbers():
    answer = {"rows": [["b", 2.0, None], ["a", 1 / 3, 4]]}
    assert judged(MetricCase(("won_minor",), ""), [["a", 1 / 3, 4], ["b", 2, None]], answer).passed


def test_a_metric_nobody_asks_for_or_that_is_gone_fails():
    defined = sorted({name for case in CASES for name in case.metrics})
    assert all_covered(defined, CASES).passed
    assert not all_covered([*defined, "forgotten"], CASES).passed
    assert not all_covered(defined[1:], CASES).passed


@pytest.mark.parametrize("lock", sorted((HERE / "requirements").glob("*.lock")), ids=lambda lock: lock.stem)
def test_the_locks_name_no_index_and_hash_every_package(lock):
    text = lock.read_text()
    assert "://" not in text
    assert "index" not in text
    blocks = re.split(r"\n(?=[A-Za-z0-9])", text.strip())
    assert len(blocks) > 3
    assert all("--hash=sha256:" in block for block in blocks)
    asked = [line.split(" ")[0] for line in lock.with_suffix(".in").read_text().splitlines() if line[0] != "#"]
    names = {block.split("==")[0] for block in blocks}
    assert {re.split(r"[=<>]", line)[0] for line in asked if line} <= names
