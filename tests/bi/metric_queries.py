"""Validates the semantic layer and answers metric queries with MetricFlow; runs in MetricFlow's own environment.

`python metric_queries.py PROJECT < queries.json`: PROJECT is a parsed dbt project; each query is {metrics, group_by,
where}. Prints JSON: `issues` found in the definitions or by asking the warehouse, `metrics` defined, `answers` in turn.
"""

import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

from dbt_metricflow.cli.cli_configuration import CLIConfiguration
from metricflow.engine.metricflow_engine import MetricFlowQueryRequest
from metricflow.validation.data_warehouse_model_validator import DataWarehouseModelValidator
from metricflow_semantic_interfaces.validations.semantic_manifest_validator import SemanticManifestValidator


def issues(layer: CLIConfiguration) -> list[str]:
    """Errors, future errors and warnings in the definitions, then errors of the warehouse on asking for each part."""
    found = SemanticManifestValidator().validate_semantic_manifest(layer.semantic_manifest).all_issues
    warehouse = DataWarehouseModelValidator(sql_client=layer.sql_client)
    for validate in (
        warehouse.validate_semantic_models,
        warehouse.validate_dimensions,
        warehouse.validate_entities,
        warehouse.validate_simple_metrics,
        warehouse.validate_metrics,
    ):
        found = (*found, *validate(layer.semantic_manifest).all_issues)
    return [issue.as_readable_str() for issue in found]


def answer(layer: CLIConfiguration, query: dict[str, Any]) -> dict[str, Any]:
    """The `rows` of one metric query, or the `error` that MetricFlow or the warehouse answered with."""
    request = MetricFlowQueryRequest.create(
        metric_names=query["metrics"],
        group_by_names=query["group_by"] or None,
        where_constraints=query["where"] or None,
    )
    try:
        return {"rows": [list(row) for row in layer.mf.query(request).result_df.rows]}
    except Exception as error:  # of whatever kind: what cannot be answered is what is looked for
        return {"error": " ".join(str(error).split())[:300]}


def _plain(value: Any) -> Any:
    return value.isoformat()[:10] if isinstance(value, date) else int(value) if value == int(value) else float(value)


def main() -> None:
    """Answer the queries of standard input."""
    project = Path(sys.argv[1])
    layer = CLIConfiguration()
    layer.setup(dbt_profiles_path=project, dbt_project_path=project, configure_file_logging=False)
    queries = json.load(sys.stdin)
    result = {
        "issues": issues(layer),
        "metrics": sorted(metric.name for metric in layer.semantic_manifest.metrics),
        "answers": [answer(layer, query) for query in queries],
    }
    print(json.dumps(result, default=_plain))


if __name__ == "__main__":
    main()
