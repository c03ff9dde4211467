"""Review: the proposal becomes a batch in the ledger, and people get a private copy to read it by."""

from collections.abc import Iterator

from dagster import AssetExecutionContext, AssetKey, AssetSpec, Config, MaterializeResult, multi_asset

from dagster_project.defs.resources import LeadrouteResource
from dagster_project.lib.progress import PROGRESS

_OWNERS = ["team:channel-operations"]
_DEPENDENCIES = [AssetKey(["routing", name]) for name in ("line", "candidate", "summary")]
_SPECS = [
    AssetSpec(
        ["gates", "run"],
        deps=_DEPENDENCIES,
        group_name="review",
        kinds={"duckdb", "sqlite"},
        owners=_OWNERS,
        description="One row per run that proposed: the batch is in the ledger, waiting for a person.",
    ),
    AssetSpec(
        ["gates", "verdict"],
        deps=_DEPENDENCIES,
        group_name="review",
        kinds={"duckdb"},
        owners=_OWNERS,
        description="One row per run, gate and check: what it saw, what failed, what to do.",
    ),
    AssetSpec(
        ["serving", "operations"],
        deps=_DEPENDENCIES,
        group_name="review",
        kinds={"duckdb"},
        owners=_OWNERS,
        description="The private read copy for review, explain and release; never published.",
    ),
]


class BatchSettings(Config):
    """`supersede`: the id of an open batch to redo on purpose."""

    supersede: str | None = None


@multi_asset(name="batch", specs=_SPECS, description="The proposal as a batch people can review.")
def batch(
    context: AssetExecutionContext, config: BatchSettings, leadroute: LeadrouteResource
) -> Iterator[MaterializeResult]:
    """Propose the batch; refuses without a passed verdict on exactly this proposal."""
    from routing_jobs.stages.propose import propose

    with (
        PROGRESS.stage("review", "proposing the batch"),
        leadroute.ledger() as ledger,
        leadroute.warehouse() as connection,
    ):
        outcome = propose(leadroute.workspace, connection, leadroute.program, ledger, context.run_id, config.supersede)
    yield MaterializeResult(asset_key=_SPECS[0].key, metadata={"batches": outcome.batches, "outcome": outcome.outcome})
    yield MaterializeResult(asset_key=_SPECS[1].key, metadata={"dagster/row_count": outcome.verdicts})
    yield MaterializeResult(asset_key=_SPECS[2].key)
