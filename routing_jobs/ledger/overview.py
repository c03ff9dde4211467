"""What a reviewer needs to see of a batch: load, exceptions, what is out of the ordinary, what changed, who decided.

Reads files and ledger; shows nothing itself (that is `cli.batch_view`).
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import Connection, select

from routing_jobs.ledger.batches import Batch, batch_folder, list_batches, read_batch, read_lines
from routing_jobs.ledger.event import parse_instant
from routing_jobs.ledger.hard_rules import moved_loads, read_loads
from routing_jobs.ledger.ledger import Ledger
from routing_jobs.ledger.lines import CANDIDATES_FILE, read_proposed_lines
from routing_jobs.ledger.tables import EVENT, SIDE_TEXT
from routing_jobs.ledger.verdicts import BATCH_GATE, read_verdict


@dataclass(frozen=True)
class PartnerLoad:
    """Slots of one partner: free when the batch was made, taken by it as it stands."""

    partner_id: str
    free: int
    taken: int
    leads: int


@dataclass(frozen=True)
class Change:
    """Leads against the batch before it: only here, only there, at another partner, the same."""

    against: str
    new: int
    gone: int
    moved: int
    same: int


@dataclass(frozen=True)
class HistoryEntry:
    """One event of a batch: who did what when, and the reason as typed (None: none, or erased)."""

    occurred_at: datetime
    actor: str
    what: str
    reason: str | None


@dataclass(frozen=True)
class Overview:
    """One batch for review; `lines` as `batches.read_lines` gives them, `outliers` name -> count."""

    batch: Batch
    lines: pa.Table
    load: list[PartnerLoad]
    exceptions: dict[str, int]
    outliers: dict[str, int]
    gate: list[dict[str, Any]]
    change: Change | None
    history: list[HistoryEntry]


def read_overview(ledger: Ledger, connection: Connection, batch_id: str) -> Overview:
    """Everything about one batch, at one moment of the ledger."""
    batch = read_batch(connection, batch_id)
    folder = batch_folder(ledger, batch_id)
    lines = read_lines(ledger, connection, batch_id)
    load = _loads(folder, lines)
    before = previous_batch(connection, batch)
    change = None
    if before is not None and batch_folder(ledger, before.batch_id).is_dir():
        change = compare(read_lines(ledger, connection, before.batch_id), lines, before.batch_id)
    return Overview(
        batch=batch,
        lines=lines,
        load=load,
        exceptions=_exceptions(lines),
        outliers=_outliers(folder, lines, load),
        gate=read_verdict(connection, BATCH_GATE, batch.content_sha256),
        change=change,
        history=read_history(connection, batch_id),
    )


def previous_batch(connection: Connection, batch: Batch) -> Batch | None:
    """The batch of the same kind (express or not) proposed before this one."""
    earlier = [
        found
        for found in list_batches(connection)
        if found.proposed_seq < batch.proposed_seq and found.is_express == batch.is_express
    ]
    return earlier[-1] if earlier else None


def fates(lines: pa.Table) -> dict[str, str]:
    """lead_id -> where it goes: a partner_id, an exception code, or the line's source."""
    columns = [lines[name].to_pylist() for name in ("lead_id", "partner_id", "exception_code", "source")]
    return {lead: partner or code or source for lead, partner, code, source in zip(*columns, strict=True)}


def compare(before: pa.Table, after: pa.Table, against: str) -> Change:
    """How the lines of two batches differ."""
    old, new = fates(before), fates(after)
    both = old.keys() & new.keys()
    moved = sum(old[lead] != new[lead] for lead in both)
    return Change(against, len(new) - len(both), len(old) - len(both), moved, len(both) - moved)


def _loads(folder: Path, lines: pa.Table) -> list[PartnerLoad]:
    """Partners this batch offers something to, those nearest their limit first."""
    slots = moved_loads(read_loads(folder), read_proposed_lines(folder), lines)
    leads = Counter(partner for partner in lines["partner_id"].to_pylist() if partner is not None)
    loads = [PartnerLoad(name, slots[name].capacity, slots[name].assigned, count) for name, count in leads.items()]
    return sorted(loads, key=lambda load: (load.free - load.taken, -load.leads, load.partner_id))


def _exceptions(lines: pa.Table) -> dict[str, int]:
    codes = (code for code in lines["exception_code"].to_pylist() if code is not None)
    return dict(sorted(Counter(codes).items()))


def _outliers(folder: Path, lines: pa.Table, load: Sequence[PartnerLoad]) -> dict[str, int]:
    """Counts that say where to look first."""
    units = dict(zip(lines["unit_id"].to_pylist(), lines["partner_id"].to_pylist(), strict=True))
    candidates = pq.read_table(folder / CANDIDATES_FILE, columns=["unit_id", "partner_id", "rank", "is_eligible"])
    eligible = candidates.filter(pc.fill_null(candidates["is_eligible"], False))
    choices = Counter(eligible["unit_id"].to_pylist())
    best = eligible.filter(pc.equal(eligible["rank"], 1))
    first = dict(zip(best["unit_id"].to_pylist(), best["partner_id"].to_pylist(), strict=True))
    placed = {unit: partner for unit, partner in units.items() if partner is not None}
    return {
        "partners_full": sum(entry.taken >= entry.free for entry in load),
        "units_with_one_choice": sum(choices[unit] == 1 for unit in placed),
        "units_not_at_their_first_choice": sum(first.get(unit, partner) != partner for unit, partner in placed.items()),
        "leads_offered_before": pc.sum(pc.cast(pc.greater(lines["hop"], 1), pa.int64())).as_py() or 0,
        "lines_overridden": pc.sum(pc.cast(lines["is_overridden"], pa.int64())).as_py() or 0,
        "lines_held": pc.sum(pc.cast(lines["is_held"], pa.int64())).as_py() or 0,
    }


def read_history(connection: Connection, batch_id: str) -> list[HistoryEntry]:
    """Everything that was decided about a batch, in order, with the reasons people typed."""
    query = select(EVENT).where(EVENT.c.subject_id == batch_id, EVENT.c.stream == "batch").order_by(EVENT.c.seq)
    events = [(row, json.loads(row.payload)) for row in connection.execute(query)]
    digests = {digest for _row, data in events if (digest := _reason_digest(data))}
    reasons = {
        row.digest: row.body for row in connection.execute(select(SIDE_TEXT).where(SIDE_TEXT.c.digest.in_(digests)))
    }
    return [
        HistoryEntry(
            parse_instant(row.occurred_at), row.actor, _what(row.event_type, data), reasons.get(_reason_digest(data))
        )
        for row, data in events
    ]


def _reason_digest(data: dict[str, Any]) -> str | None:
    lines = data.get("lines") or [{}]
    digest: str | None = data.get("reason_digest") or lines[0].get("reason_digest")
    return digest


def _what(event_type: str, data: dict[str, Any]) -> str:
    leads = ", ".join(line["lead_id"] for line in data.get("lines", [])[:3])
    more = max(0, len(data.get("lines", [])) - 3)
    names = leads + (f" and {more} more" if more else "")
    if event_type == "lines_overridden":
        return f"override {names}: {data['previous_partner_id'] or 'no partner'} -> {data['partner_id']}"
    if event_type in ("lines_held", "lines_unheld"):
        return f"{'hold' if event_type == 'lines_held' else 'let go'} {names}"
    if event_type == "batch_released":
        return f"released: {data['assignments']} assignments, {len(data['withheld'])} lines withheld"
    return event_type.removeprefix("batch_").replace("_", " ")
