"""`ledger verify` as a person and as a program meet it: a whole ledger, and one that was changed behind its back."""

import json
import sqlite3
from datetime import datetime

import pytest
from click.testing import CliRunner

from routing_jobs.cli.care import ledger
from routing_jobs.ledger import Ledger
from routing_jobs.program.workspace import Workspace


@pytest.fixture
def workspace(tmp_path):
    """A workspace whose ledger knows of two files."""
    (tmp_path / "state").mkdir()
    (tmp_path / "program.yaml").write_text("name: Test\n")
    found = Workspace(tmp_path)
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
