"""Routing: units times partners to candidates, the optimal assignment, a proposal with its certificate."""

from collections.abc import Iterator

from dagster import AssetExecutionContext, AssetKey, AssetSpec, MaterializeResult, multi_asset

from dagster_project.defs.resources import LeadrouteResource
from dagster_project.lib.progress import PROGRESS
from routing_jobs.routing.steps import Relations

_DESCRIPTIONS = {
    "candidate": "One row per unit and partner that passed territory: eligible or why not, score parts, rank.",
    "line": "One row per routable lead: its partner, or the exception that says why it has none.",
    "partner_price": "One row per partner and mode: slots, assigned, and what one more slot would be worth.",
    "area_price": "One row per partner's territory with a capacity of its own, and mode: slots and their worth.",
    "certificate": "One row per mode: what proves the assignment, and what it is measured against.",
    "fairness": "One row per pool and partner: what the batch adds to the turns partners take.",
    "exclusion_count": "One row per unit and reason: how many partners it ruled out.",
    "partner_performance": "One row per partner and outcome: counts, shrunk rate, interval, weight.",
    "summary": "One row per proposal: totals, objective, upper bound, gap, content hash.",
}
_INPUTS = [AssetKey(relation.split(".")) for relation in Relations().names()]


def _specs() -> list[AssetSpec]:
    return [
        AssetSpec(
            ["routing", name],
            deps=_INPUTS,
            group_name="routing",
            kinds={"python", "duckdb"},
            owners=["team:channel-operations"],
            description=text,
        )
        for name, text in _DESCRIPTIONS.items()
    ]


@multi_asset(name="proposal", specs=_specs(), description="Routes every routable unit at once and says how good it is.")
def proposal(context: AssetExecutionContext, leadroute: LeadrouteResource) -> Iterator[MaterializeResult]:
    """Route what may be routed; refuses without passed verdicts on arrivals and routing input."""
    from routing_jobs.stages.route import route

    with (
        PROGRESS.stage("routing", "routing the batch"),
        leadroute.ledger() as ledger,
        leadroute.warehouse() as connection,
    ):
        routed = route(connection, leadroute.program, ledger, context.run_id)
    for spec in _specs():
        name = spec.key.path[-1]
        extra = routed.certificate if name == "summary" else {}
        yield MaterializeResult(
            asset_key=spec.key, metadata={"dagster/row_count": routed.rows[f"routing.{name}"], **extra}
        )
