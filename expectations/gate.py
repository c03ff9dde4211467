"""Runs a gate's suites and stores the verdict. A check that did not run on the rows it should have seen has failed."""

import logging
import os
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from typing import Any

import duckdb

from expectations.arrivals import ARRIVALS
from expectations.declare import Check, Dataset, Gate
from expectations.marts import MARTS
from expectations.proposed_batch import PROPOSED_BATCH
from expectations.routing_input import ROUTING_INPUT
from routing_jobs.warehouse.fingerprint import content_mark

GATES: dict[str, Gate] = {gate.name: gate for gate in (ARRIVALS, ROUTING_INPUT, PROPOSED_BATCH, MARTS)}
KEYS_SHOWN = 20


@dataclass(frozen=True)
class Verdict:
    """The result of one check: what it saw, what failed, which rows (keys only), what to do."""

    run_id: str
    as_of: datetime
    gate: str
    check_name: str
    subject_sha256: str
    passed: bool
    rows_seen: int
    rows_failed: int
    failing_keys: list[str]
    message: str
    remedy: str


def run_gate(name: str, connection: duckdb.DuckDBPyConnection, run_id: str, as_of: datetime) -> list[Verdict]:
    """Judge the gate `name` on the warehouse; verdicts, one per subject and check, are stored and returned."""
    gate = GATES[name]
    verdicts = judge(gate, connection, run_id, as_of, subjects(gate, connection))
    _store(connection, name, verdicts)
    return verdicts


def judge(
    gate: Gate, connection: duckdb.DuckDBPyConnection, run_id: str, as_of: datetime, judged: list[str]
) -> list[Verdict]:
    """The verdicts on the subjects `judged` (hex sha256), one per subject and check; nothing is stored."""
    outcomes = [outcome for dataset in gate.datasets for outcome in _judge(dataset, connection)]
    expected = {f"{dataset.name}__{check}" for dataset in gate.datasets for check in _check_names(dataset)}
    ran = {outcome["check_name"] for outcome in outcomes}
    if ran != expected:
        raise AssertionError(f"gate {gate.name}: checks {sorted(expected ^ ran)} did not run")
    return [
        Verdict(run_id=run_id, as_of=as_of, gate=gate.name, subject_sha256=subject, **outcome)
        for subject in judged
        for outcome in outcomes
    ]


def subjects(gate: Gate, connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The hashes (hex sha256) of what the gate judges: a verdict holds for this content and no other."""
    if gate.subject_query is None:
        return [content_mark(connection, gate.subject)]
    found = [str(row[0]) for row in connection.execute(gate.subject_query).fetchall()]
    if not found:
        raise AssertionError(f"gate {gate.name}: nothing to judge")
    return found


def _check_names(dataset: Dataset) -> list[str]:
    return ["rows_are_complete", *(check.name for check in dataset.checks)]


def _judge(dataset: Dataset, connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    frame = connection.execute(dataset.rows).df()
    counted = int(connection.execute(dataset.count).fetchone()[0])
    results = _validate(dataset, frame)
    outcomes = [_completeness(dataset, len(frame), counted)]
    for check, result in zip(dataset.checks, results, strict=True):
        outcomes.append(_outcome(dataset, check, result, len(frame), counted))
    return outcomes


def _validate(dataset: Dataset, frame: Any) -> list[Any]:
    """One Great Expectations result per check, in order."""
    expectations_library, context = _library()
    source = context.data_sources.add_or_update_pandas(name=dataset.name)
    asset = source.add_dataframe_asset(name=dataset.name)
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame})
    suite = expectations_library.ExpectationSuite(name=dataset.name)
    for check in dataset.checks:
        suite.add_expectation(getattr(expectations_library.expectations, check.expectation)(**check.arguments))
    form = {"result_format": "COMPLETE", "unexpected_index_column_names": [dataset.key]}
    found = batch.validate(suite, result_format=form).results
    by_configuration = {_signature(result.expectation_config): result for result in found}
    signatures = [_signature(expectation.configuration) for expectation in suite.expectations]
    return [by_configuration.get(signature) for signature in signatures]


def _signature(configuration: Any) -> tuple[str, str]:
    arguments = {name: value for name, value in configuration.kwargs.items() if name != "batch_id"}
    return configuration.type, repr(sorted(arguments.items(), key=lambda item: item[0]))


@cache
def _library() -> tuple[Any, Any]:
    """The library and one context that keeps nothing on disk; imported late, it takes seconds."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    import great_expectations
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = great_expectations.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return great_expectations, context


def _completeness(dataset: Dataset, seen: int, counted: int) -> dict[str, Any]:
    floor = max(dataset.minimum_rows, counted)
    complete = seen == counted and seen >= dataset.minimum_rows
    message = "" if complete else f"saw {seen} rows of {dataset.name}, an independent count says {floor}"
    return {
        "check_name": f"{dataset.name}__rows_are_complete",
        "passed": complete,
        "rows_seen": seen,
        "rows_failed": abs(floor - seen),
        "failing_keys": [],
        "message": message,
        "remedy": "" if complete else dataset.floor_remedy,
    }


def _outcome(dataset: Dataset, check: Check, result: Any, seen: int, counted: int) -> dict[str, Any]:
    name = f"{dataset.name}__{check.name}"
    details = result.result if result is not None else {}
    failed_to_run = result is None or bool((result.exception_info or {}).get("raised_exception"))
    judged = int(details.get("element_count", 0)) if not failed_to_run else 0
    missing = 0 if check.nullable else int(details.get("missing_count", 0) or 0)
    failed = int(details.get("unexpected_count", 0) or 0) + missing
    passed = not failed_to_run and bool(result.success) and judged == seen == counted and failed == 0
    keys = [str(row[dataset.key]) for row in details.get("unexpected_index_list") or []]
    message = "" if passed else (check.message if judged == seen == counted else "the check did not see every row")
    return {
        "check_name": name,
        "passed": passed,
        "rows_seen": judged,
        "rows_failed": failed if judged == seen else max(failed, 1),
        "failing_keys": sorted(keys)[:KEYS_SHOWN],
        "message": message,
        "remedy": "" if passed else check.remedy,
    }


def _store(connection: duckdb.DuckDBPyConnection, name: str, verdicts: list[Verdict]) -> None:
    rows = [asdict(verdict) for verdict in verdicts]
    connection.execute("delete from gates.verdict where gate = ? and run_id = ?", [name, verdicts[0].run_id])
    connection.executemany(
        "insert into gates.verdict (run_id, as_of, gate, check_name, subject_sha256, passed, rows_seen, rows_failed, "
        "failing_keys, message, remedy) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [list(row.values()) for row in rows],
    )
