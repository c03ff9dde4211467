"""Publish: the marts as one sealed release, switched to in a single step."""

from collections.abc import Iterable

from dagster import AssetExecutionContext, AssetKey, AssetsDefinition, MaterializeResult, asset

from dagster_project.defs.resources import LeadrouteResource
from dagster_project.lib.progress import PROGRESS


def release_asset(marts: Iterable[AssetKey]) -> AssetsDefinition:
    """The asset `published/release`, made once every key in `marts` is built and judged."""

    @asset(
        key=["published", "release"],
        deps=list(marts),
        group_name="publish",
        kinds={"duckdb", "parquet"},
        owners=["team:analytics-engineering"],
        description="The release leadership reads: leadroute.duckdb, parquet files, report.html, manifest.json.",
    )
    def release(context: AssetExecutionContext, leadroute: LeadrouteResource) -> MaterializeResult:
        from routing_jobs.stages.publish import publish

        with (
            PROGRESS.stage("publish", "building, auditing and switching the release"),
            leadroute.ledger() as ledger,
            leadroute.warehouse() as connection,
        ):
            publication = publish(leadroute.workspace, connection, leadroute.program, ledger, context.run_id)
        return MaterializeResult(
            metadata={
                "release": publication.release_id,
                "is_new": publication.is_new,
                "tables": len(publication.rows),
                "rows": sum(publication.rows.values()),
            }
        )

    return release
