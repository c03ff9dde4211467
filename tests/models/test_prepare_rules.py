"""dbt's own unit tests: one business rule each, in dbt/models/intermediate/prepare/_unit_tests.yml."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def results(new_world: Callable[[], Any], dbt_target: Path) -> dict[str, str]:
    """Unit test -> outcome. The models must exist, so an empty program is built first, which must not fail either."""
    world = new_world()
    world.build().close()
    world.dbt("test", "--select", "path:models/intermediate/prepare,test_type:unit")
    ran = json.loads((dbt_target / "run_results.json").read_text())["results"]
    return {result["unique_id"].split(".")[-1]: result["status"] + (result["message"] or "") for result in ran}


def test_every_rule_holds(results: dict[str, str]) -> None:
    assert len(results) >= 14
    assert {name: outcome for name, outcome in results.items() if outcome != "pass"} == {}
