"""init, doctor and rulebook check, as a person runs them."""

import json
import sqlite3
import subprocess
import sys

import duckdb
import pytest

from routing_jobs.cli import doctor
from routing_jobs.cli.main import run_command
from routing_jobs.program.lock import acquire
from routing_jobs.program.workspace import Workspace


@pytest.fixture
def workspace(tmp_path, capsys):
    assert run_command(["init", str(tmp_path / "w"), "--json"]) == 0
    capsys.readouterr()
    return Workspace(tmp_path / "w")


def said(workspace, *arguments, code=0):
    assert run_command(["-w", str(workspace.root), *arguments, "--json"]) == code


def checks(workspace):
    return {check.name: check for check in doctor.examine(workspace.root)}


def test_the_starter_is_commented_and_valid(workspace, capsys):
    assert (workspace.root / "landing" / "leads").is_dir()
    for path in workspace.root.rglob("*.yaml"):
        assert path.read_text().startswith("#"), path
    said(workspace, "rulebook", "check")
    report = json.loads(capsys.readouterr().out)
    assert report["errors"] == []
    assert report["warnings"] == []
    assert report["roster"].startswith("not checked: nothing has been taken in yet")


def test_init_refuses_a_folder_that_is_not_empty_and_changes_nothing(tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("keep")
    assert run_command(["init", str(tmp_path)]) == 2
    assert "is not an empty folder" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_init_accepts_an_empty_folder(tmp_path):
    assert run_command(["init", str(tmp_path), "--json"]) == 0
    assert (tmp_path / "program.yaml").is_file()


def test_a_healthy_machine_and_workspace_pass_every_check(workspace, capsys):
    said(workspace, "doctor")
    report = json.loads(capsys.readouterr().out)
    assert report["healthy"] is True
    assert {check["status"] for check in report["checks"]} <= {"ok", "warn"}
    assert {"python", "packages", "time zones", "configuration", "people", "state", "disk", "intervals", "ledger"} <= {
        check["name"] for check in report["checks"]
    }


def test_doctor_reports_a_missing_workspace_instead_of_failing(tmp_path, capsys):
    said(Workspace(tmp_path), "doctor", code=2)
    report = json.loads(capsys.readouterr().out)
    assert report["checks"][-1]["name"] == "workspace"
    assert report["checks"][-1]["status"] == "fail"


def test_doctor_finds_wrong_configuration_and_says_where_the_rest_is(workspace):
    (workspace.rulebook / "sla.yaml").write_text("version: 1\n")
    found = checks(workspace)["configuration"]
    assert found.status == "fail"
    assert "rulebook/sla.yaml" in found.found
    assert "rulebook check" in found.remedy


def test_doctor_names_landed_files_that_no_feed_takes(workspace):
    assert checks(workspace)["landing"].status == "ok"
    (workspace.landing / "leads" / "export.ods").write_text("")
    found = checks(workspace)["landing"]
    assert found.status == "warn"
    assert "1 file that no feed's `files` fits: leads/export.ods" in found.found


def test_doctor_finds_a_ledger_that_does_not_open(workspace):
    workspace.ledger.write_bytes(b"not a database" * 100)
    assert checks(workspace)["ledger"].status == "fail"
    workspace.ledger.unlink()
    sqlite3.connect(workspace.ledger).execute("create table t (x)")
    assert checks(workspace)["ledger"].status == "ok"


def test_doctor_finds_a_warehouse_that_does_not_open(workspace):
    workspace.warehouse.write_bytes(b"not a database" * 1000)
    assert checks(workspace)["warehouse"].status == "fail"
    workspace.warehouse.unlink()
    duckdb.connect(str(workspace.warehouse)).close()
    assert checks(workspace)["warehouse"].status == "ok"


def test_doctor_names_the_command_that_is_writing(workspace):
    with acquire(workspace, "leadroute run"):
        found = checks(workspace)["writer"]
    assert found.status == "warn"
    assert "`leadroute run`" in found.found


def test_doctor_warns_of_interval_arithmetic_in_a_feeds_sql(workspace):
    (workspace.sources / "x.sql").write_text("select day + INTERVAL 1 MONTH from records")
    found = checks(workspace)["intervals"]
    assert found.status == ("ok" if "adds them right" in found.found else "warn")
    assert "x.sql" in found.found or "adds them right" in found.found


def test_doctor_notices_missing_roles_and_telemetry_that_was_switched_on(workspace, monkeypatch):
    text = workspace.program_file.read_text()
    workspace.program_file.write_text(
        text.replace("approver, admin", "admin").replace("[reviewer, approver]", "[reviewer]")
    )
    monkeypatch.setenv("DO_NOT_TRACK", "0")
    found = checks(workspace)
    assert found["people"].status == "warn"
    assert "approver" in found["people"].found
    assert found["telemetry"].status == "warn"


def test_doctor_creates_nothing(workspace):
    before = sorted(workspace.root.rglob("*"))
    doctor.examine(workspace.root)
    assert sorted(workspace.root.rglob("*")) == before


def test_rulebook_check_reports_every_configuration_error_and_exits_with_2(workspace, capsys):
    path = workspace.rulebook / "routing.yaml"
    path.write_text(path.read_text().replace("tie_band: 0.05", "tie_band: 2").replace("max_hops: 3", "max_hops: 0"))
    said(workspace, "rulebook", "check", code=2)
    report = json.loads(capsys.readouterr().out)
    assert [finding["subject"] for finding in report["errors"]] == ["rulebook/routing.yaml"] * 2
    assert run_command(["-w", str(workspace.root), "rulebook", "check"]) == 2
    shown = capsys.readouterr().out
    assert "2 errors, 0 warnings" in shown


def test_rulebook_check_says_when_the_warehouse_is_busy(workspace, capsys):
    duckdb.connect(str(workspace.warehouse)).close()
    code = "import duckdb, sys, time; c = duckdb.connect(sys.argv[1]); print('open', flush=True); time.sleep(60)"
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(workspace.warehouse)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout.readline() == "open\n"
        with acquire(workspace, "leadroute run"):
            said(workspace, "rulebook", "check")
        assert "busy with `leadroute run`" in json.loads(capsys.readouterr().out)["roster"]
    finally:
        process.kill()
        process.wait()


def test_rulebook_check_does_not_need_a_finished_run(workspace, capsys):
    duckdb.connect(str(workspace.warehouse)).close()
    said(workspace, "rulebook", "check")
    assert json.loads(capsys.readouterr().out)["roster"] == "not checked: no run has been finished yet"


def test_generate_lands_as_many_touches_a_lead_as_asked(tmp_path, capsys):
    landed = {}
    for touches in ("2", "8"):
        folder = str(tmp_path / touches)
        assert run_command(["generate", folder, "--leads", "400", "--touches-per-lead", touches, "--json"]) == 0
        landed[touches] = json.loads(capsys.readouterr().out)["records"]
    assert 1.5 < landed["2"].pop("touches") / 400 < 2.5
    assert 7 < landed["8"].pop("touches") / 400 < 9
    assert landed["2"].keys() == landed["8"].keys()
    assert run_command(["generate", str(tmp_path / "w"), "--touches-per-lead", "-1"]) == 2
