"""A batch as it stands, and the checks every decision about one shares.

Proposing lives in `proposals`, what people decide in `review`, releasing in `routing_jobs.release`.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, select

from routing_jobs.ledger.authority import Decision, require_role
from routing_jobs.ledger.event import instant_text, parse_instant
from routing_jobs.ledger.journal import Transaction
from routing_jobs.ledger.ledger import Ledger
from routing_jobs.ledger.lines import (
    content_sha256,
    read_decisions,
    read_proposed_lines,
    standing_lines,
)
from routing_jobs.ledger.refusals import ConflictError, DecisionRefusedError
from routing_jobs.ledger.tables import BATCH
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
    proposed_seq: int
    content_sha256: str
    rulebook_sha256: str
    rulebook_version: str
    input_sha256: str | None
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
    query = select(BATCH).order_by(BATCH.c.proposed_seq)
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
def deciding(ledger: Ledger, batch_id: str, action: str, decision: Decision) -> Iterator[tuple[Transaction, Batch]]:
    """A transaction for one decision on one batch, after the checks every decision shares."""
    require_role(decision, action)
    with ledger.writing(decision.as_of, decision.actor) as transaction:
        batch = read_batch(transaction.connection, batch_id)
        if decision.is_express_rule and not batch.is_express:
            raise DecisionRefusedError(f"Batch {batch_id} is no express batch: people decide about it.")
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


def require_content(ledger: Ledger, connection: Connection, batch: Batch) -> pa.Table:
    """The standing lines, after checking that they still hash to the batch's content_sha256."""
    lines = read_lines(ledger, connection, batch.batch_id)
    if content_sha256(lines, batch.rulebook_sha256) != batch.content_sha256:
        raise DecisionRefusedError(
            f"The files of batch {batch.batch_id} no longer say what was proposed. `leadroute ledger verify` shows "
            "what changed; restore them from a backup, or reject the batch."
        )
    return lines


def stated(reason: str, action: str) -> str:
    """The reason a person gave, stripped; ConfigurationError where it says nothing."""
    if not reason.strip():
        raise ConfigurationError(f"--reason: value '': expected a few words why; {action} is not possible without.")
    return reason.strip()
