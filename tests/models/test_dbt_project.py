"""What must be true of the dbt project as a whole, read from its manifest: layers, keys, descriptions, sources."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from routing_jobs.program.entities import ENTITIES
from routing_jobs.program.tables import TABLES
from routing_jobs.warehouse.schema import (
    CANDIDATES,
    GATES,
    LEDGER,
    RAW_BOOKKEEPING,
    ROUTING,
    create_tables,
    raw_columns,
)

KEY_TESTS = {"key", "unique"}


@pytest.fixture(scope="module")
def parsed(new_world: Callable[[], Any], dbt_target: Path) -> tuple[str, dict[str, Any]]:
    """What `dbt parse` says, and the manifest."""
    (dbt_target / "partial_parse.msgpack").unlink(missing_ok=True)  # deprecations are reported by a whole parse only
    finished = new_world().dbt("parse", "--show-all-deprecations")
    assert finished.returncode == 0, finished.stdout
    return finished.stdout, json.loads((dbt_target / "manifest.json").read_text())


@pytest.fixture(scope="module")
def manifest(parsed: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    return parsed[1]


@pytest.fixture(scope="module")
def models(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] == "model"}


def test_nothing_in_the_project_is_deprecated(parsed: tuple[str, dict[str, Any]]) -> None:
    assert "deprecat" not in parsed[0].lower()


def columns_of(ddl: str) -> list[str]:
    return [column.split()[0] for column in ddl.replace("decimal(18, 8)", "decimal").split(",")]


def test_sources_describe_every_table_and_column_the_rooms_hand_over(manifest: dict[str, Any]) -> None:
    handed = {f"raw.{name}": list(raw_columns(name)) for name in ENTITIES}
    handed |= {
        name: columns_of(ddl) for tables in (RAW_BOOKKEEPING, LEDGER, ROUTING, GATES) for name, ddl in tables.items()
    }
    handed |= {f"program.{name}": columns_of(ddl) for name, ddl in TABLES.items()}
    with duckdb.connect() as empty:
        create_tables(empty)
        handed[CANDIDATES] = [name for name, *_ in empty.execute(f"describe {CANDIDATES}").fetchall()]
    described = {
        f"{source['source_name']}.{source['name']}": [
            name for name, column in source["columns"].items() if column["description"]
        ]
        for source in manifest["sources"].values()
    }
    assert {name: sorted(columns) for name, columns in described.items()} == {
        name: sorted(columns) for name, columns in handed.items()
    }


def test_sources_are_read_by_staging_only_and_each_staging_model_reads_one(models: dict[str, dict[str, Any]]) -> None:
    for name, model in models.items():
        kinds = [parent.split(".")[0] for parent in model["depends_on"]["nodes"]]
        if model["original_file_path"].startswith("models/staging"):
            assert kinds == ["source"], name
        else:
            assert "source" not in kinds, name


def test_marts_are_read_by_marts_only(models: dict[str, dict[str, Any]]) -> None:
    for name, model in models.items():
        if "/prepare/" in model["original_file_path"]:
            parents = {parent.split(".")[-1] for parent in model["depends_on"]["nodes"]}
            late = {parent for parent in parents if "marts" in models[parent]["original_file_path"]}
            assert not late, f"{name} is built before {late}"


def test_every_model_and_column_is_described(models: dict[str, dict[str, Any]]) -> None:
    bare = {name for name, model in models.items() if not model["description"]}
    blank = {
        f"{name}.{column['name']}"
        for name, model in models.items()
        for column in model["columns"].values()
        if not column["description"]
    }
    assert (bare, blank) == (set(), set())


def test_every_model_has_a_test_of_its_key(manifest: dict[str, Any], models: dict[str, dict[str, Any]]) -> None:
    tested = {
        node["attached_node"].split(".")[-1]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and (node.get("test_metadata") or {}).get("name") in KEY_TESTS
    }
    assert set(models) - tested == set()


def test_what_other_rooms_read_has_an_enforced_contract(models: dict[str, dict[str, Any]]) -> None:
    handed = [name for name in models if name.startswith(("int_routing__", "fct_", "dim_", "rpt_"))]
    handed += ["int_leads__enriched", "int_leads__qualified", "int_offers", "int_partners__offer_outcomes"]
    assert [name for name in handed if not models[name]["contract"]["enforced"]] == []
