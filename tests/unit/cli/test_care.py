"""`ledger verify`, `backup` and `restore` as people and programs meet them: what is whole, what was changed or cut."""

import json
import sqlite3
from datetime import datetime

import pytest
from click.testing import CliRunner

from routing_jobs.cli.care import backup, ledger, restore
from routing_jobs.cli.setup import init
from routing_jobs.ledger import Ledger
from routing_jobs.program.errors import ConfigurationError
from routing_jobs.program.workspace import Workspace


@pytest.fixture
def workspace(tmp_path):
    """A workspace whose ledger knows of two files."""
    folder = tmp_path / "program"
    assert CliRunner().invoke(init, [str(folder)]).exit_code == 0
    found = Workspace(folder)
    with Ledger.open(found) as opened:
        for number in (1, 2):
            opened.record_arrivals([("web", f"{number}" * 64, f"web/{number}.csv", 10)], datetime(2026, 3, number))
    return found


def verify(workspace, *arguments):
    return CliRunner().invoke(ledger, ["verify", *arguments], obj=workspace.root)


def test_a_whole_ledger_is_said_to_be_whole(workspace):
    said = verify(workspace, "--json")
    assert (said.exit_code, json.loads(said.stdout)["findings"]) == (0, [])
    assert "The ledger is whole." in verify(workspace).stdout


def test_a_changed_event_is_named_to_people_and_programs_alike(workspace):
    with sqlite3.connect(workspace.state / "ledger.db") as connection:
        for (trigger,) in connection.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            connection.execute(f"drop trigger {trigger}")
        connection.execute("update event set actor = 'someone else' where seq = 2")
    connection.close()
    said = verify(workspace, "--json")
    assert said.exit_code == 1
    findings = json.loads(said.stdout)["findings"]
    assert 2 in [finding["seq"] for finding in findings]
    assert all(finding.keys() == {"kind", "seq", "message"} for finding in findings)
    shown = verify(workspace)
    assert shown.exit_code == 1
    assert findings[0]["message"].split()[0] in shown.stdout


def test_a_file_that_is_no_backup_or_cut_short_is_refused_as_such(workspace, tmp_path):
    saved = tmp_path / "saved.backup"
    assert CliRunner().invoke(backup, [str(saved)], obj=workspace.root).exit_code == 0
    saved.write_bytes(saved.read_bytes()[:-100])
    other = tmp_path / "notes.txt"
    other.write_text("not a backup")
    for file in (saved, other):
        refused = CliRunner().invoke(
            restore, [str(file), "--actor", "ada", "--as-of", "2026-03-03"], obj=workspace.root
        )
        assert isinstance(refused.exception, ConfigurationError), refused.exception
        assert f"{file}: not a backup" in str(refused.exception)
