"""One real run of the sample, shared by the tests that look at it or go on from it."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from tests_integration_support import fresh_sample, leadroute


@pytest.fixture(scope="session")
def sample_run(tmp_path_factory) -> tuple[Path, dict[str, Any]]:
    """A workspace after one run of the sample, and the run's summary. Not to be changed: copy it."""
    workspace = fresh_sample(tmp_path_factory.mktemp("sample"))
    outcome = leadroute(workspace, "run", "--json")
    assert outcome.code == 0, outcome.errors
    return workspace, outcome.json


@pytest.fixture
def ran_workspace(sample_run, tmp_path) -> Path:
    """A copy of the workspace after the run, to go on from."""
    target = tmp_path / "program"
    shutil.copytree(sample_run[0], target, symlinks=True)
    return target
