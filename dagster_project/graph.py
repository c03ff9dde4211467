"""The asset graph of one workspace: assets by stage, gates as checks, jobs, schedule, sensor, resources."""

import json
from collections.abc import Iterable

from dagster import AssetKey, Definitions, in_process_executor

from dagster_project.defs import jobs, schedules, sensors
from dagster_project.defs.intake.assets import landed_feeds
from dagster_project.defs.intake.checks import arrivals
from dagster_project.defs.marts.assets import MARTS
from dagster_project.defs.marts.checks import marts as marts_gate
from dagster_project.defs.prepare.assets import LATER, PREPARE, ledger_copy
from dagster_project.defs.prepare.checks import routing_input
from dagster_project.defs.publish.assets import release_asset
from dagster_project.defs.resources import LeadrouteResource
from dagster_project.defs.review.assets import batch
from dagster_project.defs.routing.assets import proposal
from dagster_project.defs.routing.checks import proposed_batch
from dagster_project.lib.dbt import LeanDbt
from dagster_project.lib.dbt_assets import dbt_stage
from dagster_project.lib.manifest import DBT_PROJECT, Manifest, dbt_executable
from routing_jobs.program.workspace import Workspace


def build_definitions(workspace: Workspace, parsed: Manifest | None = None) -> Definitions:
    """The definitions for `workspace`; waits for dbt's parse, begun here unless `parsed` began it."""
    manifest = json.loads((parsed or Manifest.begin(workspace)).path().read_text())
    prepare = dbt_stage("prepare", manifest, PREPARE, LATER, "buildable")
    marts = dbt_stage("marts", manifest, MARTS, "", "eager")
    return Definitions(
        assets=[landed_feeds, ledger_copy, prepare, proposal, batch, marts, release_asset(_published(marts.keys))],
        asset_checks=[arrivals, routing_input, proposed_batch, marts_gate],
        jobs=[jobs.run_program, jobs.propose_batch, jobs.refresh_marts, jobs.release_batch],
        schedules=[schedules.every_half_hour],
        sensors=[sensors.landed_files],
        executor=in_process_executor,
        resources={
            "leadroute": LeadrouteResource(workspace_path=str(workspace.root)),
            "dbt": LeanDbt(
                project_dir=str(DBT_PROJECT),
                profiles_dir=str(DBT_PROJECT),
                dbt_executable=str(dbt_executable()),
            ),
        },
    )


def _published(keys: Iterable[AssetKey]) -> list[AssetKey]:
    return sorted(key for key in keys if key.path[0] == "marts")
