"""Publishing: a reader sees whole releases only, a wrong release never becomes current, old ones stay readable."""

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from routing_jobs.program.errors import LeadrouteError
from routing_jobs.program.workspace import Workspace
from routing_jobs.publish import release as release_module
from routing_jobs.publish.audit import differences
from routing_jobs.publish.release import ReleaseFacts, list_releases, publish_release, roll_back

FACTS = ReleaseFacts(datetime(2026, 3, 1, 8), "run-1", "input", "rulebook", "head", [])


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


@pytest.fixture
def marts(tmp_path: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(str(tmp_path / "warehouse.duckdb"))
    connection.execute("create schema marts")
    connection.execute("create table marts.fct_lead as select i as lead_id, i % 3 as stage from range(100) numbers(i)")
    connection.execute("create table marts.rpt_funnel as select 1 as generation, count(*) as leads from marts.fct_lead")
    connection.execute("comment on column marts.fct_lead.lead_id is 'The lead''s id'")
    return connection


def publish(workspace, marts, keep=5, facts=FACTS):
    return publish_release(workspace, marts, facts, lambda _connection, path: path.write_text("<p>report</p>"), keep)


def current_database(workspace: Workspace) -> Path:
    return (workspace.published / "current").resolve() / "leadroute.duckdb"


def test_a_release_holds_every_mart_as_database_and_parquet_with_comments(workspace, marts):
    publication = publish(workspace, marts)
    reader = duckdb.connect(str(current_database(workspace)), read_only=True)
    assert reader.execute("select count(*), sum(lead_id) from marts.fct_lead").fetchone() == (100, 4950)
    comment = reader.execute("select comment from duckdb_columns() where column_name = 'lead_id'").fetchone()
    assert comment == ("The lead's id",)
    parquet = workspace.published / "current" / "parquet" / "fct_lead.parquet"
    assert duckdb.execute("select count(*) from read_parquet(?)", [str(parquet)]).fetchone() == (100,)
    manifest = json.loads((publication.path / "manifest.json").read_text())
    assert manifest["tables"]["fct_lead"]["rows"] == 100
    assert all(path.stat().st_mode & 0o222 == 0 for path in publication.path.rglob("*") if path.is_file())


def test_the_same_content_makes_no_second_release_in_whatever_row_order(workspace, marts):
    first = publish(workspace, marts)
    marts.execute("create or replace table marts.fct_lead as select * from marts.fct_lead order by lead_id desc")
    marts.execute("comment on column marts.fct_lead.lead_id is 'The lead''s id'")
    second = publish(workspace, marts)
    assert (second.is_new, second.release_id) == (False, first.release_id)
    marts.execute("update marts.fct_lead set stage = 9 where lead_id = 1")
    assert publish(workspace, marts).is_new


def test_a_reader_that_reopens_during_many_publishes_never_sees_two_generations_mixed(workspace, marts):
    publish(workspace, marts)
    script = (
        "import sys, duckdb\n"
        "seen = set()\n"
        "while True:\n"
        "    connection = duckdb.connect(sys.argv[1], read_only=True)\n"
        "    generation, leads = connection.execute('select generation, leads from marts.rpt_funnel').fetchone()\n"
        "    assert connection.execute('select count(*) from marts.fct_lead').fetchone()[0] == leads\n"
        "    connection.close()\n"
        "    seen.add(generation)\n"
        "    if generation >= 12: break\n"
        "print(len(seen))\n"
    )
    path = str(workspace.published / "current" / "leadroute.duckdb")
    reader = subprocess.Popen([sys.executable, "-c", script, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    for generation in range(2, 13):
        marts.execute("insert into marts.fct_lead values (?, 0)", [1000 + generation])
        marts.execute(
            "create or replace table marts.rpt_funnel as select ? as generation, count(*) as leads from marts.fct_lead",
            [generation],
        )
        publish(workspace, marts, keep=3)
    output, errors = reader.communicate(timeout=120)
    assert reader.returncode == 0, errors.decode()
    assert int(output) >= 1


def test_a_reader_holding_the_old_file_keeps_it_and_blocks_nothing(workspace, marts):
    publish(workspace, marts, keep=1)
    held = duckdb.connect(str(current_database(workspace)), read_only=True)
    marts.execute("delete from marts.fct_lead where lead_id < 50")
    publish(workspace, marts, keep=1)
    assert held.execute("select count(*) from marts.fct_lead").fetchone() == (100,)
    fresh = duckdb.connect(str(current_database(workspace)), read_only=True)
    assert fresh.execute("select count(*) from marts.fct_lead").fetchone() == (50,)
    assert len(list_releases(workspace)) == 1


def test_a_release_that_does_not_read_back_never_becomes_current(workspace, marts, monkeypatch):
    first = publish(workspace, marts)
    written = release_module._write_parquet

    def lose_a_row(connection, building, tables):
        written(connection, building, tables)
        rest = "select * from marts.fct_lead where lead_id != 7"
        connection.execute(f"copy ({rest}) to '{building}/parquet/fct_lead.parquet' (format parquet)")

    marts.execute("insert into marts.fct_lead values (500, 1)")
    monkeypatch.setattr(release_module, "_write_parquet", lose_a_row)
    with pytest.raises(LeadrouteError, match="parquet file fct_lead differs"):
        publish(workspace, marts)
    assert current_database(workspace).parent.name == first.release_id
    assert [entry["release_id"] for entry in list_releases(workspace)] == [first.release_id]


@pytest.mark.parametrize("written_by", [duckdb.__version__, "1.4.5"])
def test_the_audit_finds_a_changed_row_by_mark_and_by_content_hash(workspace, marts, written_by):
    release = publish(workspace, marts).path
    manifest = release / "manifest.json"
    for path in release.rglob("*"):
        path.chmod(0o755)
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"duckdb": written_by}))
    assert differences(release) == []
    with duckdb.connect(str(release / "leadroute.duckdb")) as connection:
        connection.execute("update marts.fct_lead set lead_id = 999 where lead_id = 7")
    assert differences(release) == [
        "table fct_lead differs from the manifest",
        "parquet file fct_lead differs from the table",
    ]


def test_roll_back_returns_to_the_release_before_and_names_what_is_kept(workspace, marts):
    first = publish(workspace, marts)
    marts.execute("delete from marts.fct_lead")
    publish(workspace, marts)
    assert roll_back(workspace) == first.release_id
    with pytest.raises(LeadrouteError, match=first.release_id):
        roll_back(workspace, "r999999")


def test_an_unfinished_release_left_by_a_killed_run_is_discarded(workspace, marts):
    publish(workspace, marts)
    left = workspace.published / "releases" / ".building-r000002"
    left.mkdir()
    (left / "leadroute.duckdb").write_text("half")
    marts.execute("delete from marts.fct_lead where lead_id = 3")
    publish(workspace, marts)
    assert not left.exists()


def test_a_release_finished_by_a_run_killed_before_it_switched_is_switched_to(workspace, marts):
    publish(workspace, marts)
    marts.execute("delete from marts.fct_lead where lead_id = 3")
    finished = publish_release(
        workspace, marts, FACTS, lambda _connection, path: path.write_text("<p>report</p>"), 5, becomes_current=False
    )
    (workspace.published / ".current-1").symlink_to("releases/half")
    again = publish(workspace, marts)
    assert (again.release_id, again.is_new) == (finished.release_id, True)
    assert [release["is_current"] for release in list_releases(workspace)] == [True, False]
    assert {path.name for path in workspace.published.iterdir()} == {"current", "releases"}
