"""Marts for the report's tests."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

_SPECIFICATION = importlib.util.spec_from_file_location("contract_marts", Path(__file__).with_name("contract_marts.py"))
contract_marts = importlib.util.module_from_spec(_SPECIFICATION)
_SPECIFICATION.loader.exec_module(contract_marts)


@pytest.fixture(scope="session")
def new_marts() -> Callable[[], Any]:
    """Makes empty marts, every table as its contract declares it."""
    return contract_marts.Marts
