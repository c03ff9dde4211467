"""Runs one job in this process, as the command line does, and sums up what came of it."""

import os
from collections.abc import Callable
from importlib import import_module
from typing import Any

from dagster import DagsterInstance, ExecuteInProcessResult

from dagster_project.lib.instance import PROCESS_TAG, free_dead_runs, prepare_home
from dagster_project.lib.left_behind import process_tag
from dagster_project.lib.manifest import Manifest
from dagster_project.lib.progress import PROGRESS
from routing_jobs.program.errors import LeadrouteError
from routing_jobs.program.loading import load_program
from routing_jobs.program.workspace import Workspace
from routing_jobs.stages.summary import summarise


def _failure(result: ExecuteInProcessResult) -> str:
    """Which step failed; how, only when debugging, because a message may quote a record."""
    failed = [event for event in result.all_events if event.is_step_failure]
    names = ", ".join(str(event.step_key) for event in failed) or "a stage"
    detail = ""
    if os.environ.get("LEADROUTE_DEBUG"):
        detail = "\n".join(str(event.step_failure_data.error) for event in failed)
    return f"run {result.run_id}: {names} failed. LEADROUTE_DEBUG=1 shows how. {detail}"


def _run_config(job: str, as_of: str | None, full_refresh: bool, supersede: str | None) -> dict[str, Any]:
    ops: dict[str, Any] = {"ledger_copy": {"config": {"supersede": supersede}}}
    if job != "refresh_marts":
        ops["landed_feeds"] = {"config": {"as_of": as_of, "full_refresh": full_refresh}}
        ops["batch"] = {"config": {"supersede": supersede}}
    # Progress and errors are the command line's to show; Dagster's own log stays in its event log.
    return {"ops": ops, "loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def execute_job(
    workspace: Workspace,
    job: str,
    *,
    manifest: Manifest,
    as_of: str | None,
    full_refresh: bool,
    supersede: str | None,
    say: Callable[[str], None],
) -> dict[str, Any]:
    """Execute `job` on `workspace` and return the summary of SPEC section 12; raises what a stage raised."""
    os.environ.setdefault("DO_NOT_TRACK", "1")
    prepare_home(workspace)
    PROGRESS.reset(say=say)
    with PROGRESS.stage("start", "loading the asset graph"):
        from dagster_project.graph import build_definitions

        if not manifest.is_parsed:  # the other core parses: load meanwhile what the gates need
            import_module("great_expectations")
        definitions = build_definitions(workspace, manifest)
    with DagsterInstance.get() as instance:
        free_dead_runs(instance)
        result = definitions.resolve_job_def(job).execute_in_process(
            instance=instance,
            raise_on_error=False,
            tags={PROCESS_TAG: process_tag(), "leadroute/as_of": as_of or "default"},
            run_config=_run_config(job, as_of, full_refresh, supersede),
        )
    if PROGRESS.failure is not None:
        raise PROGRESS.failure
    if not result.success:
        raise LeadrouteError(_failure(result))
    return summarise(workspace, load_program(workspace), result.run_id, dict(PROGRESS.seconds))
