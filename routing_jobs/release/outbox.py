"""The outbox as people see it: what waits, what was sent, what is uncertain, and settling that by hand."""

from collections.abc import Sequence
from typing import Any, Literal

from sqlalchemy import Connection, select

from routing_jobs.ledger.authority import Decision, require_role
from routing_jobs.ledger.batches import stated
from routing_jobs.ledger.event import parse_instant
from routing_jobs.ledger.ledger import Ledger
from routing_jobs.ledger.refusals import DecisionRefusedError
from routing_jobs.ledger.tables import EPOCH, OUTBOX
from routing_jobs.program.errors import ConfigurationError

STATUSES = ("pending", "blocked", "sending", "sent", "cancelled", "uncertain")
Resolution = Literal["sent", "pending", "cancelled"]


def list_messages(connection: Connection, statuses: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Rows of the outbox by creation and id, all or those with one of `statuses`; instants naive UTC."""
    query = select(OUTBOX).order_by(OUTBOX.c.created_at, OUTBOX.c.message_id)
    if statuses:
        query = query.where(OUTBOX.c.status.in_(statuses))
    return [
        {name: parse_instant(value) if name.endswith("_at") and value else value for name, value in row.items()}
        for row in connection.execute(query).mappings()
    ]


def is_reconciled(connection: Connection) -> bool:
    """Whether nothing stands between the outbox and sending since the last restore."""
    return connection.execute(select(EPOCH.c.epoch).where(EPOCH.c.reconciled_at.is_(None))).first() is None


def resolve_messages(
    ledger: Ledger, message_ids: Sequence[str], resolution: Resolution, *, reason: str, decision: Decision
) -> int:
    """Settle uncertain messages: they were `sent`, are to go again (`pending`), or never (`cancelled`).

    No id means every uncertain message. Returns how many were settled.
    """
    require_role(decision, "resolve")
    with ledger.writing(decision.as_of, decision.actor) as transaction:
        uncertain = {row["message_id"] for row in list_messages(transaction.connection, ("uncertain",))}
        unknown = sorted(set(message_ids) - uncertain)
        if unknown:
            raise ConfigurationError(
                f"{', '.join(unknown)}: not uncertain. `leadroute outbox list --status uncertain` shows what is."
            )
        digest = ledger.remember(transaction, stated(reason, "resolve"))
        chosen = sorted(set(message_ids) or uncertain)
        for message_id in chosen:
            payload = {"status": resolution, "reason_digest": digest}
            transaction.append("outbox", message_id, "message_resolved", payload)
    return len(chosen)


def confirm_reconciled(ledger: Ledger, *, decision: Decision) -> int:
    """State that what had left is settled, so that sending may go on; the epoch that is closed.

    DecisionRefusedError while a message is uncertain, or where no restore waits for this.
    """
    require_role(decision, "resolve")
    with ledger.writing(decision.as_of, decision.actor) as transaction:
        connection = transaction.connection
        query = select(EPOCH.c.epoch).where(EPOCH.c.reconciled_at.is_(None))
        open_epochs = [int(row[0]) for row in connection.execute(query)]
        if not open_epochs:
            raise DecisionRefusedError("No restore waits for reconciliation.")
        uncertain = list_messages(connection, ("uncertain",))
        if uncertain:
            raise DecisionRefusedError(
                f"{len(uncertain)} messages are uncertain still (the first: {uncertain[0]['message_id']}). Settle them "
                "with `leadroute outbox resolve` first."
            )
        for epoch in open_epochs:
            transaction.append("outbox", f"epoch-{epoch}", "outbox_reconciled", {"epoch": epoch})
    return max(open_epochs)
