"""What people decide about a batch until it is released: review, override, hold, reject, approve.

Every decision is one transaction: it reads the batch as it stands, refuses, or appends its events.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from routing_jobs.ledger.authority import Decision, require_second_person
from routing_jobs.ledger.batches import (
    OPEN,
    UNDECIDED,
    Batch,
    batch_folder,
    deciding,
    read_batch,
    require_content,
    require_status,
    stated,
)
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
from routing_jobs.ledger.verdicts import BATCH_GATE, require_verdict
from routing_jobs.program.errors import ConfigurationError


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
            "overridden_by": decision.actor,
            "reason_digest": ledger.remember(transaction, stated(reason, "override")),
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
        digest = ledger.remember(transaction, stated(reason, "reject"))
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
            "version": _open_review(transaction, batch) + 1,
            "seen_version": batch.version,
            "content_sha256": batch.content_sha256,
        }
        transaction.append("batch", batch_id, "batch_approved", payload)
        transaction.flush()
        return read_batch(connection, batch_id)


def approve_express(ledger: Ledger, batch_id: str, decision: Decision, *, max_leads: int) -> Batch:
    """Approve an express batch nobody touched by the rulebook's rule: at most `max_leads` leads with a partner."""
    with ledger.reading() as connection:
        batch = read_batch(connection, batch_id)
    if batch.status != "proposed" or batch.assigned_count > max_leads:
        raise DecisionRefusedError(
            f"Express batch {batch_id} is {batch.status.replace('_', ' ')} with {batch.assigned_count} leads to offer; "
            f"the rule approves untouched ones of at most {max_leads}. A person has to decide."
        )
    return approve_batch(ledger, batch_id, replace(decision, expected_version=batch.version))


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
