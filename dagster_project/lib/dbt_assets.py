"""Runs one half of the dbt project as assets, in a process of its own, and checks that nothing was skipped."""

import io
from collections.abc import Iterator
from contextlib import nullcontext, redirect_stdout
from typing import Any

from dagster import AssetExecutionContext, AssetObservation, AssetsDefinition
from dagster_dbt import DbtCliInvocation, DbtCliResource, dbt_assets

from dagster_project.defs.resources import LeadrouteResource
from dagster_project.lib.dbt import StageTranslator
from dagster_project.lib.left_behind import noted
from dagster_project.lib.manifest import target_folder
from dagster_project.lib.progress import PROGRESS
from routing_jobs.program.errors import LeadrouteError
from routing_jobs.warehouse.fingerprint import quoted

# Unit tests are for those who change models; a manifest written anew by each build would say nothing new.
_LEAN = ("--exclude-resource-type", "unit_test", "--no-write-json", "--log-level-file", "info")


def dbt_stage(
    name: str, manifest: dict[str, Any], select: str, exclude: str, indirect_selection: str
) -> AssetsDefinition:
    """The assets of the dbt nodes in `select` less `exclude`, built by one `dbt build`."""

    @dbt_assets(
        manifest=manifest,
        name=f"dbt_{name}",
        select=select,
        exclude=exclude,
        dagster_dbt_translator=StageTranslator(),
    )
    def stage(context: AssetExecutionContext, dbt: DbtCliResource, leadroute: LeadrouteResource) -> Iterator[Any]:
        with PROGRESS.stage(name, f"dbt builds {name}"):
            invocation = dbt.cli(
                ["build", "--indirect-selection", indirect_selection, *_LEAN],
                context=context,
                target_path=target_folder(leadroute.workspace),
                raise_on_error=False,
            )
            statuses: dict[str, str] = {}
            with noted(leadroute.workspace, invocation.process.pid):
                yield from _events(invocation, statuses)
            _require_all_built(name, invocation, statuses, len(context.selected_asset_keys))
            with leadroute.warehouse() as connection:
                for key in sorted(context.selected_asset_keys):
                    table = quoted(".".join(key.path))
                    rows = connection.execute(f"select count(*) from {table}").fetchone()[0]  # noqa: S608 - quoted
                    yield AssetObservation(asset_key=key, metadata={"dagster/row_count": rows})

    return stage


def _events(invocation: DbtCliInvocation, statuses: dict[str, str]) -> Iterator[Any]:
    """Dbt's results as Dagster events, node -> status into `statuses`; dbt's own lines are in state/dbt/dbt.log."""
    messages = iter(invocation.stream_raw_events())
    while True:
        with redirect_stdout(io.StringIO()) if PROGRESS.is_speaking else nullcontext():
            message = next(messages, None)
        if message is None:
            return
        if message.is_result_event:
            node = message.raw_event["data"]["node_info"]
            statuses[node["unique_id"]] = node["node_status"]
        yield from message.to_default_asset_events(
            manifest=invocation.manifest,
            dagster_dbt_translator=invocation.dagster_dbt_translator,
            context=invocation.context,
            target_path=invocation.target_path,
        )


def _require_all_built(name: str, invocation: DbtCliInvocation, statuses: dict[str, str], models: int) -> None:
    """Dbt exits 0 when it built nothing: all `models` and their tests must have ended, and well."""
    failed = [node for node, status in statuses.items() if status not in {"success", "pass", "warn"}]
    if failed:
        shown = "\n  ".join(sorted(failed)[:20])
        raise LeadrouteError(f"dbt {name}: {len(failed)} of {len(statuses)} nodes did not succeed:\n  {shown}")
    built = sum(node.startswith("model.") for node in statuses)
    if not invocation.is_successful() or built != models:
        raise LeadrouteError(f"dbt {name}: {built} of {models} models were built; see state/dbt/dbt.log")
