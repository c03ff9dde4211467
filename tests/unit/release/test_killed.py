"""Killed with SIGKILL anywhere in release or delivery and run again: the same effects, once.

The child dies at the n-th executed line of our code, for n spread over the whole run.
"""

import os
import signal
import sys
from pathlib import Path

import pytest
from ledger_world import World, at, by, deadlines, line
from test_delivery import drops, rows_for, statuses

from routing_jobs.ledger import Ledger
from routing_jobs.ledger.audit import verify
from routing_jobs.program.workspace import Workspace
from routing_jobs.release.delivery import deliver
from routing_jobs.release.facts import opened_facts
from routing_jobs.release.releasing import release_batch

OURS = tuple(str(Path("routing_jobs") / room) for room in ("release", "ledger"))
LINES = [line(0), line(1, "P2"), line(2, "P1"), line(3, "P2"), line(4, None)]


def release_and_deliver(workspace, batch_id):
    with Ledger.open(workspace) as ledger, opened_facts(workspace) as facts:
        release_batch(ledger, facts, deadlines, batch_id, by("olivia", 2))
        deliver(ledger, facts, at(3))


def lines_executed(work):
    """How many lines of our code `work` runs; in a child killed before line `work.limit` when that is set."""
    count = [0]

    def trace(frame, event, _argument):
        if not any(part in frame.f_code.co_filename for part in OURS):
            return None
        if event == "line":
            count[0] += 1
            if count[0] == work.limit:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(None)
    return count[0]


class Work:
    def __init__(self, workspace, batch_id, limit=None):
        self.workspace, self.batch_id, self.limit = workspace, batch_id, limit

    def __call__(self):
        release_and_deliver(self.workspace, self.batch_id)


def killed_at(work):
    child = os.fork()
    if child == 0:
        try:
            lines_executed(work)
        finally:
            os._exit(0)
    _pid, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def approved_world(root):
    from ledger_world import new_world

    world = new_world(root)
    world.serve(5)
    batch_id = world.propose(LINES).batch_id
    world.approve(batch_id)
    world.ledger.close()
    return world, batch_id


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    world, batch_id = approved_world(tmp_path_factory.mktemp("undisturbed"))
    count = lines_executed(Work(world.workspace, batch_id))
    with Ledger.open(world.workspace) as ledger:
        return count, drops(World(ledger)), statuses(World(ledger))


@pytest.mark.parametrize("share", [0.02, 0.3, 0.55, 0.62, 0.68, 0.74, 0.79, 0.84, 0.88, 0.92, 0.95, 0.97, 0.985, 0.995])
def test_a_kill_anywhere_and_a_rerun_have_the_same_effects_once(tmp_path, undisturbed, share):
    count, expected_drops, expected_statuses = undisturbed
    world, batch_id = approved_world(tmp_path / "program")
    assert killed_at(Work(world.workspace, batch_id, limit=int(count * share)))
    release_and_deliver(world.workspace, batch_id)
    with Ledger.open(Workspace(world.workspace.root)) as ledger:
        again = World(ledger)
        assert verify(ledger).findings == []
        assert statuses(again) == expected_statuses
        assert _effects(drops(again)) == _effects(expected_drops)
        offers = [row["message_id"] for partner in ("P1", "P2") for row in rows_for(again, partner)]
        assert sorted(offers) == sorted(set(offers)) and len(offers) == 4
    assert not list(world.workspace.outbox.rglob("*.part"))


def _effects(found):
    return sorted(
        (path.split("/")[0], tuple(value for name, value in row.items() if name != "event_seq"))
        for path, rows in found.items()
        for row in rows
    )
