"""The semantic layer fits the marts it stands on; that its numbers are theirs, `make bi-check` asks MetricFlow."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest


@pytest.fixture(scope="module")
def parsed(new_world: Callable[[], Any], dbt_target: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The semantic manifest, valid by dbt's own rules, and the project's manifest."""
    finished = new_world().dbt("parse")
    assert finished.returncode == 0, finished.stdout
    semantic, manifest = (dbt_target / f"{name}.json" for name in ("semantic_manifest", "manifest"))
    return json.loads(semantic.read_text()), json.loads(manifest.read_text())


@pytest.fixture(scope="module")
def empty_marts(parsed: tuple[dict[str, Any], dict[str, Any]]) -> duckdb.DuckDBPyConnection:
    """Every mart as its contract declares it, without a row."""
    connection = duckdb.connect()
    connection.execute("create schema marts")
    for node in parsed[1]["nodes"].values():
        if node["resource_type"] == "model" and node["schema"] == "marts":
            columns = ", ".join(f'"{column["name"]}" {column["data_type"]}' for column in node["columns"].values())
            connection.execute(f"create table marts.{node['name']} ({columns})")
    return connection


def test_every_entity_dimension_and_measure_is_sql_over_the_columns_of_its_mart(parsed, empty_marts):
    checked = 0
    for model in parsed[0]["semantic_models"]:
        for kind in ("entities", "dimensions", "measures"):
            for part in model[kind]:
                sql = f"select {part['expr'] or part['name']} from marts.{model['node_relation']['alias']}"
                try:
                    empty_marts.execute(sql)
                except duckdb.Error as error:
                    pytest.fail(f"{model['name']}.{part['name']}: {error}")
                checked += 1
    assert checked > 50


def test_a_measure_over_a_column_that_is_gone_is_found(parsed, empty_marts):
    with pytest.raises(duckdb.BinderException):
        empty_marts.execute("select sum(amount_micros) from marts.fct_opportunity")


def test_every_measure_is_reached_by_a_metric_and_every_metric_says_what_it_is(parsed):
    measures = {measure["name"] for model in parsed[0]["semantic_models"] for measure in model["measures"]}
    used = {measure["name"] for metric in parsed[0]["metrics"] for measure in metric["type_params"]["input_measures"]}
    assert measures == used
    assert [metric["name"] for metric in parsed[0]["metrics"] if not (metric["description"] and metric["label"])] == []


def test_leads_offers_deals_and_partners_can_be_joined_to_by_their_keys(parsed):
    primary = {
        entity["name"]: (model["node_relation"]["alias"], entity["expr"])
        for model in parsed[0]["semantic_models"]
        for entity in model["entities"]
        if entity["type"] == "primary"
    }
    assert primary == {
        "lead": ("fct_lead", "lead_id"),
        "assignment": ("fct_assignment", "assignment_id"),
        "opportunity": ("fct_opportunity", "opportunity_id"),
        "partner": ("dim_partner", "partner_id"),
    }
