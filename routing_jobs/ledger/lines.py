"""The lines of a batch: one per lead, as proposed (a file) with what people decided since (the ledger) laid over.

Also what a batch's content is, as a hash. Frames are Arrow tables; a batch of 100,000 lines is a few arrays.
"""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import Connection, select

from routing_jobs.ledger.event import canonical_json
from routing_jobs.ledger.tables import LINE_DECISION

LINES_FILE, CANDIDATES_FILE, PARTNERS_FILE, AREAS_FILE, EXCLUSIONS_FILE, FAIRNESS_FILE, RULEBOOK_FILE = (
    "lines.parquet",
    "candidates.parquet",
    "partners.parquet",
    "areas.parquet",
    "exclusions.parquet",
    "fairness.parquet",
    "rulebook.json",
)
_INSTANT = pa.timestamp("us")

LINE_SCHEMA = pa.schema(
    [
        ("lead_id", pa.string()),
        ("unit_id", pa.string()),
        ("identity_id", pa.string()),
        ("account_id", pa.string()),
        ("product", pa.string()),
        ("partner_id", pa.string()),
        ("hop", pa.int32()),
        ("source", pa.string()),
        ("exception_code", pa.string()),
        ("remedy", pa.string()),
        ("owner", pa.string()),
        ("due_at", _INSTANT),
        ("rule", pa.string()),
        ("score", pa.int64()),
        ("mode", pa.string()),
        ("pool", pa.string()),
        ("holds_slot", pa.bool_()),
    ]
)
CANDIDATE_SCHEMA = pa.schema(
    [
        ("unit_id", pa.string()),
        ("lead_id", pa.string()),
        ("partner_id", pa.string()),
        ("is_eligible", pa.bool_()),
        ("exclusion_reason", pa.string()),
        ("p_won_micros", pa.int64()),
        ("value_minor", pa.int64()),
        ("age_decay_micros", pa.int64()),
        ("preference_micros", pa.int64()),
        ("score", pa.int64()),
        ("banded_score", pa.int64()),
        ("rank", pa.int32()),
        ("is_assigned", pa.bool_()),
        ("value_source", pa.string()),
        ("stage", pa.string()),
        ("is_claim", pa.bool_()),
        ("propensity_micros", pa.int64()),
        ("area", pa.string()),
    ]
)
PARTNER_SCHEMA = pa.schema(
    [
        ("partner_id", pa.string()),
        ("capacity", pa.int64()),
        ("assigned", pa.int64()),
        ("price", pa.int64()),
        ("extra_claims", pa.int64()),
        ("extra_leads", pa.int64()),
        ("mode", pa.string()),
    ]
)
# Territories with a capacity of their own.
AREA_SCHEMA = pa.schema(
    [
        ("partner_id", pa.string()),
        ("area", pa.string()),
        ("capacity", pa.int64()),
        ("assigned", pa.int64()),
        ("price", pa.int64()),
        ("extra_claims", pa.int64()),
        ("extra_leads", pa.int64()),
        ("mode", pa.string()),
    ]
)
# What the batch adds to the turns partners take: units owed (in billionths) and given, by pool.
FAIRNESS_SCHEMA = pa.schema(
    [
        ("pool", pa.string()),
        ("partner_id", pa.string()),
        ("expected_nanos", pa.int64()),
        ("received", pa.int64()),
    ]
)

# Partners that did not pass territory are no candidates; they are counted by how far off they were.
EXCLUSION_SCHEMA = pa.schema(
    [("unit_id", pa.string()), ("exclusion_reason", pa.string()), ("partner_count", pa.int64())]
)

Decisions = Mapping[str, Mapping[str, Any]]


def read_proposed_lines(folder: Path) -> pa.Table:
    """The lines as proposed, in LINE_SCHEMA, sorted by lead_id."""
    return pq.read_table(folder / LINES_FILE, schema=LINE_SCHEMA)  # columns of a later release read as null


def read_decisions(connection: Connection, batch_id: str) -> dict[str, dict[str, Any]]:
    """lead_id -> row of line_decision, for the lines somebody touched."""
    rows = connection.execute(select(LINE_DECISION).where(LINE_DECISION.c.batch_id == batch_id)).mappings()
    return {row["lead_id"]: dict(row) for row in rows}


def standing_lines(proposed: pa.Table, decisions: Decisions) -> pa.Table:
    """The lines as they stand: LINE_SCHEMA plus is_held, is_overridden, withheld_reason.

    An overridden line has the partner a person chose, source `override`, and no exception any more.
    """
    count = proposed.num_rows
    is_held, is_overridden = [False] * count, [False] * count
    columns = {name: proposed[name].to_pylist() for name in ("partner_id", "source", "exception_code", "rule")}
    withheld: list[str | None] = [None] * count
    for index, decision in _positions(proposed, decisions):
        is_held[index] = bool(decision["is_held"])
        withheld[index] = decision["withheld_reason"]
        if decision["partner_id"] is not None:
            is_overridden[index] = True
            chosen = (decision["partner_id"], "override", None, "override")
            for name, value in zip(columns, chosen, strict=True):
                columns[name][index] = value
    for name, values in columns.items():
        proposed = proposed.set_column(proposed.schema.get_field_index(name), name, pa.array(values, pa.string()))
    proposed = proposed.append_column("is_held", pa.array(is_held, pa.bool_()))
    proposed = proposed.append_column("is_overridden", pa.array(is_overridden, pa.bool_()))
    return proposed.append_column("withheld_reason", pa.array(withheld, pa.string()))


def _positions(lines: pa.Table, decisions: Decisions) -> Iterable[tuple[int, Mapping[str, Any]]]:
    leads = list(decisions)
    found = pc.index_in(pa.array(leads, pa.string()), value_set=lines["lead_id"].combine_chunks()).to_pylist()
    return [(index, decisions[lead]) for lead, index in zip(leads, found, strict=True) if index is not None]


def content_sha256(lines: pa.Table, rulebook_sha256: str) -> str:
    """What a batch says, as hex SHA-256: its lines (lead, partner, hop, source, held) by lead, and the rulebook.

    `lines` needs lead_id, partner_id, hop, source, and is_held where something may be held. Ids of units, times and
    scores are left out: they may differ while the decision is the same.
    """
    order = lines.sort_by("lead_id")
    held = order["is_held"].to_pylist() if "is_held" in order.column_names else [False] * order.num_rows
    columns = [order[name].to_pylist() for name in ("lead_id", "partner_id", "hop", "source")]
    digest = hashlib.sha256(canonical_json(["batch", 1, rulebook_sha256]).encode())
    for row in zip(*columns, held, strict=True):
        digest.update(b"\n" + canonical_json(row).encode())
    return digest.hexdigest()


def assigned_count(lines: pa.Table) -> int:
    """Lines that have a partner."""
    return int(lines.num_rows - lines["partner_id"].null_count)
