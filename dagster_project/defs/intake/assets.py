"""Intake: landed files become raw tables, and the program's settings become tables SQL can read."""

from collections.abc import Iterator

from dagster import AssetExecutionContext, AssetSpec, Config, MaterializeResult, multi_asset

from dagster_project.defs.resources import LeadrouteResource
from dagster_project.lib.progress import PROGRESS
from routing_jobs.program.entities import ENTITIES

_OWNERS = ["team:analytics-engineering"]
_BOOKKEEPING = {
    "landed_file": "One row per landed file of a feed: how many records, and what became of them.",
    "quarantined_record": "One row per record that was set aside: raw text, reason, remedy.",
}
PROGRAM_TABLES = (
    "setting", "product", "grade", "tier", "maturity", "exchange_rate", "currency_exponent", "rulebook", "feed",
)  # fmt: skip


class RunSettings(Config):
    """How a run is asked to behave; every field may be left out."""

    as_of: str | None = None
    full_refresh: bool = False


def _specs() -> list[AssetSpec]:
    entities = [
        AssetSpec(
            ["raw", name],
            group_name="intake",
            kinds={"duckdb", "table"},
            owners=_OWNERS,
            description=f"One row per accepted version of one record of {name.replace('_', ' ')}.",
        )
        for name in ENTITIES
    ]
    bookkeeping = [
        AssetSpec(["raw", name], group_name="intake", kinds={"duckdb", "table"}, owners=_OWNERS, description=text)
        for name, text in _BOOKKEEPING.items()
    ]
    program = [
        AssetSpec(
            ["program", name],
            group_name="intake",
            kinds={"duckdb", "yaml"},
            owners=["team:channel-operations"],
            description=f"The program's {name.replace('_', ' ')}, from program.yaml, rulebook/ and reference/.",
        )
        for name in PROGRAM_TABLES
    ]
    return entities + bookkeeping + program


@multi_asset(
    name="landed_feeds", specs=_specs(), description="Every feed's landed files, taken in without losing a record."
)
def landed_feeds(
    context: AssetExecutionContext, config: RunSettings, leadroute: LeadrouteResource
) -> Iterator[MaterializeResult]:
    """Land every feed, settle as_of, write the settings tables."""
    from routing_jobs.stages.take_in import take_in

    with PROGRESS.stage("intake", "taking in landed files"), leadroute.ledger() as ledger:
        report = take_in(
            leadroute.workspace, leadroute.program, ledger, config.as_of, context.run_id,
            full_refresh=config.full_refresh, say=PROGRESS.say,
        )  # fmt: skip
    for spec in _specs():
        rows = report.rows.get("/".join(spec.key.path))
        yield MaterializeResult(asset_key=spec.key, metadata={} if rows is None else {"dagster/row_count": rows})
