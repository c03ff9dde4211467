"""One writer at a time; the others learn who it is; a killed writer holds nothing."""

import os
import signal
import subprocess
import sys
import time

import pytest

from routing_jobs.program.errors import BusyError
from routing_jobs.program.lock import acquire, holder
from routing_jobs.program.workspace import Workspace

HOLDER = """
import sys, time
from pathlib import Path
from routing_jobs.program.lock import acquire
from routing_jobs.program.workspace import Workspace
with acquire(Workspace(Path(sys.argv[1])), "run"):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path)


def other_writer(workspace, seconds=60.0):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(workspace.root), str(seconds)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_process_is_told_who_holds_the_lock(workspace):
    process = other_writer(workspace)
    try:
        told = rf"`run`, process {process.pid} on .*, since 20"
        with pytest.raises(BusyError, match=told) as caught, acquire(workspace, "sweep"):
            pass
        assert caught.value.exit_code == 4
        assert holder(workspace)["pid"] == process.pid
    finally:
        process.kill()
        process.wait()


def test_the_lock_of_a_killed_process_is_free(workspace):
    process = other_writer(workspace)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert holder(workspace) is None
    with acquire(workspace, "run"):
        assert holder(workspace)["pid"] == os.getpid()


def test_a_waiting_writer_gets_the_lock_when_it_is_free(workspace):
    process = other_writer(workspace, seconds=0.5)
    started = time.monotonic()
    with acquire(workspace, "run", wait_seconds=30):
        assert time.monotonic() - started < 25
    process.wait()


def test_one_process_may_enter_again_and_holds_until_the_last_leaves(workspace):
    with acquire(workspace, "run"):
        with acquire(workspace, "rebuild"):
            assert holder(workspace)["command"] == "run"
        assert holder(workspace)["command"] == "run"
    assert holder(workspace) is None


def test_a_child_of_the_writer_does_not_keep_the_lock(workspace):
    with acquire(workspace, "run"):
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(30)"])
    try:
        assert holder(workspace) is None
    finally:
        child.kill()
        child.wait()


def test_an_error_inside_frees_the_lock(workspace):
    with pytest.raises(ValueError, match="inside"), acquire(workspace, "run"):
        raise ValueError("inside")
    assert holder(workspace) is None


def test_a_damaged_description_does_not_hide_that_the_workspace_is_busy(workspace):
    process = other_writer(workspace)
    try:
        (workspace.state / "writer.lock").write_text("not json")
        with pytest.raises(BusyError, match="another leadroute command is writing"), acquire(workspace, "run"):
            pass
    finally:
        process.kill()
        process.wait()
