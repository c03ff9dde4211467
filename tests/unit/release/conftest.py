"""Fixtures of the release tests: the world of the ledger tests."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "ledger"))  # makes `ledger_world` importable for these tests


@pytest.fixture
def world(tmp_path):
    from ledger_world import new_world

    made = new_world(tmp_path / "program")
    yield made
    made.ledger.close()
