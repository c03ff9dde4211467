"""Releases an approved batch: opens its assignments and puts one message each into the outbox, all or nothing.

What was approved is what is released. A line whose lead or partner changed since is withheld with a reason, never
re-routed. Sending is `delivery`.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, select

from routing_jobs.ledger.authority import EXPRESS_RULE, Decision, require_second_person
from routing_jobs.ledger.batches import Batch, deciding, require_content, require_status
from routing_jobs.ledger.event import instant_text
from routing_jobs.ledger.journal import Transaction
from routing_jobs.ledger.ledger import Ledger
from routing_jobs.ledger.lines import read_decisions
from routing_jobs.ledger.refusals import DecisionRefusedError
from routing_jobs.ledger.tables import ASSIGNMENT, LINE_DECISION
from routing_jobs.ledger.verdicts import BATCH_GATE, require_verdict
from routing_jobs.release.deadlines import DeadlinesOf
from routing_jobs.release.facts import Facts, LeadFacts, PartnerFacts
from routing_jobs.release.suppression import SuppressedAddresses

OPEN_STATUSES = ("open", "accepted")


@dataclass(frozen=True)
class Release:
    """What a release did. `is_new` is False when the batch had been released before."""

    batch_id: str
    is_new: bool
    assignments: int
    withheld: dict[str, int] = field(default_factory=dict)


@dataclass
class _Openings:
    """What is open already: nobody is offered twice, whatever happened between proposal and release."""

    partner_of_unit: dict[tuple[str, str | None], str]
    identities: set[str]

    def take(self, line: dict[str, Any]) -> bool:
        """Whether the line may open; notes it as open if so."""
        unit = (line["account_id"], line["product"])
        if (
            line["identity_id"] in self.identities
            or self.partner_of_unit.get(unit, line["partner_id"]) != (line["partner_id"])
        ):
            return False
        self.identities.add(line["identity_id"])
        self.partner_of_unit[unit] = line["partner_id"]
        return True


def release_batch(ledger: Ledger, facts: Facts, deadlines: DeadlinesOf, batch_id: str, decision: Decision) -> Release:
    """Release the batch if it is approved; a second call finds it released and changes nothing.

    Refused unless a person with the role approved exactly the content that stands and wrote none of it, and the batch
    gate's verdict on that content passed. Everything happens in one transaction of the ledger.
    """
    with deciding(ledger, batch_id, "release", decision) as (transaction, batch):
        connection = transaction.connection
        if batch.status == "released":
            return _as_released(connection, batch)
        require_status(batch, "release", ("approved",))
        lines = require_content(ledger, connection, batch)
        _require_approval(connection, batch, decision)
        require_verdict(connection, BATCH_GATE, batch.content_sha256)
        suppressed = SuppressedAddresses.read(ledger, connection)
        first_seq = transaction.seq + 1
        withheld: dict[str, str] = {}
        for line, lead, partner, reason in _judged(connection, batch, lines, facts, suppressed):
            if reason is not None or lead is None or partner is None:
                withheld[line["lead_id"]] = reason or "UNKNOWN"
            else:
                _open(transaction, batch, line, lead, partner, deadlines)
        return _close_release(transaction, batch, first_seq, withheld)


def assignment_id_of(batch_id: str, lead_id: str) -> str:
    """The id of the assignment a batch opens for a lead: the same whenever it is asked."""
    return "asg-" + hashlib.sha256(f"{batch_id}\x1f{lead_id}".encode()).hexdigest()[:20]


def _require_approval(connection: Connection, batch: Batch, decision: Decision) -> None:
    """The approval is of this content, by a second person, who still may."""
    if batch.approved_by is None or batch.approved_content_sha256 != batch.content_sha256:
        raise DecisionRefusedError(f"Batch {batch.batch_id} changed after it was approved: approve it again.")
    if batch.approved_by == EXPRESS_RULE and batch.is_express:
        return
    if "approver" not in decision.roles_of(batch.approved_by):
        raise DecisionRefusedError(
            f"{batch.approved_by}, who approved batch {batch.batch_id}, is no approver any more in program.yaml. "
            "Hold a line and let it go again to void the approval, then have another approver decide."
        )
    require_second_person(connection, batch.batch_id, batch.approved_by)


Judged = tuple[dict[str, Any], LeadFacts | None, PartnerFacts | None, str | None]


def _judged(
    connection: Connection, batch: Batch, lines: pa.Table, facts: Facts, suppressed: SuppressedAddresses
) -> Iterator[Judged]:
    """Each line to release, with the facts it needs and the reason it must wait (None: it goes)."""
    chosen = lines.filter(pc.and_(pc.is_valid(lines["partner_id"]), pc.invert(lines["is_held"])))
    leads, partners = facts.leads(chosen["lead_id"].to_pylist()), facts.partners()
    openings = _read_openings(connection, batch)
    for line in chosen.to_pylist():
        lead, partner = leads.get(line["lead_id"]), partners.get(line["partner_id"])
        reason = _reason_to_wait(lead, partner, suppressed)
        if reason is None and not openings.take(line):
            reason = "ALREADY_OPEN"
        yield line, lead, partner, reason


def _reason_to_wait(
    lead: LeadFacts | None, partner: PartnerFacts | None, suppressed: SuppressedAddresses
) -> str | None:
    if lead is None:
        return "LEAD_GONE"
    if partner is None or not partner.is_active_now:
        return "PARTNER_NOT_ACTIVE"
    if suppressed.contains(lead.email_normalized):
        return "ERASED"
    if not lead.has_consent:
        return "NO_CONSENT"
    return None if partner.has_valid_contact else "NO_VALID_CONTACT"


def _read_openings(connection: Connection, batch: Batch) -> _Openings:
    """Open assignments routing may not have seen: those released since the instant the batch was made for."""
    columns = [ASSIGNMENT.c[name] for name in ("account_id", "product", "partner_id", "identity_id")]
    query = select(*columns).where(
        ASSIGNMENT.c.status.in_(OPEN_STATUSES), ASSIGNMENT.c.released_at >= instant_text(batch.as_of)
    )
    rows = connection.execute(query).all()
    return _Openings({(row[0], row[1]): row[2] for row in rows}, {row[3] for row in rows})


def _open(
    transaction: Transaction,
    batch: Batch,
    line: dict[str, Any],
    lead: LeadFacts,
    partner: PartnerFacts,
    deadlines: DeadlinesOf,
) -> None:
    due = deadlines(lead, partner)
    assignment_id = assignment_id_of(batch.batch_id, line["lead_id"])
    identity = ("lead_id", "unit_id", "identity_id", "account_id", "product", "partner_id", "hop", "source")
    payload = {name: line[name] for name in identity} | {
        "batch_id": batch.batch_id,
        "tier_at_release": partner.tier,
        "accept_due_at": instant_text(due.accept_due_at),
        "follow_up_due_at": instant_text(due.follow_up_due_at),
        "rulebook_version": batch.rulebook_version,
        "message_id": f"offer-{assignment_id}",
    }
    transaction.append("assignment", assignment_id, "assignment_opened", payload)


def _close_release(transaction: Transaction, batch: Batch, first_seq: int, withheld: dict[str, str]) -> Release:
    opened = transaction.seq - first_seq + 1
    decisions = read_decisions(transaction.connection, batch.batch_id)
    empty = dict.fromkeys(("held_by", "partner_id", "overridden_by", "reason_digest"), None) | {"is_held": False}
    rows = [
        {"lead_id": lead_id}
        | {name: decisions.get(lead_id, empty)[name] for name in empty}
        | {"withheld_reason": reason}
        for lead_id, reason in sorted(withheld.items())
    ]
    payload = {
        "version": batch.version + 1,
        "content_sha256": batch.content_sha256,
        "assignments": opened,
        "withheld": rows,
        "first_seq": first_seq,
        "last_seq": transaction.seq,
        "vendor_message_id": f"vendor-{batch.batch_id}" if opened else None,
    }
    transaction.append("batch", batch.batch_id, "batch_released", payload)
    return Release(batch.batch_id, True, opened, dict(sorted(Counter(withheld.values()).items())))


def _as_released(connection: Connection, batch: Batch) -> Release:
    opened = connection.execute(select(ASSIGNMENT.c.assignment_id).where(ASSIGNMENT.c.batch_id == batch.batch_id)).all()
    withheld = select(LINE_DECISION.c.withheld_reason).where(
        LINE_DECISION.c.batch_id == batch.batch_id, LINE_DECISION.c.withheld_reason.is_not(None)
    )
    reasons = [str(row[0]) for row in connection.execute(withheld)]
    return Release(batch.batch_id, False, len(opened), dict(sorted(Counter(reasons).items())))
