"""Takes offers back: one assignment, or all of a batch that nobody has accepted yet."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from routing_jobs.ledger.authority import Decision, require_role
from routing_jobs.ledger.batches import deciding, require_status, stated
from routing_jobs.ledger.event import instant_text
from routing_jobs.ledger.journal import Transaction
from routing_jobs.ledger.ledger import Ledger
from routing_jobs.ledger.refusals import DecisionRefusedError
from routing_jobs.ledger.tables import ASSIGNMENT, OUTBOX
from routing_jobs.program.errors import ConfigurationError

RECALLABLE = ("open", "accepted")
BY_OPERATIONS, BY_ROLLBACK, BY_REASSIGNMENT = "recalled_by_operations", "batch_rolled_back", "reassigned"
_UNSENT = ("pending", "blocked")


def read_assignment(connection: Connection, assignment_id: str) -> dict[str, Any]:
    """The row of one assignment; ConfigurationError where there is none of that id."""
    query = select(ASSIGNMENT).where(ASSIGNMENT.c.assignment_id == assignment_id)
    row = connection.execute(query).mappings().first()
    if row is None:
        raise ConfigurationError(f"There is no assignment {assignment_id}. `leadroute explain LEAD` names a lead's.")
    return dict(row)


def recall_assignment(ledger: Ledger, assignment_id: str, *, reason: str, decision: Decision) -> None:
    """Take one open or accepted offer back; its slot is free, the lead may be routed again."""
    require_role(decision, "recall")
    with ledger.writing(decision.as_of, decision.actor) as transaction:
        assignment = recallable(transaction, assignment_id, decision)
        digest = ledger.remember(transaction, stated(reason, "recall"))
        append_recall(transaction, assignment, BY_OPERATIONS, digest)


def recallable(transaction: Transaction, assignment_id: str, decision: Decision) -> dict[str, Any]:
    """The assignment, if it can still be taken back; DecisionRefusedError otherwise."""
    assignment = read_assignment(transaction.connection, assignment_id)
    if assignment["status"] not in RECALLABLE:
        raise DecisionRefusedError(
            f"Assignment {assignment_id} is {assignment['status']}: only open and accepted ones can be recalled."
        )
    if instant_text(decision.as_of) < assignment["released_at"]:
        raise DecisionRefusedError(
            f"Assignment {assignment_id} was released at {assignment['released_at']}; it cannot be recalled earlier."
        )
    return assignment


def roll_back_batch(ledger: Ledger, batch_id: str, *, reason: str, decision: Decision) -> tuple[int, int]:
    """Recall every offer of a released batch that nobody has accepted; (recalled, left because accepted or over)."""
    with deciding(ledger, batch_id, "roll back", decision) as (transaction, batch):
        require_status(batch, "rollback", ("released",))
        digest = ledger.remember(transaction, stated(reason, "rollback"))
        query = select(ASSIGNMENT).where(ASSIGNMENT.c.batch_id == batch_id).order_by(ASSIGNMENT.c.assignment_id)
        assignments = [dict(row) for row in transaction.connection.execute(query).mappings()]
        unanswered = [assignment for assignment in assignments if assignment["status"] == "open"]
        unsent = _unsent_offers(transaction.connection, batch_id)
        for assignment in unanswered:
            append_recall(transaction, assignment, BY_ROLLBACK, digest, unsent=unsent)
        payload = {"version": batch.version + 1, "reason_digest": digest, "recalled": len(unanswered)}
        transaction.append("batch", batch_id, "batch_rolled_back", payload)
    return len(unanswered), len(assignments) - len(unanswered)


def append_recall(
    transaction: Transaction,
    assignment: Mapping[str, Any],
    reason: str,
    reason_digest: str | None,
    *,
    unsent: Mapping[str, str] | None = None,
) -> None:
    """Close one assignment; an offer that has not left is cancelled, for one that may have a notice goes out.

    `unsent` maps assignment ids to offers that have not left, where the caller has read them already.
    """
    assignment_id = assignment["assignment_id"]
    if unsent is None:
        unsent = _unsent_offers(transaction.connection, assignment["batch_id"])
    offer = unsent.get(assignment_id)
    payload = {name: assignment[name] for name in ("batch_id", "lead_id", "partner_id")} | {
        "reason": reason,
        "reason_digest": reason_digest,
        "cancelled_message_id": offer,
        "recall_message_id": None if offer else f"recall-{assignment_id}",
    }
    transaction.append("assignment", assignment_id, "assignment_recalled", payload)


def _unsent_offers(connection: Connection, batch_id: str) -> dict[str, str]:
    query = select(OUTBOX.c.assignment_id, OUTBOX.c.message_id).where(
        OUTBOX.c.batch_id == batch_id, OUTBOX.c.kind == "offer", OUTBOX.c.status.in_(_UNSENT)
    )
    return {row[0]: row[1] for row in connection.execute(query)}
