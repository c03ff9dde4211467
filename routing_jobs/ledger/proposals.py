"""Brings a proposal into the ledger as a batch: keeps the open one that says the same, supersedes one nobody touched.

What a proposal says was worked out by `routing_jobs.proposal` and judged by the batch gate before it comes here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, count
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, select

from routing_jobs.ledger import batch_files
from routing_jobs.ledger.batches import (
    OPEN,
    Batch,
    batch_folder,
    list_batches,
    read_batch,
    require_status,
)
from routing_jobs.ledger.event import canonical_json
from routing_jobs.ledger.journal import Transaction
from routing_jobs.ledger.ledger import PROGRAM_ACTOR, Ledger
from routing_jobs.ledger.lines import assigned_count, content_sha256, read_proposed_lines
from routing_jobs.ledger.refusals import DecisionRefusedError
from routing_jobs.ledger.tables import BATCH
from routing_jobs.ledger.verdicts import BATCH_GATE, require_verdict

Outcome = Literal["created", "superseded", "kept", "nothing_to_route"]


@dataclass(frozen=True)
class Proposal:
    """What a run proposes: staged files (`batch_files.stage_...`) and the figures about them.

    `objective`, `upper_bound` and `band_cost` are score units, `gap` a share; None where nothing was optimised.
    """

    folder: Path
    is_express: bool
    rulebook_sha256: str
    rulebook_version: str
    run_id: str | None = None
    input_sha256: str | None = None
    objective: int | None = None
    upper_bound: int | None = None
    gap: float | None = None
    band_cost: int | None = None


@dataclass(frozen=True)
class ProposalOutcome:
    """What became of a proposal. `superseded` names the batches it replaced."""

    outcome: Outcome
    batch_id: str | None
    content_sha256: str
    superseded: tuple[str, ...] = ()


def propose_batch(
    ledger: Ledger,
    proposal: Proposal,
    as_of: datetime,
    *,
    supersede: str | None = None,
    expected_content: str | None = None,
) -> ProposalOutcome:
    """Make the proposal an open batch, in one transaction; its staged files become the batch's or are discarded.

    An open batch of the same content is kept. A different one of the same kind (express or not) that nobody touched is
    superseded, and so is `supersede`, whatever people did to it. A proposal without lines is `nothing_to_route`.
    GateRefusedError without a passed verdict of the batch gate on the content; DecisionRefusedError where as_of is
    older than the ledger's newest event, or a lead is reserved by a batch somebody works on.
    `expected_content` is the content_sha256 the gate judged, if the caller has it: another is refused.
    """
    lines = read_proposed_lines(proposal.folder)
    content = content_sha256(lines, proposal.rulebook_sha256)
    digests = batch_files.seal(proposal.folder)
    try:
        if expected_content is not None and expected_content != content:
            raise DecisionRefusedError(f"The proposal has content {content[:12]}, {expected_content[:12]} was judged.")
        with ledger.writing(as_of, PROGRAM_ACTOR) as transaction:
            return _propose(ledger, transaction, proposal, lines, content, digests, supersede)
    finally:
        if proposal.folder.exists():
            batch_files.discard(proposal.folder)


def propose_by_hand(ledger: Ledger, transaction: Transaction, proposal: Proposal) -> ProposalOutcome:
    """Make a batch a person put together, in the transaction of that person's decision; it is in review at once.

    It replaces no other batch, and its author cannot approve it.
    """
    lines = read_proposed_lines(proposal.folder)
    content = content_sha256(lines, proposal.rulebook_sha256)
    made = _propose(ledger, transaction, proposal, lines, content, batch_files.seal(proposal.folder), None)
    if made.outcome == "created" and made.batch_id is not None:
        transaction.append("batch", made.batch_id, "batch_review_started", {"version": 2})
    return made


def _require_newest(transaction: Transaction) -> None:
    """DecisionRefusedError where the ledger knows a later instant than the proposal's as_of."""
    if transaction.occurred_at < transaction.newest_occurred_at:
        raise DecisionRefusedError(
            f"as_of {transaction.occurred_at} is older than the ledger's newest event "
            f"({transaction.newest_occurred_at}): a batch cannot be proposed in the past. Leave --as-of out, or build "
            "an unpublished release for that instant."
        )


def _propose(
    ledger: Ledger,
    transaction: Transaction,
    proposal: Proposal,
    lines: pa.Table,
    content: str,
    digests: dict[str, str],
    supersede: str | None,
) -> ProposalOutcome:
    connection = transaction.connection
    _require_newest(transaction)
    standing = list_batches(connection, OPEN)
    if supersede is not None:
        require_status(read_batch(connection, supersede), "supersede", OPEN)
    for batch in standing:
        same_kind = batch.is_express == proposal.is_express
        if same_kind and batch.content_sha256 == content and batch.batch_id != supersede:
            return ProposalOutcome("kept", batch.batch_id, content)
    is_by_hand = transaction.actor != PROGRAM_ACTOR
    replaced = [
        batch for batch in standing if not is_by_hand and _is_replaced(ledger, batch, proposal, lines, supersede)
    ]
    if lines.num_rows == 0:
        _supersede(transaction, replaced, None)
        return ProposalOutcome("nothing_to_route", None, content, tuple(batch.batch_id for batch in replaced))
    require_verdict(connection, BATCH_GATE, content)
    _require_free_leads(ledger, [batch for batch in standing if batch not in replaced], lines)
    batch_id = _free_batch_id(connection, transaction.as_of, content)
    _supersede(transaction, replaced, batch_id)
    head = batch_files.note_head(proposal.folder, transaction.base_seq, transaction.base_hash)
    payload = _payload(proposal, lines, content, digests | head)
    transaction.append("batch", batch_id, "batch_proposed", payload)
    batch_files.move_into_place(proposal.folder, batch_folder(ledger, batch_id))
    outcome: Outcome = "superseded" if replaced else "created"
    return ProposalOutcome(outcome, batch_id, content, tuple(batch.batch_id for batch in replaced))


def _is_replaced(ledger: Ledger, batch: Batch, proposal: Proposal, lines: pa.Table, supersede: str | None) -> bool:
    """Whether the new proposal takes this open batch's place: asked for, or untouched and of its kind or leads."""
    if batch.batch_id == supersede:
        return True
    if batch.status != "proposed" or batch.created_by != PROGRAM_ACTOR:
        return False
    return batch.is_express == proposal.is_express or bool(_leads_in_both(ledger, batch, lines))


def _leads_in_both(ledger: Ledger, batch: Batch, lines: pa.Table) -> list[str]:
    reserved = read_proposed_lines(batch_folder(ledger, batch.batch_id))["lead_id"].combine_chunks()
    both: list[str] = lines.filter(pc.is_in(lines["lead_id"], value_set=reserved))["lead_id"].to_pylist()
    return both


def _supersede(transaction: Transaction, batches: Sequence[Batch], by: str | None) -> None:
    for batch in batches:
        payload = {"version": batch.version + 1, "superseded_by": by}
        transaction.append("batch", batch.batch_id, "batch_superseded", payload)


def _require_free_leads(ledger: Ledger, standing: Sequence[Batch], lines: pa.Table) -> None:
    """A lead stands in one open batch at most (leads of an express batch are not routed twice either)."""
    for batch in standing:
        both = _leads_in_both(ledger, batch, lines)
        if both:
            raise DecisionRefusedError(
                f"{len(both)} leads of this proposal stand in open batch {batch.batch_id} (the first: {both[0]}). "
                f"Run again, or redo that batch on purpose: `leadroute run --supersede {batch.batch_id}`."
            )


def _free_batch_id(connection: Connection, as_of: datetime, content: str) -> str:
    """B<date>-<content>, with -2, -3 ... where an ended batch has the name."""
    base = f"B{as_of:%Y%m%d}-{content[:8]}"
    query = select(BATCH.c.batch_id).where(BATCH.c.batch_id.startswith(base, autoescape=True))
    taken = {row[0] for row in connection.execute(query)}
    names = chain([base], (f"{base}-{number}" for number in count(2)))
    return next(name for name in names if name not in taken)


def _payload(proposal: Proposal, lines: pa.Table, content: str, digests: dict[str, str]) -> dict[str, Any]:
    return {
        "version": 1,
        "is_express": proposal.is_express,
        "run_id": proposal.run_id,
        "content_sha256": content,
        "rulebook_sha256": proposal.rulebook_sha256,
        "rulebook_version": proposal.rulebook_version,
        "input_sha256": proposal.input_sha256,
        "lead_count": lines.num_rows,
        "unit_count": pc.count_distinct(lines["unit_id"]).as_py(),
        "assigned_count": assigned_count(lines),
        "override_count": 0,
        "objective": proposal.objective,
        "upper_bound": proposal.upper_bound,
        "gap": proposal.gap,
        "band_cost": proposal.band_cost,
        "files": canonical_json(digests),
    }
