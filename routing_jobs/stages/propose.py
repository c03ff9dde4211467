"""The proposal becomes a batch in the ledger; people get a private copy of what they need to review it."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import duckdb

from routing_jobs.ledger import Ledger
from routing_jobs.ledger.authority import express_rule
from routing_jobs.ledger.batch_files import stage_from_warehouse
from routing_jobs.ledger.batch_inputs import RoutingSetting, stage_inputs
from routing_jobs.ledger.export import export_to_warehouse
from routing_jobs.ledger.proposals import Proposal, propose_batch
from routing_jobs.ledger.refusals import DecisionRefusedError
from routing_jobs.ledger.review import approve_express
from routing_jobs.ledger.rulebooks import program_in_force
from routing_jobs.program.loading import Program
from routing_jobs.program.workspace import Workspace
from routing_jobs.publish.serving import write_serving_copy

_SUMMARIES = """
select is_express, input_sha256, objective, upper_bound, gap, band_cost, content_sha256
from routing.summary where run_id = ? order by is_express
"""


@dataclass(frozen=True)
class Proposed:
    """The batches that are open now because of this run, and how that came about."""

    batches: list[str]
    outcome: str
    verdicts: int


def propose(
    workspace: Workspace,
    connection: duckdb.DuckDBPyConnection,
    program: Program,
    ledger: Ledger,
    run_id: str,
    supersede: str | None,
) -> Proposed:
    """Bring every proposal of this run into the ledger, note its batch beside it, renew the serving copy."""
    setting = connection.execute("select as_of, currency, timezone from program.setting").fetchone()
    as_of, currency, timezone = setting or (None, None, None)
    assert as_of is not None, "program.setting is written by every run"
    program = program_in_force(ledger, program, as_of)
    batches, outcomes = [], []
    rulebook = {name: rules.model_dump(mode="json") for name, rules in program.rules.items()}
    for row in connection.execute(_SUMMARIES, [run_id]).fetchall():
        is_express, input_sha256, objective, upper_bound, gap, band_cost, content = row
        folder = stage_from_warehouse(connection, workspace.batches, rulebook, is_express=is_express)
        stage_inputs(connection, folder, RoutingSetting(as_of, timezone, currency))
        proposal = Proposal(
            folder=folder, is_express=is_express, rulebook_sha256=program.rulebook_sha256,
            rulebook_version=program.rulebook_version, run_id=run_id, input_sha256=input_sha256,
            objective=objective, upper_bound=upper_bound, gap=gap, band_cost=band_cost,
        )  # fmt: skip
        came = propose_batch(ledger, proposal, as_of, supersede=supersede, expected_content=content)
        outcomes.append(came.outcome)
        if is_express and came.outcome in ("created", "superseded") and came.batch_id is not None:
            _approve_express(program, ledger, came.batch_id, as_of)
        if came.batch_id is not None:
            batches.append(came.batch_id)
        connection.execute(
            "update routing.summary set batch_id = ?, outcome = ? where run_id = ? and is_express = ?",
            [came.batch_id, came.outcome, run_id, is_express],
        )
    connection.execute("delete from gates.run where run_id = ?", [run_id])
    connection.execute("insert into gates.run values (?, ?, ?, ?)", [run_id, as_of, currency, timezone])
    export_to_warehouse(ledger, connection)
    write_serving_copy(workspace, connection)
    verdicts = connection.execute("select count(*) from gates.verdict").fetchone()[0]
    return Proposed(batches, ", ".join(sorted(set(outcomes))) or "nothing_to_route", verdicts)


def _approve_express(program: Program, ledger: Ledger, batch_id: str, as_of: datetime) -> None:
    """Express leads do not wait for a person while they are few; more than the rulebook allows do."""
    assert program.routing.express is not None, "an express batch needs express rules"
    decision = express_rule(as_of, program.config.roles_of)
    with suppress(DecisionRefusedError):
        approve_express(ledger, batch_id, decision, max_leads=program.routing.express.max_leads)
