"""Runs one job in this process, as the command line does, and sums up what came of it."""

import logging
import os
from collections.abc import Callable
from typing import Any

from dagster import DagsterInstance

from dagster_project.lib.instance import PROCESS_TAG, free_dead_runs, prepare_home, process_tag
from dagster_project.lib.progress import PROGRESS
from routing_jobs.program.errors import LeadrouteError
from routing_jobs.program.workspace import Workspace
from routing_jobs.stages.summary import summarise


def execute_job(
    workspace: Workspace,
    job: str,
    *,
    as_of: str | None,
    full_refresh: bool,
    supersede: str | None,
    say: Callable[[str], None],
) -> dict[str, Any]:
    """Execute `job` on `workspace` and return the summary of SPEC section 12; raises what a stage raised."""
    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    os.environ.setdefault("DO_NOT_TRACK", "1")
    prepare_home(workspace)
    PROGRESS.reset(say=say)
    with PROGRESS.stage("start", "loading the asset graph"):
        from dagster_project.graph import build_definitions

        definitions = build_definitions(workspace)
    with DagsterInstance.get() as instance:
        free_dead_runs(instance)
        result = definitions.resolve_job_def(job).execute_in_process(
            instance=instance,
            raise_on_error=False,
            tags={PROCESS_TAG: process_tag(), "leadroute/as_of": as_of or "default"},
            run_config={
                "ops": {
                    "landed_feeds": {"config": {"as_of": as_of, "full_refresh": full_refresh}},
                    "ledger_copy": {"config": {"supersede": supersede}},
                    "batch": {"config": {"supersede": supersede}},
                }
            }
            if job != "refresh_marts"
            else {},
        )
    if PROGRESS.failure is not None:
        raise PROGRESS.failure
    if not result.success:
        failed = [event.step_key for event in result.all_events if event.is_step_failure]
        raise LeadrouteError(f"run {result.run_id}: {', '.join(map(str, failed)) or 'a stage'} failed; see state/dagster")
    return summarise(workspace, result.run_id, dict(PROGRESS.seconds))
