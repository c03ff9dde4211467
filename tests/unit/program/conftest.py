"""A starter workspace, and a roster in its warehouse."""

import pytest
from plain_candidates import candidates_by_hand
from roster_world import fill

from routing_jobs.program.starting import write_starter
from routing_jobs.program.workspace import Workspace
from routing_jobs.warehouse.store import opened


@pytest.fixture
def workspace(tmp_path):
    write_starter(tmp_path / "w")
    return Workspace(tmp_path / "w")


@pytest.fixture
def roster(workspace):
    with opened(workspace) as connection:
        fill(connection)
        candidates_by_hand(connection)
        yield connection
