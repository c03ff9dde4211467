"""The command line's frame: instant help, one exit code for each kind of error, no tracebacks, no personal data."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest

from routing_jobs.cli import main as frame
from routing_jobs.cli.options import actor_option, as_of_option, json_option, with_workspace
from routing_jobs.cli.output import emit
from routing_jobs.program.errors import BusyError, ConfigurationError, GateRefusedError, LeadrouteError
from routing_jobs.program.workspace import Workspace

SAMPLE = Path(__file__).parents[3] / "data" / "sample"
SLOW = {"pandas", "numpy", "duckdb", "pydantic", "dagster", "dbt", "great_expectations", "sqlalchemy", "rich", "yaml"}


def run(arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "routing_jobs.cli.main", *arguments],
        capture_output=True,
        text=True,
        check=False,
        **options,
    )


@pytest.fixture
def command(monkeypatch):
    """Makes a function the command `try`."""

    def put(function):
        made = function if isinstance(function, click.Command) else click.command("try")(function)
        monkeypatch.setattr(frame.LazyGroup, "get_command", lambda *_: made)

    return put


def test_help_lists_every_command_and_imports_nothing_slow():
    found = run(["--help"], env={**os.environ, "PYTHONPROFILEIMPORTTIME": "1"})
    assert found.returncode == 0
    for name, (_, line) in frame.COMMANDS.items():
        assert f"  {name} " in found.stdout, name
        assert line.split()[0] in found.stdout
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in found.stderr.splitlines()}
    assert "click" in imported
    assert not imported & SLOW


@pytest.mark.parametrize("name", sorted(frame.COMMANDS))
def test_every_command_explains_itself_without_its_heavy_imports(name):
    found = run([name, "--help"])
    assert found.returncode == 0, found.stderr
    assert "Usage: leadroute" in found.stdout


def test_the_version_is_the_packages():
    from importlib.metadata import version

    assert run(["--version"]).stdout == f"leadroute {version('leadroute')}\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["bacth", "list"], "no command `bacth`. Did you mean `batch`?"),
        (["sweep"], "`sweep` is planned; this release does not have it."),
        (["--nonsense"], "No such option"),
        (["init"], "Missing argument 'DIRECTORY'"),
    ],
)
def test_a_usage_error_is_exit_code_2(arguments, said, capsys):
    assert frame.run_command(arguments) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigurationError("a.yaml: x: wrong", "b.yaml: y: wrong"), 2),
        (GateRefusedError("gate arrivals: 3 rows failed"), 3),
        (BusyError("another leadroute command is writing"), 4),
        (LeadrouteError("not today"), 1),
    ],
)
def test_an_error_for_people_has_its_exit_code_and_no_traceback(command, capsys, error, code):
    def fail():
        raise error

    command(fail)
    assert frame.run_command(["try"]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Traceback" not in captured.err
    for line in str(error).splitlines():
        assert f"leadroute: {line}" in captured.err


def test_an_unexpected_error_is_one_line_without_its_text_which_may_quote_a_lead(command, capsys, monkeypatch):
    monkeypatch.delenv(frame.DEBUG_VARIABLE, raising=False)

    def fail():
        raise KeyError("jane.doe@example.com")

    command(fail)
    assert frame.run_command(["try"]) == 1
    said = capsys.readouterr().err
    assert "jane" not in said
    assert said.startswith("leadroute: unexpected KeyError at ")
    assert said.count("\n") == 1
    assert "LEADROUTE_DEBUG=1" in said


def test_the_traceback_is_shown_when_asked_for(command, capsys, monkeypatch):
    monkeypatch.setenv(frame.DEBUG_VARIABLE, "1")

    def fail():
        raise KeyError("detail")

    command(fail)
    assert frame.run_command(["try"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_a_message_cannot_move_the_cursor_of_the_terminal(command, capsys):
    def fail():
        raise LeadrouteError("feed \x1b[2Jx: wrong")

    command(fail)
    frame.run_command(["try"])
    assert "\x1b" not in capsys.readouterr().err


def test_commands_get_their_workspace_from_option_environment_or_default(command, capsys, monkeypatch, tmp_path):
    (tmp_path / "program.yaml").write_text("name: x\n")

    @click.command()
    @as_of_option
    @actor_option
    @json_option
    @with_workspace
    def show(workspace: Workspace, as_of: str | None, actor: str, as_json: bool):
        """Show what arrived."""
        emit({"root": workspace.root, "as_of": as_of, "actor": actor}, as_json)

    command(show)
    assert frame.run_command(["-w", str(tmp_path), "try", "--json", "--as-of", "2026-01-01", "--actor", "olivia"]) == 0
    assert json.loads(capsys.readouterr().out) == {"root": str(tmp_path), "as_of": "2026-01-01", "actor": "olivia"}
    monkeypatch.setenv("LEADROUTE_WORKSPACE", str(tmp_path))
    assert frame.run_command(["try", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["root"] == str(tmp_path)
    assert frame.run_command(["-w", str(tmp_path / "none"), "try"]) == 2
    assert "no program.yaml here" in capsys.readouterr().err


def test_a_reader_that_goes_away_is_no_error_on_the_terminal():
    script = f"{sys.executable} -m routing_jobs.cli.main --help | true; echo ${{PIPESTATUS[0]}}"
    found = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert found.stderr == ""
    assert found.stdout.strip() in ("0", "141")


def test_ctrl_c_ends_with_one_line_and_the_code_of_an_interrupt():
    code = "import signal, time, click\nfrom routing_jobs.cli import main as frame\n"
    code += "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a shell's background job ignores it
    code += "@click.command()\ndef wait():\n    print('waiting', flush=True); time.sleep(60)\n"
    code += "frame.LazyGroup.get_command = lambda *_: wait\nframe.main(['try'])\n"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "waiting\n"
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert said == "leadroute: interrupted; running the command again continues where it stopped.\n"
