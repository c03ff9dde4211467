"""The Dagster instance of one workspace: where it keeps its runs, and what a killed run may leave behind."""

import os
from pathlib import Path

from dagster import DagsterInstance, DagsterRunStatus, RunsFilter

from dagster_project.lib.left_behind import living_process
from routing_jobs.program.workspace import Workspace

PROCESS_TAG = "leadroute/process"  # "pid:start time" of the process that executes the run

_CONFIGURATION = """\
# Written by leadroute; telemetry and the invitation to sign up stay off, a dead process's run is failed after two minutes.
telemetry:
  enabled: false
nux:
  enabled: false
run_monitoring:
  enabled: true
  start_timeout_seconds: 120
  max_runtime_seconds: 21600
concurrency:
  runs:
    max_concurrent_runs: 1
"""


def prepare_home(workspace: Workspace) -> Path:
    """The workspace's DAGSTER_HOME with its dagster.yaml; also set in the environment of this process."""
    home = workspace.dagster_home
    home.mkdir(parents=True, exist_ok=True)
    configuration = home / "dagster.yaml"
    if not configuration.is_file() or configuration.read_text() != _CONFIGURATION:
        configuration.write_text(_CONFIGURATION)
    os.environ["DAGSTER_HOME"] = str(home)
    return home


def free_dead_runs(instance: DagsterInstance) -> list[str]:
    """Fail every run whose process is gone, and give back what it held; returns their run ids."""
    unfinished = [DagsterRunStatus.STARTED, DagsterRunStatus.STARTING, DagsterRunStatus.CANCELING]
    freed = []
    for run in instance.get_runs(RunsFilter(statuses=unfinished)):
        owner = run.tags.get(PROCESS_TAG)
        if owner is None or living_process(owner) is not None:
            continue
        instance.report_run_failed(run, "The process of this run was killed; a new run takes up its work.")
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
        freed.append(run.run_id)
    return freed
