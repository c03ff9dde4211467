"""Prepare: the ledger's state beside the raw tables, then dbt up to what routing reads."""

from collections.abc import Iterator

from dagster import AssetKey, AssetSpec, Config, MaterializeResult, multi_asset

from dagster_project.defs.resources import LeadrouteResource
from dagster_project.lib.dbt import WRITTEN_LATER
from dagster_project.lib.progress import PROGRESS
from routing_jobs.warehouse.schema import LEDGER

LATER = " ".join(f"{prefix}*" for prefix in WRITTEN_LATER)
PREPARE = "fqn:leadroute.staging fqn:leadroute.intermediate.prepare"


def _specs() -> list[AssetSpec]:
    return [
        AssetSpec(
            table.split("."),
            deps=[AssetKey(["raw", "landed_file"]), AssetKey(["program", "setting"])],
            group_name="prepare",
            kinds={"duckdb", "table"},
            owners=["team:analytics-engineering"],
            description=f"The ledger's {table.split('.')[1].replace('_', ' ')} rows as this run found them.",
        )
        for table in LEDGER
    ]


class CopySettings(Config):
    """`supersede`: the id of an open batch to redo on purpose; its leads are routed again."""

    supersede: str | None = None


@multi_asset(name="ledger_copy", specs=_specs(), description="What the ledger says, as tables SQL can join.")
def ledger_copy(config: CopySettings, leadroute: LeadrouteResource) -> Iterator[MaterializeResult]:
    """File reports about our own assignments become ledger events; then the ledger's state is copied."""
    from routing_jobs.stages.copy_ledger import copy_ledger

    with (
        PROGRESS.stage("prepare", "reading the ledger"),
        leadroute.ledger() as ledger,
        leadroute.warehouse() as connection,
    ):
        counts = copy_ledger(connection, ledger, config.supersede)
    for spec in _specs():
        yield MaterializeResult(asset_key=spec.key, metadata={"dagster/row_count": counts[".".join(spec.key.path)]})
