"""A batch and what people may decide about it until it is released: review, override, hold, reject, approve.

Proposing lives in `proposals`, releasing in `routing_jobs.release`. Every decision is one transaction: it reads the
batch as it stands, refuses or appends its events.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, select

from routing_jobs.ledger.authority import Decision, require_role, require_second_person
from routing_jobs.ledger.event import instant_text, parse_instant
from routing_jobs.ledger.hard_rules import broken_rules
from routing_jobs.ledger.journal import Transaction
from routing_jobs.ledger.ledger import Ledger
from routing_jobs.ledger.lines import (
    Decisions,
    assigned_count,
    content_sha256,
    read_decisions,
    read_proposed_lines,
    standing_lines,
)
from routing_jobs.ledger.refusals import ConflictError, DecisionRefusedError
from routing_jobs.ledger.tables import BATCH
from routing_jobs.ledger.verdicts import BATCH_GATE, require_verdict
from routing_jobs.program.errors import ConfigurationError

OPEN = ("proposed", "in_review", "approved")
UNDECIDED = ("proposed", "in_review")


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch as it stands; instants are naive UTC, columns as in `tables.BATCH`."""

    batch_id: str
    status: str
    version: int
    is_express: bool
    as_of: datetime
    created_by: str
    proposed_at: datetime
    content_sha256: str
    rulebook_sha256: str
    rulebook_version: str
    lead_count: int
    unit_count: int
    assigned_count: int
    override_count: int
    objective: int | None
    upper_bound: int | None
    gap: float | None
    band_cost: int | None
    files: str
    reviewed_by: str | None
    approved_by: str | None
    approved_at: datetime | None
    approved_content_sha256: str | None
    approved_version: int | None
    released_by: str | None
    released_at: datetime | None
    ended_by: str | None
    ended_at: datetime | None
    reason_digest: str | None
    superseded_by: str | None

    @classmethod
    def of_row(cls, row: Any) -> "Batch":
        """The batch of a row of the batch table."""
        values = {field.name: row[field.name] for field in fields(cls)}
        for name, value in values.items():
            if value is not None and (name.endswith("_at") or name == "as_of"):
                values[name] = parse_instant(value)
        return cls(**values)


def list_batches(connection: Connection, statuses: Sequence[str] = ()) -> list[Batch]:
    """Batches in the order they were proposed; all of them, or those with one of `statuses`."""
    query = select(BATCH).order_by(BATCH.c.proposed_at, BATCH.c.batch_id)
    if statuses:
        query = query.where(BATCH.c.status.in_(statuses))
    return [Batch.of_row(row) for row in connection.execute(query).mappings()]


def read_batch(connection: Connection, batch_id: str) -> Batch:
    """The batch; ConfigurationError where there is none of that id."""
    row = connection.execute(select(BATCH).where(BATCH.c.batch_id == batch_id)).mappings().first()
    if row is None:
        raise ConfigurationError(f"There is no batch {batch_id}. `leadroute batch list` shows those there are.")
    return Batch.of_row(row)


def batch_folder(ledger: Ledger, batch_id: str) -> Path:
    """Where the batch's files are."""
    return ledger.workspace.batches / batch_id


def read_lines(ledger: Ledger, connection: Connection, batch_id: str) -> pa.Table:
    """The lines as they stand (see `lines.standing_lines`), sorted by lead_id."""
    return standing_lines(read_proposed_lines(batch_folder(ledger, batch_id)), read_decisions(connection, batch_id))


@contextmanager
def deciding(
    ledger: Ledger, batch_id: str, action: str, decision: Decision
) -> Iterator[tuple[Transaction, Batch]]:
    """A transaction for one decision on one batch, after the checks every decision shares."""
    require_role(decision, action)
    with ledger.writing(decision.as_of, decision.actor) as transaction:
        batch = read_batch(transaction.connection, batch_id)
        if not _is_version_seen(batch, action, decision.expected_version):
            raise ConflictError(
                f"Batch {batch_id} changed since you looked: it is at version {batch.version}, you saw "
                f"{decision.expected_version}. `leadroute batch show {batch_id}`, then decide again."
            )
        if instant_text(decision.as_of) < instant_text(batch.proposed_at):
            raise DecisionRefusedError(
                f"Batch {batch_id} was proposed at {instant_text(batch.proposed_at)}; a decision cannot be earlier "
                f"({instant_text(decision.as_of)}). Give a later --as-of."
            )
        yield transaction, batch


def _is_version_seen(batch: Batch, action: str, expected: int | None) -> bool:
    """Whether the decision was made on what stands. A hold also stands against an approval of what it saw."""
    if expected is None or expected == batch.version:
        return True
    return action == "hold" and batch.status == "approved" and expected == batch.approved_version


def require_status(batch: Batch, action: str, allowed: Sequence[str]) -> None:
    """DecisionRefusedError unless the batch is in one of the states `action` starts from."""
    if batch.status not in allowed:
        raise DecisionRefusedError(
            f"Batch {batch.batch_id} is {batch.status.replace('_', ' ')}; {action} takes a batch that is "
            f"{' or '.join(state.replace('_', ' ') for state in allowed)}."
        )


def start_review(ledger: Ledger, batch_id: str, decision: Decision) -> None:
    """Take a proposed batch into review: from now on no run replaces it, and its leads wait for it."""
    with deciding(ledger, batch_id, "review", decision) as (transaction, batch):
        require_status(batch, "review", UNDECIDED)
        _open_review(transaction, batch)


def _open_review(transaction: Transaction, batch: Batch) -> int:
    """Note that a person took the batch up, the first time; the version after it."""
    if batch.status != "proposed":
        return batch.version
    transaction.append("batch", batch.batch_id, "batch_review_started", {"version": batch.version + 1})
    return batch.version + 1


def override_unit(
    ledger: Ledger, batch_id: str, lead_id: str, partner_id: str, *, reason: str, decision: Decision
) -> list[str]:
    """Send the lead, with all leads of its routing unit, to another partner; the leads that moved.

    Hard rules are re-checked at once (DecisionRefusedError names what breaks). An approval becomes void.
    """
    with deciding(ledger, batch_id, "override", decision) as (transaction, batch):
        require_status(batch, "override", OPEN)
        folder = batch_folder(ledger, batch_id)
        proposed = read_proposed_lines(folder)
        known = read_decisions(transaction.connection, batch_id)
        leads = _unit_of(proposed, batch_id, lead_id)
        before = {row["lead_id"]: row["partner_id"] for row in _rows(standing_lines(proposed, known), leads)}
        original = {row["lead_id"]: row["partner_id"] for row in _rows(proposed, leads)}
        if set(before.values()) == {partner_id}:
            raise DecisionRefusedError(f"Lead {lead_id} goes to {partner_id} already.")
        chosen = {
            "overridden_by": decision.actor, "reason_digest": ledger.remember(transaction, _stated(reason, "override")),
        }
        changed = {
            lead: _decision_row(known, lead)
            | chosen
            | {"partner_id": None if original[lead] == partner_id else partner_id}
            for lead in leads
        }
        standing = standing_lines(proposed, {**known, **changed})
        problems = broken_rules(folder, proposed, standing, leads, partner_id)
        if problems:
            raise DecisionRefusedError(f"{partner_id} cannot take lead {lead_id}: " + "; ".join(problems) + ".")
        note = {"previous_partner_id": before[lead_id], "partner_id": partner_id}
        _append_lines(transaction, batch, "lines_overridden", {**known, **changed}, changed, standing, note)
    return leads


def hold_lines(
    ledger: Ledger, batch_id: str, lead_ids: Sequence[str], *, is_held: bool, reason: str | None, decision: Decision
) -> None:
    """Hold lines back from release (`is_held`), or let them go again. An approval becomes void.

    A hold made on the version an approval was made on stands against the approval, whichever came first.
    """
    with deciding(ledger, batch_id, "hold", decision) as (transaction, batch):
        require_status(batch, "hold", OPEN)
        proposed = read_proposed_lines(batch_folder(ledger, batch_id))
        known = read_decisions(transaction.connection, batch_id)
        unknown = sorted(set(lead_ids) - {row["lead_id"] for row in _rows(proposed, list(lead_ids))})
        if unknown or not lead_ids:
            raise ConfigurationError(f"Batch {batch_id} has no line for lead {', '.join(unknown) or '(none given)'}.")
        digest = ledger.remember(transaction, reason) if reason else None
        held = {"is_held": is_held, "held_by": decision.actor, "reason_digest": digest}
        changed = {lead: _decision_row(known, lead) | held for lead in sorted(set(lead_ids))}
        standing = standing_lines(proposed, {**known, **changed})
        event_type = "lines_held" if is_held else "lines_unheld"
        _append_lines(transaction, batch, event_type, {**known, **changed}, changed, standing, {})


def _append_lines(
    transaction: Transaction,
    batch: Batch,
    event_type: str,
    decisions: Decisions,
    changed: Decisions,
    standing: pa.Table,
    note: dict[str, Any],
) -> None:
    payload = {
        "version": _open_review(transaction, batch) + 1,
        "content_sha256": content_sha256(standing, batch.rulebook_sha256),
        "assigned_count": assigned_count(standing),
        "override_count": sum(row["partner_id"] is not None for row in decisions.values()),
        "lines": list(changed.values()),
    }
    transaction.append("batch", batch.batch_id, event_type, payload | note)


def reject_batch(ledger: Ledger, batch_id: str, *, reason: str, decision: Decision) -> None:
    """End a batch that will not be released; its leads are free for the next run."""
    with deciding(ledger, batch_id, "reject", decision) as (transaction, batch):
        require_status(batch, "reject", OPEN)
        digest = ledger.remember(transaction, _stated(reason, "reject"))
        payload = {"version": _open_review(transaction, batch) + 1, "reason_digest": digest}
        transaction.append("batch", batch_id, "batch_rejected", payload)


def approve_batch(ledger: Ledger, batch_id: str, decision: Decision, *, content: str | None = None) -> Batch:
    """Approve exactly the content that stands; `content` (its sha256, or the beginning) is what the approver saw.

    Refused for whoever made the batch or overrode a line, without a passed verdict of the batch gate on this content
    (GateRefusedError), or where the content is not what was seen (ConflictError). Returns the approved batch.
    """
    with deciding(ledger, batch_id, "approve", decision) as (transaction, batch):
        require_status(batch, "approve", UNDECIDED)
        connection = transaction.connection
        require_second_person(connection, batch_id, decision.actor)
        if content is not None and (not content or not batch.content_sha256.startswith(content)):
            raise ConflictError(
                f"Batch {batch_id} has content {batch.content_sha256[:12]}, not {content[:12]} as you saw it. "
                f"`leadroute batch show {batch_id}`, then approve again."
            )
        require_content(ledger, connection, batch)
        require_verdict(connection, BATCH_GATE, batch.content_sha256)
        payload = {
            "version": _open_review(transaction, batch) + 1, "seen_version": batch.version,
            "content_sha256": batch.content_sha256,
        }
        transaction.append("batch", batch_id, "batch_approved", payload)
        transaction.flush()
        return read_batch(connection, batch_id)


def require_content(ledger: Ledger, connection: Connection, batch: Batch) -> pa.Table:
    """The standing lines, after checking that they still hash to the batch's content_sha256."""
    lines = read_lines(ledger, connection, batch.batch_id)
    if content_sha256(lines, batch.rulebook_sha256) != batch.content_sha256:
        raise DecisionRefusedError(
            f"The files of batch {batch.batch_id} no longer say what was proposed. `leadroute ledger verify` shows "
            "what changed; restore them from a backup, or reject the batch."
        )
    return lines


def _unit_of(proposed: pa.Table, batch_id: str, lead_id: str) -> list[str]:
    rows = _rows(proposed, [lead_id])
    if not rows:
        raise ConfigurationError(f"Batch {batch_id} has no line for lead {lead_id}.")
    return sorted(proposed.filter(pc.equal(proposed["unit_id"], rows[0]["unit_id"]))["lead_id"].to_pylist())


def _rows(lines: pa.Table, lead_ids: list[str]) -> list[dict[str, Any]]:
    chosen = lines.filter(pc.is_in(lines["lead_id"], value_set=pa.array(lead_ids, pa.string())))
    rows: list[dict[str, Any]] = chosen.select(["lead_id", "unit_id", "partner_id"]).to_pylist()
    return rows


def _decision_row(known: Decisions, lead_id: str) -> dict[str, Any]:
    empty = dict.fromkeys(("held_by", "partner_id", "overridden_by", "reason_digest", "withheld_reason"))
    stored = {name: value for name, value in known.get(lead_id, {}).items() if name != "batch_id"}
    return {"lead_id": lead_id, "is_held": False} | empty | stored


def _stated(reason: str, action: str) -> str:
    if not reason.strip():
        raise ConfigurationError(f"--reason: value '': expected a few words why; {action} is not possible without.")
    return reason.strip()
