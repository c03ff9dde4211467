"""One drop: the file of messages for one recipient, its name, its bytes, the last look at them, and writing it."""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, select

from routing_jobs.ledger.durable import write_atomically
from routing_jobs.ledger.event import Event
from routing_jobs.ledger.ledger import Ledger
from routing_jobs.ledger.tables import ASSIGNMENT, EVENT
from routing_jobs.program.errors import LeadrouteError
from routing_jobs.release import spreadsheet
from routing_jobs.release.facts import Facts
from routing_jobs.release.messages import STATUS_EVENTS, VENDOR, ContactData, Message, World, has_status
from routing_jobs.release.rendering import COLUMNS, partner_row, vendor_rows
from routing_jobs.release.spreadsheet import Row

Format = Literal["csv", "xlsx"]
_RENDER: dict[str, Callable[..., bytes]] = {"csv": spreadsheet.csv_bytes, "xlsx": spreadsheet.xlsx_bytes}
_READ_BACK = {"csv": spreadsheet.read_csv_column, "xlsx": spreadsheet.read_xlsx_column}
_CHUNK = 500
_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class Drop:
    """One file to write: who gets it, where below state/outbox, which messages it carries (sorted)."""

    delivery_id: str
    recipient: str
    kind: str
    path: str
    message_ids: tuple[str, ...]


def drop_of(recipient: str, kind: str, messages: Sequence[Message], file_format: Format) -> Drop:
    """The drop of these messages; the same messages always have the same name.

    Names of the vendor's drops sort in the order things happened, for a CRM that reads its folder by name.
    """
    ordered = tuple(sorted(message.message_id for message in messages))
    name = hashlib.sha256("\x1f".join([recipient, *ordered]).encode()).hexdigest()[:16]
    newest = max(message.last_seq or 0 for message in messages)
    delivery_id = f"{kind}-{newest:010d}-{name}" if kind == VENDOR else f"{kind}-{name}"
    return Drop(delivery_id, recipient, kind, f"{folder_of(recipient, kind)}/{delivery_id}.{file_format}", ordered)


def folder_of(recipient: str, kind: str) -> str:
    """A recipient's folder below state/outbox; a partner id that is no plain name gets a hashed one."""
    if kind == VENDOR:
        return VENDOR
    if _PLAIN_NAME.fullmatch(recipient) and recipient.lower() != VENDOR:
        return recipient
    return "partner-" + hashlib.sha256(recipient.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def write_drop(
    ledger: Ledger,
    connection: Connection,
    drop: Drop,
    messages: Sequence[Message],
    world: World,
    contact_data: ContactData,
    facts: Facts,
) -> str:
    """Render the messages and move the file to its place in one step; sha256 of its bytes.

    LeadrouteError, and no file, where the bytes hold anything that is not the recipient's.
    """
    if drop.kind == VENDOR:
        rows = [row for message in messages for row in _vendor_rows(connection, message, facts)]
        rows.sort(key=lambda row: int(row["event_seq"] or 0))
    else:
        rows = [partner_row(message, world, contact_data) for message in messages]
    file_format = drop.path.rpartition(".")[2]
    content = _RENDER[file_format](COLUMNS[drop.kind], rows)
    if drop.kind != VENDOR:
        _require_only_own(connection, drop, _READ_BACK[file_format](content, "assignment_id"))
    write_atomically(ledger.workspace.outbox / drop.path, content)
    return hashlib.sha256(content).hexdigest()


def _vendor_rows(connection: Connection, message: Message, facts: Facts) -> list[Row]:
    wanted = ("assignment_opened",) if message.batch_id else STATUS_EVENTS
    query = select(EVENT).where(
        EVENT.c.seq.between(message.first_seq, message.last_seq), EVENT.c.event_type.in_(wanted)
    )
    found = (Event.of_row(row) for row in connection.execute(query.order_by(EVENT.c.seq)).mappings())
    events = [event for event in found if event.event_type == "assignment_opened" or has_status(event)]
    assignments = _assignments(connection, sorted({event.subject_id for event in events}))
    leads = facts.leads(sorted({assignment["lead_id"] for assignment in assignments.values()}))
    return vendor_rows(message, events, assignments, leads)


def _assignments(connection: Connection, assignment_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for start in range(0, len(assignment_ids), _CHUNK):
        query = select(ASSIGNMENT).where(ASSIGNMENT.c.assignment_id.in_(assignment_ids[start : start + _CHUNK]))
        found |= {row["assignment_id"]: dict(row) for row in connection.execute(query).mappings()}
    return found


def _require_only_own(connection: Connection, drop: Drop, assignment_ids: Sequence[str]) -> None:
    """Read back what was rendered: every row must be an assignment of this partner, one per message."""
    partners = {row["partner_id"] for row in _assignments(connection, sorted(set(assignment_ids))).values()}
    if partners != {drop.recipient} or len(assignment_ids) != len(drop.message_ids):
        raise LeadrouteError(
            f"Drop {drop.delivery_id} for {drop.recipient} would hold rows that are not its own; nothing was written. "
            "`leadroute ledger verify`, then report this."
        )
