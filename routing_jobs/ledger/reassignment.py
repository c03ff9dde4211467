"""Gives a released routing unit to another partner: takes its offers back and proposes them anew in a batch by hand.

The new offers wait for somebody else's approval like any other: nobody releases what they wrote themselves.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Connection, func, select

from routing_jobs.ledger import batch_files
from routing_jobs.ledger.authority import Decision, require_role
from routing_jobs.ledger.batches import Batch, batch_folder, read_batch, stated
from routing_jobs.ledger.hard_rules import read_candidates, read_loads
from routing_jobs.ledger.ledger import Ledger
from routing_jobs.ledger.lines import (
    CANDIDATE_SCHEMA,
    CANDIDATES_FILE,
    LINE_SCHEMA,
    PARTNER_SCHEMA,
    read_proposed_lines,
)
from routing_jobs.ledger.proposals import Proposal, ProposalOutcome, propose_by_hand
from routing_jobs.ledger.recalls import BY_REASSIGNMENT, RECALLABLE, append_recall, read_assignment, recallable
from routing_jobs.ledger.refusals import DecisionRefusedError
from routing_jobs.ledger.tables import ASSIGNMENT
from routing_jobs.ledger.verdicts import CheckVerdict
from routing_jobs.routing.exclusions import BY_A_PERSON

# Runs the batch gate: (folder of batch files, lines as they stand, rulebook_sha256, as_of) -> its verdicts.
Judge = Callable[[Path, pa.Table, str, datetime], Sequence[CheckVerdict]]
Row = dict[str, Any]


def reassign_assignment(
    ledger: Ledger, assignment_id: str, partner_id: str, *, reason: str, decision: Decision, judge: Judge
) -> tuple[ProposalOutcome, list[str]]:
    """Recall the offer, with all open ones of its account and product line, and propose them to `partner_id`.

    Returns the new batch and the leads in it. DecisionRefusedError where the partner was not eligible for one of the
    leads, is at its limit, or a lead has no hop left; GateRefusedError where the batch gate refuses. Recall and
    proposal are one transaction.
    """
    require_role(decision, "reassign")
    with ledger.reading() as connection:
        named = read_assignment(connection, assignment_id)
        batch = read_batch(connection, named["batch_id"])
        unit = _open_unit(connection, named)
        lines = [_new_line(ledger, assignment, partner_id) for assignment in unit]
        free = _free_slots(ledger, connection, batch, named, partner_id)
    proposal = _stage(ledger, batch, unit, lines, free)
    try:
        staged = read_proposed_lines(proposal.folder)
        ledger.record_verdicts(judge(proposal.folder, staged, proposal.rulebook_sha256, decision.as_of), decision.as_of)
        with ledger.writing(decision.as_of, decision.actor) as transaction:
            digest = ledger.remember(transaction, stated(reason, "reassign"))
            for assignment in unit:
                standing = recallable(transaction, assignment["assignment_id"], decision)
                append_recall(transaction, standing, BY_REASSIGNMENT, digest)
            return propose_by_hand(ledger, transaction, proposal), [line["lead_id"] for line in lines]
    finally:
        if proposal.folder.exists():
            batch_files.discard(proposal.folder)


def _open_unit(connection: Connection, named: Row) -> list[Row]:
    """The open assignments of the account and product line at the partner: a unit moves as a whole."""
    if named["status"] not in RECALLABLE:
        raise DecisionRefusedError(
            f"Assignment {named['assignment_id']} is {named['status']}: only open and accepted ones can be reassigned."
        )
    same = [ASSIGNMENT.c[name].is_not_distinct_from(named[name]) for name in ("account_id", "product", "partner_id")]
    query = select(ASSIGNMENT).where(*same, ASSIGNMENT.c.status.in_(RECALLABLE)).order_by(ASSIGNMENT.c.lead_id)
    return [dict(row) for row in connection.execute(query).mappings()]


def _new_line(ledger: Ledger, assignment: Row, partner_id: str) -> Row:
    lead_id, hop, folder = assignment["lead_id"], assignment["hop"] + 1, batch_folder(ledger, assignment["batch_id"])
    if partner_id == assignment["partner_id"]:
        raise DecisionRefusedError(f"Lead {lead_id} is with {partner_id} already.")
    candidate = read_candidates(folder, [lead_id]).get((lead_id, partner_id))
    if candidate is None or not (candidate.is_eligible or candidate.exclusion_reason in BY_A_PERSON):
        why = "does not cover its territory" if candidate is None else f"was excluded ({candidate.exclusion_reason})"
        raise DecisionRefusedError(f"{partner_id} cannot take lead {lead_id}: it {why}.")
    max_hops = batch_files.read_rulebook(folder).get("routing", {}).get("limits", {}).get("max_hops")
    if max_hops is not None and hop > max_hops:
        raise DecisionRefusedError(f"Lead {lead_id} was offered {hop - 1} times; max_hops is {max_hops}.")
    names = ("lead_id", "unit_id", "identity_id", "account_id", "product")
    fresh = dict.fromkeys(("exception_code", "remedy", "owner", "due_at"))
    chosen = {"partner_id": partner_id, "hop": hop, "source": "override", "rule": "override", "score": candidate.score}
    return {name: assignment[name] for name in names} | fresh | chosen


def _free_slots(ledger: Ledger, connection: Connection, batch: Batch, named: Row, partner_id: str) -> int:
    """Slots left at the partner: those free when the batch was made, less units given since and still held."""
    first = select(func.min(ASSIGNMENT.c.released_at)).where(ASSIGNMENT.c.batch_id == batch.batch_id)
    held = select(func.count(func.distinct(ASSIGNMENT.c.unit_id))).where(
        ASSIGNMENT.c.partner_id == partner_id,
        ASSIGNMENT.c.status.in_(RECALLABLE),
        ASSIGNMENT.c.released_at >= first.scalar_subquery(),
        ASSIGNMENT.c.unit_id != named["unit_id"],
    )
    load = read_loads(batch_folder(ledger, batch.batch_id)).get(partner_id)
    free = (load.capacity if load else 0) - int(connection.execute(held).scalar() or 0)
    if free < 1:
        raise DecisionRefusedError(f"{partner_id} is at its limit: it has no slot for lead {named['lead_id']}.")
    return free


def _stage(ledger: Ledger, batch: Batch, unit: Sequence[Row], lines: Sequence[Row], free: int) -> Proposal:
    folder = batch_folder(ledger, batch.batch_id)
    candidates = [
        pq.read_table(batch_folder(ledger, batch_id) / CANDIDATES_FILE, filters=[("unit_id", "=", unit_id)])
        for batch_id, unit_id in sorted({(assignment["batch_id"], assignment["unit_id"]) for assignment in unit})
    ]
    load = {"partner_id": lines[0]["partner_id"], "capacity": free, "assigned": 1, "price": 0}
    staged = batch_files.stage_frames(
        ledger.workspace.batches,
        pa.Table.from_pylist(list(lines), LINE_SCHEMA),
        pa.concat_tables([frame.cast(CANDIDATE_SCHEMA) for frame in candidates]),
        pa.Table.from_pylist([load], PARTNER_SCHEMA),
        batch_files.read_rulebook(folder),
    )
    return Proposal(
        folder=staged,
        is_express=False,
        rulebook_sha256=batch.rulebook_sha256,
        rulebook_version=batch.rulebook_version,
    )
