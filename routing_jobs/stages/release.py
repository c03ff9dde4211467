"""An approved batch leaves: assignments open, messages are delivered. Running it again changes nothing."""

from datetime import UTC, datetime
from typing import Any

from routing_jobs.ledger import Ledger
from routing_jobs.ledger.authority import Decision
from routing_jobs.ledger.rulebooks import program_in_force
from routing_jobs.program.as_of import parse_as_of, resolve_as_of
from routing_jobs.program.loading import Program
from routing_jobs.program.workspace import Workspace
from routing_jobs.release.deadlines import deadlines_from
from routing_jobs.release.delivery import deliver
from routing_jobs.release.facts import opened_facts
from routing_jobs.release.releasing import release_batch


def command_as_of(program: Program, ledger: Ledger, requested: str | None) -> datetime:
    """The as_of of a command that decides: as requested, else the clock, or the ledger's newest event."""
    wanted = parse_as_of(requested, program.config.timezone) if requested else None
    now = datetime.now(UTC).replace(tzinfo=None)
    return resolve_as_of(wanted, program.config.as_of, ledger.newest_occurred_at(), now)


def release_and_deliver(
    workspace: Workspace, program: Program, batch_id: str, actor: str, requested_as_of: str | None
) -> dict[str, Any]:
    """Release the approved batch and deliver what may leave; counts only, no personal data."""
    with Ledger.open(workspace) as ledger, opened_facts(workspace) as facts:
        as_of = command_as_of(program, ledger, requested_as_of)
        program = program_in_force(ledger, program, as_of)
        decision = Decision(actor, as_of, program.config.roles_of)
        deadlines = deadlines_from(program.sla, program.config.timezone, as_of)
        released = release_batch(ledger, facts, deadlines, batch_id, decision)
        delivered = deliver(ledger, facts, as_of)
    return {
        "batch_id": batch_id,
        "is_new": released.is_new,
        "assignments": released.assignments,
        "withheld": sum(released.withheld.values()),
        "messages_sent": delivered.sent,
    }
