"""A run that is killed and run again is as if it had never been killed (SPEC section 13, 7), wherever the kill falls.

A small program is run undisturbed once. Then others like it are killed again and again, each time further on in the
run: after a line of progress and a part, drawn by seed, of what that step took; the last run of each is let be.
Half of the kills are of the command alone, so that its dbt lives on, as when the kernel or a person kills one process.
The two stages whose effects people see, review and publish, are then killed by themselves, many times within.
LEADROUTE_TEST_KILLS and LEADROUTE_TEST_SEED ask for more kills, or others.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests_integration_support import LEADROUTE, ROOT, leadroute, marts_of

from routing_jobs.ledger import Ledger
from routing_jobs.ledger.audit import verify
from routing_jobs.ledger.batches import list_batches
from routing_jobs.program.lock import holder
from routing_jobs.program.workspace import Workspace
from routing_jobs.publish.release import audit_in_fresh_process

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("killed")]

KILLS = int(os.environ.get("LEADROUTE_TEST_KILLS", "6"))
SEED = int(os.environ.get("LEADROUTE_TEST_SEED", "1"))
KILLS_IN_A_ROW = 6
SIZE = ("--leads", "200", "--partners", "20", "--days", "120", "--touches-per-lead", "1")


REVIEW = "review     proposing the batch ..."
STAGES = {
    "review": """
from routing_jobs.stages.propose import propose
with Ledger.open(workspace) as ledger, opened(workspace) as connection:
    run_id = connection.execute("select max(run_id) from routing.summary").fetchone()[0]
    print("begins", flush=True)
    propose(workspace, connection, program, ledger, run_id, None)
""",
    "publish": """
from routing_jobs.stages.publish import publish
with Ledger.open(workspace) as ledger, opened(workspace) as connection:
    print("begins", flush=True)
    publish(workspace, connection, program, ledger, "a run of its own")
""",
}
PRELUDE = """
import sys
from pathlib import Path
from routing_jobs.ledger import Ledger
from routing_jobs.program.loading import load_program
from routing_jobs.program.workspace import open_workspace
from routing_jobs.warehouse.store import opened
workspace = open_workspace(Path(sys.argv[1]))
program = load_program(workspace)
"""


@dataclass(frozen=True)
class Step:
    """A line of progress, and the seconds from it to the next."""

    line: str
    seconds: float


@dataclass(frozen=True)
class Undisturbed:
    """A program as generated and after two runs, what those came to, and the steps of the first."""

    program: Path
    ran: Path
    summary: dict[str, Any]
    batches: list[tuple[bool, str, str]]
    marts: dict[str, str]
    steps: list[Step]


def start_run(workspace: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(LEADROUTE), "--workspace", str(workspace), "run", "--json"], cwd=ROOT, start_new_session=True, text=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip


def timed_steps(workspace: Path) -> list[Step]:
    """Run to the end, with a note of when each line of progress came."""
    process = start_run(workspace)
    assert process.stderr is not None
    heard = [(line.strip(), time.monotonic()) for line in process.stderr if line.startswith("  ") and "..." in line]
    assert process.wait() == 0, heard
    ends = [*(at for _, at in heard[1:]), time.monotonic()]
    return [Step(line, end - at) for (line, at), end in zip(heard, ends, strict=True)]


def kill_a_run(workspace: Path, line: str, seconds: float, *, is_alone: bool) -> None:
    """Start a run and kill -9 it, with or without its children, so many seconds after it said `line`."""
    process = start_run(workspace)
    assert process.stderr is not None
    heard = []
    for said in process.stderr:
        heard.append(said)
        if said.strip() == line:
            time.sleep(seconds)
            break
    if is_alone:
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)
    code = process.wait()
    process.stderr.close()
    assert code in (0, -signal.SIGKILL), "".join(heard)
    assert heard[-1].strip() == line, "".join(heard)


def batches_of(folder: Path) -> list[tuple[bool, str, str]]:
    """Every batch the ledger ever had: whether it is express, its status, what is in it."""
    with Ledger.open(Workspace(folder)) as ledger, ledger.reading() as reading:
        return sorted((batch.is_express, batch.status, batch.content_sha256) for batch in list_batches(reading))


def assert_nothing_is_half_done(folder: Path) -> None:
    """No lock is held, the ledger is whole, every release that can be seen reads back as it was written."""
    workspace = Workspace(folder)
    assert not (folder / "state").is_dir() or holder(workspace) is None
    if (folder / "state" / "ledger.db").is_file():
        with Ledger.open(workspace) as ledger:
            assert verify(ledger).findings == []
    releases = folder / "published" / "releases"
    for release in releases.glob("[!.]*") if releases.is_dir() else ():
        audit_in_fresh_process(release)
    current = folder / "published" / "current"
    assert not current.is_symlink() or current.resolve().parent == releases.resolve()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    folder = tmp_path_factory.mktemp("undisturbed")
    program, workspace = folder / "program", folder / "run"
    assert leadroute(folder, "generate", str(program), *SIZE).code == 0
    shutil.copytree(program, workspace)
    steps = timed_steps(workspace)
    again = leadroute(workspace, "run", "--json")
    assert again.code == 0, again.errors
    return Undisturbed(program, workspace, again.json, batches_of(workspace), marts_of(workspace), steps)


def kill_points(steps: list[Step]) -> list[list[tuple[str, float, bool]]]:
    """Rows of kills (line, seconds after it, of the command alone), spread over the run and in its order."""
    draw = random.Random(SEED)
    points = []
    for number in range(KILLS):
        step = steps[number * len(steps) // KILLS]
        points.append(
            (number % (KILLS // KILLS_IN_A_ROW + 1), (step.line, step.seconds * draw.random(), draw.random() < 0.5))
        )
    return [[point for row, point in points if row == wanted] for wanted in sorted({row for row, _ in points})]


def test_killed_again_and_again_and_run_once_more_is_as_if_never_killed(undisturbed, tmp_path):
    for number, row in enumerate(kill_points(undisturbed.steps)):
        workspace = tmp_path / f"program-{number}"
        shutil.copytree(undisturbed.program, workspace)
        for line, seconds, is_alone in row:
            kill_a_run(workspace, line, seconds, is_alone=is_alone)
            print(
                f"row {number}: killed {'alone' if is_alone else 'with dbt'} {seconds:.2f} s after {line}", flush=True
            )
            assert_nothing_is_half_done(workspace)
        last = leadroute(workspace, "run", "--json")
        assert last.code == 0, last.errors
        for what in ("as_of", "feeds", "leads", "outcome"):
            assert last.json[what] == undisturbed.summary[what], what
        assert batches_of(workspace) == undisturbed.batches
        assert marts_of(workspace) == undisturbed.marts
        assert_nothing_is_half_done(workspace)


def start_stage(workspace: Path, stage: str) -> subprocess.Popen[str]:
    """One stage alone, in a process of its own that has just begun it."""
    process = subprocess.Popen(
        [sys.executable, "-c", PRELUDE + STAGES[stage], str(workspace)], cwd=ROOT, start_new_session=True, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "begins\n", process.communicate()[1]
    return process


def finish_stage(workspace: Path, stage: str) -> float:
    """Let the stage end by itself; the seconds it took."""
    process = start_stage(workspace, stage)
    started = time.monotonic()
    _, errors = process.communicate()
    assert process.returncode == 0, errors
    return time.monotonic() - started


def kill_within(workspace: Path, stage: str, kills: int, seconds: float) -> None:
    """Kill -9 the stage so many times, each later in it, with nothing half done in between."""
    for number in range(kills):
        process = start_stage(workspace, stage)
        time.sleep(seconds * (number + 0.5) / kills)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        assert_nothing_is_half_done(workspace)


def test_review_killed_within_and_done_again_proposes_the_same_once(undisturbed, tmp_path):
    workspace, other = tmp_path / "killed", tmp_path / "let_be"
    shutil.copytree(undisturbed.program, workspace)
    kill_a_run(workspace, REVIEW, 0.0, is_alone=False)
    shutil.copytree(workspace, other, symlinks=True)
    seconds = finish_stage(other, "review")
    kill_within(workspace, "review", KILLS, seconds)
    finish_stage(workspace, "review")
    assert batches_of(workspace) == batches_of(other) == undisturbed.batches
    assert_nothing_is_half_done(workspace)


def test_publishing_killed_within_and_done_again_switches_once_to_a_whole_release(undisturbed, tmp_path):
    workspace, other = tmp_path / "killed", tmp_path / "let_be"
    for copy in (workspace, other):
        shutil.copytree(undisturbed.ran, copy, symlinks=True)
        (copy / "published" / "current").unlink()
        shutil.rmtree(copy / "published" / "releases")
    seconds = finish_stage(other, "publish")
    kill_within(workspace, "publish", KILLS, seconds)
    finish_stage(workspace, "publish")
    assert marts_of(workspace) == marts_of(other) == undisturbed.marts
    assert {path.name for path in (workspace / "published").iterdir()} == {"current", "releases"}
    assert len(list((workspace / "published" / "releases").iterdir())) == 1
