"""Starts a run when files have landed. What is done already is the ledger's to say; the key here only spares a run."""

import hashlib

from dagster import DefaultSensorStatus, RunRequest, SensorEvaluationContext, SkipReason, sensor

from dagster_project.defs.jobs import run_program
from dagster_project.defs.resources import LeadrouteResource
from routing_jobs.program.workspace import open_workspace


@sensor(
    job=run_program,
    minimum_interval_seconds=60,
    default_status=DefaultSensorStatus.STOPPED,
    description="Runs the program when the files below landing/ have changed since it last looked.",
)
def landed_files(context: SensorEvaluationContext, leadroute: LeadrouteResource) -> RunRequest | SkipReason:
    """One run per change of the landing folder, none while it rests."""
    landing = open_workspace(leadroute.workspace_path).landing
    digest = hashlib.sha256()
    for path in sorted(landing.rglob("*")):
        if path.is_file():
            state = path.stat()
            digest.update(f"{path.relative_to(landing)}|{state.st_size}|{state.st_mtime_ns}\n".encode())
    seen = digest.hexdigest()
    if seen == context.cursor:
        return SkipReason("nothing new below landing/")
    context.update_cursor(seen)
    return RunRequest(run_key=seen)
