"""The semantic layer: valid, every metric answerable on the marts, and equal to the mart that gives the same number."""

import json
import math
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
from file_checks import HERE
from findings import Finding
from metric_cases import CASES, MetricCase
from published import Release, writable_copy

NAME = "MetricFlow"
DBT_PROJECT = HERE.parents[1] / "dbt"
RELATIVE_TOLERANCE = 1e-12  # rates are quotients in double precision

Rows = list[list[Any]]


def check_metrics(python: Path, release: Release, folder: Path) -> Iterator[Finding]:
    """Parse the dbt project beside a copy of the marts, validate the layer, and ask every case."""
    project = folder / "dbt"
    shutil.copytree(DBT_PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
    environment = os.environ | {
        "LEADROUTE_WAREHOUSE": str(writable_copy(release, folder / "warehouse.duckdb")),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    parse = [str(python.with_name("dbt")), "--quiet", "parse", "--project-dir", str(project)]
    subprocess.run([*parse, "--profiles-dir", str(project)], env=environment, cwd=project, check=True)
    queries = [{"metrics": case.metrics, "group_by": case.group_by, "where": case.where} for case in CASES]
    asked = subprocess.run(
        [str(python), str(HERE / "metric_queries.py"), str(project)],
        input=json.dumps(queries), stdout=subprocess.PIPE, text=True, env=environment, cwd=project, check=True,
    )  # fmt: skip
    seen = json.loads(asked.stdout)
    issues = "; ".join(seen["issues"])
    yield Finding(NAME, "definitions and their SQL are valid", issues or "no issue", passed=not issues)
    yield all_covered(seen["metrics"], CASES)
    with duckdb.connect(str(release.database), read_only=True) as connection:
        for case, answer in zip(CASES, seen["answers"], strict=True):
            expected = [list(row) for row in connection.execute(case.sql).fetchall()]
            yield judged(case, expected, answer)


def all_covered(metrics: Sequence[str], cases: Sequence[MetricCase]) -> Finding:
    """Every metric that is defined has a case, and every case a metric."""
    asked = {name for case in cases for name in case.metrics}
    odd = sorted(asked.symmetric_difference(metrics))
    figure = f"without a case or a definition: {', '.join(odd)}" if odd else f"{len(metrics)} metrics"
    return Finding(NAME, "every metric is asked", figure, passed=bool(metrics) and not odd)


def judged(case: MetricCase, rows: Rows, answer: dict[str, Any]) -> Finding:
    """Passed when the answer has the same rows in any order; whole numbers exactly, rates within a rounding."""
    if "error" in answer:
        return Finding(NAME, case.title, answer["error"], passed=False)
    expected, seen = sorted(map(_plain, rows), key=repr), sorted(map(_plain, answer["rows"]), key=repr)
    if not any(value is not None for row in expected for value in row):
        return Finding(NAME, case.title, "the marts have no value to compare with", passed=False)
    same = len(expected) == len(seen) and all(map(_same_row, expected, seen))
    figure = _shown(seen) if same else f"expected {_shown(expected)}, got {_shown(seen)}"
    return Finding(NAME, case.title, figure, passed=same)


def _plain(row: Sequence[Any]) -> list[Any]:
    return [_whole(value) if isinstance(value, int | float) else value and str(value) for value in row]


def _whole(value: float) -> float:
    """MetricFlow divides in double precision: a whole quotient is compared as the whole number it is."""
    return int(value) if value == int(value) else value


def _same_row(expected: Sequence[Any], seen: Sequence[Any]) -> bool:
    return len(expected) == len(seen) and all(map(_same_value, expected, seen))


def _same_value(expected: Any, seen: Any) -> bool:
    if isinstance(expected, float) and isinstance(seen, int | float):
        return math.isclose(expected, seen, rel_tol=RELATIVE_TOLERANCE)
    return expected == seen


def _shown(rows: Rows) -> str:
    if len(rows) == 1:
        return ", ".join(f"{value:,}" if isinstance(value, int) else str(value) for value in rows[0])
    return f"{len(rows)} rows, {', '.join(str(value) for value in rows[0]) if rows else 'none'}, ..."
