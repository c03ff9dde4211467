"""Fixtures of the release tests: the world of the ledger tests."""

import sys
from pathlib import Path

import pytest

# makes `ledger_world` and the readers of drops importable for these tests
sys.path[:0] = [str(Path(__file__).parents[1] / "ledger"), str(Path(__file__).parent)]


@pytest.fixture
def world(tmp_path):
    from ledger_world import new_world

    made = new_world(tmp_path / "program")
    yield made
    made.ledger.close()
