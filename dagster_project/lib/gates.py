"""Makes a blocking asset check of a gate: run the suites, store the verdict in warehouse and ledger, show it."""

from dagster import (
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSeverity,
    AssetKey,
    MetadataValue,
    TableRecord,
    asset_check,
)

from dagster_project.defs.resources import LeadrouteResource
from dagster_project.lib.progress import PROGRESS
from routing_jobs.program.errors import GateRefusedError


def gate_check(
    gate: str, asset: AssetKey, description: str, additional: list[AssetKey] | None = None
) -> AssetChecksDefinition:
    """The blocking check `gx_<table>__<gate>` on `asset`; what needs `asset` waits for the verdict."""

    @asset_check(
        asset=asset,
        name=f"gx_{asset.path[-1]}__{gate}",
        description=description,
        blocking=True,
        additional_deps=additional or [],
    )
    def check(context: AssetCheckExecutionContext, leadroute: LeadrouteResource) -> AssetCheckResult:
        from routing_jobs.stages.judge_gate import judge_gate

        with (
            PROGRESS.stage("gates", f"{gate.replace('_', ' ')} gate"),
            leadroute.ledger() as ledger,
            leadroute.warehouse() as connection,
        ):
            verdicts = judge_gate(gate, connection, ledger, context.run.run_id)
        failed = [verdict for verdict in verdicts if not verdict.passed]
        if failed:
            PROGRESS.failure = PROGRESS.failure or GateRefusedError(refusal(gate, failed))
        shown = [
            TableRecord({"check": v.check_name, "passed": v.passed, "rows": v.rows_seen, "failed": v.rows_failed})
            for v in verdicts
        ]
        return AssetCheckResult(
            passed=not failed,
            severity=AssetCheckSeverity.ERROR,
            metadata={
                "checks": len(verdicts),
                "failed checks": len(failed),
                "verdicts": MetadataValue.table(shown),
            },
        )

    return check


def refusal(gate: str, failed: list) -> str:
    """What a person reads when a gate refuses: which check, how many rows, which keys, what to do."""
    lines = [f"gate {gate.replace('_', ' ')} refused; nothing that was proposed, released or published has changed"]
    for verdict in failed:
        keys = f" ({', '.join(verdict.failing_keys[:5])})" if verdict.failing_keys else ""
        lines.append(
            f"  {verdict.check_name}: {verdict.message}; {verdict.rows_failed} of {verdict.rows_seen} rows{keys}\n"
            f"    what to do: {verdict.remedy}"
        )
    return "\n".join(lines)
