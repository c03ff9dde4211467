"""Decides which messages of the outbox may leave now: consent, a valid contact, an open assignment, checked at sending.

What they say is `rendering`, how they leave is `delivery`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Connection, func, select

from routing_jobs.ledger.event import Event
from routing_jobs.ledger.journal import Transaction
from routing_jobs.ledger.ledger import Ledger
from routing_jobs.ledger.tables import ASSIGNMENT, EVENT, OUTBOX
from routing_jobs.release.facts import Facts, LeadFacts, PartnerFacts
from routing_jobs.release.releasing import OPEN_STATUSES
from routing_jobs.release.suppression import SuppressedAddresses

ContactData = Literal["with_offer", "after_acceptance"]
VENDOR = "vendor"
_WAITING = ("pending", "blocked")
STATUS_EVENTS = ("assignment_recalled", "assignment_updated")
_GONE = ("ASSIGNMENT_CLOSED", "OFFER_NEVER_SENT")


class Message(NamedTuple):
    """One row of the outbox with its assignment (None for the vendor's)."""

    message_id: str
    kind: str
    status: str
    blocked_reason: str | None
    delivery_id: str | None
    partner_id: str | None
    batch_id: str | None
    first_seq: int | None
    last_seq: int | None
    assignment: dict[str, Any] | None

    @property
    def recipient(self) -> str:
        """A partner_id, or `vendor`."""
        return self.partner_id or VENDOR


@dataclass(frozen=True)
class World:
    """What sending depends on, as it is now."""

    leads: dict[str, LeadFacts]
    partners: dict[str, PartnerFacts]
    suppressed: SuppressedAddresses
    sent_offers: frozenset[str]  # recalled assignments the partner has heard of


def prepare_messages(transaction: Transaction, contact_data: ContactData) -> None:
    """Put into the outbox what became due since: status changes for the vendor, contacts of accepted leads."""
    _prepare_vendor_update(transaction)
    if contact_data == "after_acceptance":
        _prepare_contacts(transaction)
    transaction.flush()


def _prepare_vendor_update(transaction: Transaction) -> None:
    reported = select(func.max(OUTBOX.c.last_seq)).where(OUTBOX.c.kind == VENDOR, OUTBOX.c.batch_id.is_(None))
    first = int(transaction.connection.execute(reported).scalar() or 0) + 1
    query = select(EVENT).where(EVENT.c.seq >= first, EVENT.c.event_type.in_(STATUS_EVENTS)).order_by(EVENT.c.seq)
    changed = [row["seq"] for row in transaction.connection.execute(query).mappings() if has_status(Event.of_row(row))]
    if changed:
        scope = {"first_seq": first, "last_seq": changed[-1]}
        transaction.append("outbox", f"vendor-updates-{first}-{changed[-1]}", "vendor_update_prepared", scope)


def has_status(event: Event) -> bool:
    """Whether an assignment event changes a status the vendor's CRM shows."""
    return event.event_type == "assignment_recalled" or "status" in event.data["changes"]


def _prepare_contacts(transaction: Transaction) -> None:
    written = select(OUTBOX.c.assignment_id).where(OUTBOX.c.kind == "contact")
    query = select(ASSIGNMENT).where(ASSIGNMENT.c.status == "accepted", ASSIGNMENT.c.assignment_id.not_in(written))
    rows = transaction.connection.execute(query.order_by(ASSIGNMENT.c.assignment_id)).mappings()
    messages = [
        {name: row[name] for name in ("partner_id", "assignment_id", "batch_id")}
        | {"message_id": f"contact-{row['assignment_id']}"}
        for row in rows
    ]
    if messages:
        transaction.append("outbox", "contacts", "contacts_prepared", {"messages": messages})


def waiting_messages(connection: Connection) -> list[Message]:
    """Messages that have not left, in order of id."""
    return _read(connection, OUTBOX.c.status.in_(_WAITING))


def announced_messages(connection: Connection, delivery_ids: Iterable[str]) -> dict[str, list[Message]]:
    """delivery_id -> its messages as they stand now, in order of id."""
    found: dict[str, list[Message]] = {}
    for message in _read(connection, OUTBOX.c.delivery_id.in_(sorted(delivery_ids)), OUTBOX.c.status == "sending"):
        found.setdefault(str(message.delivery_id), []).append(message)
    return found


def _read(connection: Connection, *conditions: ColumnElement[bool]) -> list[Message]:
    names = [column.name for column in ASSIGNMENT.columns]
    fields = [name for name in Message._fields if name != "assignment"]
    own = [OUTBOX.c[name] for name in fields]
    query = select(*own, *ASSIGNMENT.columns).outerjoin(
        ASSIGNMENT, OUTBOX.c.assignment_id == ASSIGNMENT.c.assignment_id
    )
    rows = connection.execute(query.where(*conditions).order_by(OUTBOX.c.message_id))
    messages = []
    for row in map(tuple, rows):
        message: dict[str, Any] = dict(zip(fields, row[: len(own)], strict=True))
        messages.append(Message(**message, assignment=_assignment(names, row[len(own) :])))
    return messages


def _assignment(names: list[str], values: tuple[Any, ...]) -> dict[str, Any] | None:
    return None if values[0] is None else dict(zip(names, values, strict=True))


def read_world(ledger: Ledger, connection: Connection, facts: Facts, messages: Iterable[Message]) -> World:
    """What these messages depend on, as it is now."""
    leads = sorted({message.assignment["lead_id"] for message in messages if message.assignment})
    return World(
        leads=facts.leads(leads),
        partners=facts.partners(),
        suppressed=SuppressedAddresses.read(ledger, connection),
        sent_offers=_sent_offers(connection),
    )


def _sent_offers(connection: Connection) -> frozenset[str]:
    """Recalled assignments whose offer left, or may have."""
    recalled = select(OUTBOX.c.assignment_id).where(OUTBOX.c.kind == "recall")
    query = select(OUTBOX.c.assignment_id).where(
        OUTBOX.c.kind == "offer", OUTBOX.c.status.in_(("sent", "uncertain")), OUTBOX.c.assignment_id.in_(recalled)
    )
    return frozenset(connection.execute(query).scalars())


def reason_to_stay(message: Message, world: World) -> str | None:
    """Why a message may not leave now; None if it may."""
    assignment = message.assignment
    if assignment is None:
        return None
    if message.kind == "recall":
        return None if assignment["assignment_id"] in world.sent_offers else "OFFER_NEVER_SENT"
    if assignment["status"] not in OPEN_STATUSES:
        return "ASSIGNMENT_CLOSED"
    lead, partner = world.leads.get(assignment["lead_id"]), world.partners.get(assignment["partner_id"])
    if lead is None:
        return "LEAD_GONE"
    if world.suppressed.contains(lead.email_normalized):
        return "ERASED"
    if not lead.has_consent:
        return "NO_CONSENT"
    return None if partner is not None and partner.has_valid_contact else "NO_VALID_CONTACT"


def set_aside(transaction: Transaction, messages: Iterable[Message], world: World) -> Iterator[Message]:
    """Yield the messages that may leave; note the others as blocked (tried again later) or cancelled, and why."""
    stay: dict[tuple[str, str], list[str]] = {}
    for message in messages:
        reason = reason_to_stay(message, world)
        if reason is None:
            yield message
            continue
        event_type = "messages_cancelled" if reason in _GONE else "messages_blocked"
        if event_type == "messages_cancelled" or reason != message.blocked_reason:
            stay.setdefault((event_type, reason), []).append(message.message_id)
    for (event_type, reason), message_ids in sorted(stay.items()):
        transaction.append("outbox", reason, event_type, {"reason": reason, "message_ids": message_ids})
