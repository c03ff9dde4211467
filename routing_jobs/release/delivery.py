"""Delivers the outbox as files: a drop per partner, a write-back for the vendor; the same effects once, however killed.

A delivery is named by its messages, announced in the ledger, written aside and moved to its name in one step, then
noted as sent. After a kill the next run finds the file (it was sent) or not (it is sent now, under the same name).
"""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select

from routing_jobs.ledger.batch_files import file_sha256
from routing_jobs.ledger.event import parse_instant
from routing_jobs.ledger.journal import Transaction
from routing_jobs.ledger.ledger import PROGRAM_ACTOR, Ledger
from routing_jobs.ledger.refusals import DecisionRefusedError
from routing_jobs.ledger.tables import DELIVERY, EPOCH, OUTBOX
from routing_jobs.program.errors import BusyError
from routing_jobs.release import drops
from routing_jobs.release.drops import Drop, Format
from routing_jobs.release.facts import Facts
from routing_jobs.release.messages import (
    ContactData,
    Message,
    World,
    announced_messages,
    prepare_messages,
    read_world,
    reason_to_stay,
    set_aside,
    waiting_messages,
)

_AT_ONCE = 50  # drops noted in one transaction; a kill leaves at most so many to look up


@dataclass
class DeliveryReport:
    """What a call of `deliver` did. `files` are relative to state/outbox."""

    files: list[str] = field(default_factory=list)
    sent: int = 0
    found_sent: int = 0  # by an earlier, interrupted call
    blocked: dict[str, int] = field(default_factory=dict)


def deliver(
    ledger: Ledger,
    facts: Facts,
    as_of: datetime,
    *,
    contact_data: ContactData = "with_offer",
    file_format: Format = "csv",
    actor: str = PROGRAM_ACTOR,
) -> DeliveryReport:
    """Send every message that may leave now; run again after a kill it completes the rest.

    BusyError while another delivery runs; DecisionRefusedError after a restore until the outbox is reconciled.
    """
    report = DeliveryReport()
    with _alone(ledger):
        is_complete = False
        while not is_complete:  # each round settles what changed under the one before
            with ledger.writing(as_of, actor) as transaction:
                _require_reconciled(transaction)
                _settle_interrupted(ledger, transaction, report)
                prepare_messages(transaction, contact_data)
                planned = _plan(ledger, transaction, facts, file_format)
            is_complete = True
            for start in range(0, len(planned), _AT_ONCE):
                with ledger.writing(as_of, actor) as transaction:
                    chunk = planned[start : start + _AT_ONCE]
                    is_complete &= _send(ledger, transaction, chunk, facts, contact_data, report)
    report.blocked = _blocked(ledger)
    return report


@contextmanager
def _alone(ledger: Ledger) -> Iterator[None]:
    """One delivery at a time; the lock goes with the process."""
    ledger.workspace.outbox.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(ledger.workspace.outbox / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(descriptor)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 100, 0).decode() or "another process"
        raise BusyError(f"The outbox is being delivered by {holder}. Wait for it, then try again.") from None
    os.truncate(descriptor, 0)
    os.pwrite(descriptor, f"process {os.getpid()}".encode(), 0)


def _require_reconciled(transaction: Transaction) -> None:
    query = select(EPOCH.c.restored_at).where(EPOCH.c.reconciled_at.is_(None))
    restored_at = transaction.connection.execute(query).scalar()
    if restored_at is not None:
        raise DecisionRefusedError(
            f"The ledger came from a backup (restored as of {parse_instant(restored_at):%Y-%m-%d %H:%M} UTC): messages "
            "may have left that it does not know of, so nothing is sent. Settle what `leadroute outbox list --status uncertain` shows with "
            "`leadroute outbox resolve`, then say `leadroute outbox resolve reconciled`."
        )


def _settle_interrupted(ledger: Ledger, transaction: Transaction, report: DeliveryReport) -> None:
    """Drops announced and not noted as sent: the file is there (sent), or it never left (its messages wait again)."""
    connection = transaction.connection
    for row in connection.execute(select(DELIVERY).where(DELIVERY.c.status == "sending")).mappings().all():
        mine = select(OUTBOX.c.message_id).where(OUTBOX.c.delivery_id == row["delivery_id"])
        message_ids = sorted(str(row[0]) for row in connection.execute(mine.where(OUTBOX.c.status == "sending")))
        path = ledger.workspace.outbox / row["path"]
        if path.is_file():
            payload = {"file_sha256": file_sha256(path), "message_ids": message_ids}
            transaction.append("outbox", row["delivery_id"], "delivery_sent", payload)
            report.found_sent += len(message_ids)
        else:
            transaction.append("outbox", row["delivery_id"], "delivery_abandoned", {"message_ids": message_ids})
    transaction.flush()


def _plan(ledger: Ledger, transaction: Transaction, facts: Facts, file_format: Format) -> list[Drop]:
    """Announce one drop per recipient and kind of message."""
    waiting = waiting_messages(transaction.connection)
    world = read_world(ledger, transaction.connection, facts, waiting)
    groups: dict[tuple[str, str], list[Message]] = {}
    for message in set_aside(transaction, waiting, world):
        groups.setdefault((message.recipient, message.kind), []).append(message)
    planned = [drops.drop_of(*group, groups[group], file_format) for group in sorted(groups)]
    for drop in planned:
        payload = {"recipient": drop.recipient, "path": drop.path, "message_ids": list(drop.message_ids)}
        transaction.append("outbox", drop.delivery_id, "delivery_started", payload)
    return planned


def _send(
    ledger: Ledger,
    transaction: Transaction,
    planned: Sequence[Drop],
    facts: Facts,
    contact_data: ContactData,
    report: DeliveryReport,
) -> bool:
    """Write files while holding the ledger: nothing is recalled between the last check and the file.

    False where something changed since the plan, so that a drop has to be planned anew.
    """
    connection = transaction.connection
    announced = announced_messages(connection, [drop.delivery_id for drop in planned])
    world = read_world(ledger, connection, facts, [message for group in announced.values() for message in group])
    is_complete = True
    for drop in planned:
        messages = announced.get(drop.delivery_id, [])
        if not _is_still_right(drop, messages, world):
            waiting = {"message_ids": [message.message_id for message in messages]}
            transaction.append("outbox", drop.delivery_id, "delivery_abandoned", waiting)
            is_complete = False
            continue
        digest = drops.write_drop(ledger, connection, drop, messages, world, contact_data, facts)
        sent = {"file_sha256": digest, "message_ids": list(drop.message_ids)}
        transaction.append("outbox", drop.delivery_id, "delivery_sent", sent)
        report.files.append(drop.path)
        report.sent += len(drop.message_ids)
    return is_complete


def _is_still_right(drop: Drop, messages: Sequence[Message], world: World) -> bool:
    return tuple(message.message_id for message in messages) == drop.message_ids and not any(
        reason_to_stay(message, world) for message in messages
    )


def _blocked(ledger: Ledger) -> dict[str, int]:
    query = (
        select(OUTBOX.c.blocked_reason, func.count())
        .where(OUTBOX.c.status == "blocked")
        .group_by(OUTBOX.c.blocked_reason)
        .order_by(OUTBOX.c.blocked_reason)
    )
    with ledger.reading() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}
