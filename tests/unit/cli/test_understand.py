"""What `explain`, `exceptions` and `simulate` say where they cannot answer: one sentence, exit code 2."""

import duckdb
import pytest

from routing_jobs.cli import main as frame
from routing_jobs.program.starting import write_starter
from routing_jobs.program.workspace import Workspace
from routing_jobs.publish.serving import TABLES
from routing_jobs.release.facts import DATABASE


@pytest.fixture
def workspace(tmp_path):
    """A workspace whose serving copy has every table of today, with the columns that are asked for here."""
    folder = tmp_path / "program"
    write_starter(folder)
    workspace = Workspace(folder)
    copy = workspace.serving / "000001"
    copy.mkdir(parents=True)
    with duckdb.connect(str(copy / DATABASE)) as connection:
        connection.execute("create schema serving")
        columns = {
            "lead": "lead_id varchar, lead_ref varchar, source_system varchar, source_record_id varchar",
            "partner": "partner_id varchar, partner_name varchar",
            "partner_limit": "partner_id varchar, slots_used int, capacity int, free_slots int, is_active_now boolean",
            "partner_performance": "partner_id varchar, outcome varchar",
            "partner_price": "partner_id varchar, is_express boolean, mode varchar",
            "partner_turn": "pool varchar, partner_id varchar, credit_nanos bigint",
        }
        for table in TABLES:
            connection.execute(f"create table serving.{table} ({columns.get(table, 'any_column int')})")
        connection.execute("insert into serving.partner_limit values ('P1', 1, 5, 4, true)")
    (workspace.serving / "current").symlink_to(copy)
    return workspace


def change(workspace, statement):
    with duckdb.connect(str(workspace.serving / "current" / DATABASE)) as connection:
        connection.execute(statement)


def test_a_partner_is_explained_from_a_copy_of_today(workspace, capsys):
    assert frame.run_command(["--workspace", str(workspace.root), "explain", "--partner", "P1"]) == 0
    assert "1 of 5 slots used, 4 free" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "older", "missing"),
    [
        (["explain", "--partner", "P1"], "drop table serving.partner_turn", "partner_turn"),
        (["explain", "--partner", "P1"], "alter table serving.partner_price drop column mode", "mode"),
        (["explain", "LR-1"], "drop table serving.lead", "lead"),
        (["exceptions", "list"], "drop table serving.lead", "lead"),
    ],
)
def test_a_copy_of_an_earlier_version_is_named_with_what_to_do(workspace, capsys, arguments, older, missing):
    change(workspace, older)
    assert frame.run_command(["--workspace", str(workspace.root), *arguments]) == 2
    said = capsys.readouterr().err
    assert "written by an earlier version of leadroute" in said
    assert missing in said
    assert "`leadroute run` writes it anew." in said
    assert "Traceback" not in said


def test_a_period_that_ends_before_it_begins_is_refused(workspace, capsys):
    period = ["--from", "2026-03-02", "--to", "2026-03-01"]
    command = ["--workspace", str(workspace.root), "simulate", "--rulebook", str(workspace.rulebook), *period]
    assert frame.run_command(command) == 2
    said = capsys.readouterr().err
    assert "--from 2026-03-02 is after --to 2026-03-01" in said
    assert "Traceback" not in said
    command[-1] = "2026-03-02"  # one day is a period
    assert frame.run_command(command) == 2
    assert "is after" not in capsys.readouterr().err  # here there is no batch yet
