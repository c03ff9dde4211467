"""Runs one half of the dbt project as assets, in a process of its own, and checks that nothing was skipped."""

import io
from collections.abc import Iterator
from contextlib import redirect_stdout
from typing import Any

from dagster import AssetExecutionContext, AssetObservation, AssetsDefinition
from dagster_dbt import DbtCliInvocation, DbtCliResource, dbt_assets

from dagster_project.defs.resources import LeadrouteResource
from dagster_project.lib.dbt import StageTranslator, target_folder
from dagster_project.lib.progress import PROGRESS
from routing_jobs.program.errors import LeadrouteError
from routing_jobs.warehouse.fingerprint import quoted


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
                ["build", "--indirect-selection", indirect_selection],
                context=context,
                target_path=target_folder(leadroute.workspace),
                raise_on_error=False,
            )
            yield from _events(invocation)
            _require_all_built(name, invocation)
            with leadroute.warehouse() as connection:
                for key in sorted(context.selected_asset_keys):
                    table = quoted(".".join(key.path))
                    rows = connection.execute(f"select count(*) from {table}").fetchone()[0]  # noqa: S608 - quoted
                    yield AssetObservation(asset_key=key, metadata={"dagster/row_count": rows})

    return stage


def _events(invocation: DbtCliInvocation) -> Iterator[Any]:
    """Dbt's results as Dagster events; on the command line its own lines stay in state/dbt/dbt.log."""
    if not PROGRESS.is_speaking:
        yield from invocation.stream()
        return
    stream = iter(invocation.stream())
    while True:
        with redirect_stdout(io.StringIO()):
            event = next(stream, None)
        if event is None:
            return
        yield event


def _require_all_built(name: str, invocation: Any) -> None:
    """Dbt exits 0 when it built nothing: every selected node must have a result, and a good one."""
    results = invocation.get_artifact("run_results.json")["results"]
    failed = [result["unique_id"] for result in results if result["status"] in {"error", "fail", "skipped"}]
    if failed:
        shown = "\n  ".join(sorted(failed)[:20])
        raise LeadrouteError(f"dbt {name}: {len(failed)} of {len(results)} nodes did not succeed:\n  {shown}")
    if not invocation.is_successful() or not results:
        raise LeadrouteError(f"dbt {name}: nothing was built; see state/dbt/dbt.log")
