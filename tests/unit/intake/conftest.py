"""Fixtures of intake's tests: a small real program in a temporary folder, and the folder of real input files."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from intake_plant import REPOSITORY, Plant, make_plant


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    return make_plant(tmp_path / "program")


@pytest.fixture(scope="session")
def real_data() -> Path:
    folder = Path(os.environ.get("LEADROUTE_REAL_DATA") or REPOSITORY.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no real input files in {folder} (LEADROUTE_REAL_DATA names them)")
    return folder
