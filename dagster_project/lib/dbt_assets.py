"""Runs one half of the dbt project as assets, in a process of its own, and checks that nothing was skipped."""

from collections.abc import Iterator
from typing import Any

from dagster import AssetExecutionContext, AssetObservation, AssetsDefinition
from dagster_dbt import DbtCliResource, dbt_assets

from dagster_project.defs.resources import LeadrouteResource
from dagster_project.lib.dbt import StageTranslator, target_folder
from dagster_project.lib.progress import PROGRESS
from routing_jobs.program.errors import LeadrouteError


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
            yield from invocation.stream()
            _require_all_built(name, invocation)
        with leadroute.warehouse() as connection:
            for key in context.selected_asset_keys:
                rows = connection.table(".".join(key.path)).count("*").fetchone()[0]
                yield AssetObservation(asset_key=key, metadata={"dagster/row_count": rows})

    return stage


def _require_all_built(name: str, invocation: Any) -> None:
    """Dbt exits 0 when it built nothing: every selected node must have a result, and a good one."""
    results = invocation.get_artifact("run_results.json")["results"]
    failed = [result["unique_id"] for result in results if result["status"] in {"error", "fail", "skipped"}]
    if failed:
        shown = "\n  ".join(sorted(failed)[:20])
        raise LeadrouteError(f"dbt {name}: {len(failed)} of {len(results)} nodes did not succeed:\n  {shown}")
    if not invocation.is_successful() or not results:
        raise LeadrouteError(f"dbt {name}: nothing was built; see state/dbt/dbt.log")
