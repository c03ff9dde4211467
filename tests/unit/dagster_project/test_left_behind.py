"""A dbt that outlived its killed run is ended by the next one; nothing else is."""

import subprocess
import sys

import pytest

from dagster_project.lib.left_behind import end_left_behind, living_process, noted, process_tag
from dagster_project.lib.manifest import target_folder
from routing_jobs.program.workspace import Workspace

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def workspace(tmp_path):
    found = Workspace(tmp_path)
    target_folder(found).mkdir(parents=True)
    return found


@pytest.fixture
def child():
    with subprocess.Popen(SLEEPER) as process:
        yield process
        process.kill()


def note_of(workspace):
    (note,) = target_folder(workspace).iterdir()
    return note


def test_nothing_was_left_behind_where_nothing_was_noted(workspace):
    assert not end_left_behind(workspace)


def test_a_build_that_ended_leaves_no_note(workspace, child):
    with noted(workspace, child.pid):
        assert note_of(workspace).read_text() == process_tag(child.pid)
    assert list(target_folder(workspace).iterdir()) == []
    assert not end_left_behind(workspace)
    assert child.poll() is None


def test_the_dbt_of_a_killed_run_is_ended(workspace, child):
    with noted(workspace, child.pid):
        assert end_left_behind(workspace)
        assert child.wait(timeout=10) != 0
        assert list(target_folder(workspace).iterdir()) == []


def test_a_later_process_with_the_same_number_is_left_alone(workspace, child):
    with noted(workspace, child.pid):
        note_of(workspace).write_text(f"{child.pid}:1.00")
        assert not end_left_behind(workspace)
        assert child.poll() is None


def test_a_process_that_only_waits_to_be_reaped_is_not_alive(child):
    tag = process_tag(child.pid)
    assert living_process(tag) is not None
    child.kill()
    while living_process(tag) is not None:
        pass
    assert child.returncode is None  # nobody has waited for it
