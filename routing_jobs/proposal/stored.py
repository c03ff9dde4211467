"""Reads what was stored about a decision: the batch's own files, immutable, and the serving copy for names.

Lives here: finding a lead, and gathering the rows an explanation needs. Not here: the explanation
(`routing_jobs.routing.explain`), how batches are decided (the ledger room). The warehouse is opened only for leads that
never were in a batch.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import Connection

from routing_jobs.ledger import Ledger
from routing_jobs.ledger.batches import batch_folder, list_batches, read_lines
from routing_jobs.ledger.lines import AREAS_FILE, CANDIDATES_FILE, EXCLUSIONS_FILE, LINES_FILE, PARTNERS_FILE

Row = dict[str, Any]
Prices = dict[str | tuple[str, str], Row]  # by partner_id, and by partner_id and area
OPEN = ("proposed", "in_review", "approved")
_ENDED = ("rejected", "superseded", "rolled_back")


@dataclass(frozen=True)
class Record:
    """What a batch says about one lead: its line as it stands, its unit's candidates, prices, counts of the rest."""

    batch_id: str
    line: Row
    candidates: list[Row]
    prices: Prices
    outside: dict[str, int]


def find_lead(serving: duckdb.DuckDBPyConnection, text: str) -> str | None:
    """The lead_id that a lead_id, a lead_ref or `source_system:source_record_id` names; None for an unknown one."""
    system, _, record = text.partition(":")
    found = serving.execute(
        """
        select lead_id from serving.lead
        where lead_id = $text or lead_ref = upper($text) or (source_system = $system and source_record_id = $record)
        order by lead_id
        """,
        {"text": text, "system": system, "record": record},
    ).fetchone()
    return found[0] if found else None


def partner_names(serving: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """partner_id -> name."""
    return dict(serving.execute("select partner_id, partner_name from serving.partner").fetchall())


def batch_of(ledger: Ledger, reading: Connection, lead_id: str) -> str | None:
    """The newest batch with a line for the lead; one that still counts goes before one that was ended."""
    batches = list_batches(reading)
    ordered = sorted(batches, key=lambda batch: batch.status not in _ENDED)  # stable: oldest first within each
    for batch in reversed(ordered):
        path = batch_folder(ledger, batch.batch_id) / LINES_FILE
        if path.is_file() and pq.read_table(path, columns=["lead_id"], filters=[("lead_id", "=", lead_id)]).num_rows:
            return batch.batch_id
    return None


def read_record(ledger: Ledger, reading: Connection, batch_id: str, lead_id: str) -> Record | None:
    """What the batch says about the lead; None where it has no line for it."""
    folder = batch_folder(ledger, batch_id)
    lines = read_lines(ledger, reading, batch_id)
    found = lines.filter(pc.equal(lines["lead_id"], lead_id)).to_pylist()
    if not found:
        return None
    unit = [("unit_id", "=", found[0]["unit_id"])]
    outside = folder / EXCLUSIONS_FILE
    return Record(
        batch_id=batch_id,
        line=found[0],
        candidates=pq.read_table(folder / CANDIDATES_FILE, filters=unit).to_pylist(),
        prices=_prices(folder, found[0].get("mode")),
        outside=_counts(pq.read_table(outside, filters=unit).to_pylist()) if outside.is_file() else {},
    )


def _prices(folder: Path, mode: str | None) -> Prices:
    """The rows of partners, and of limited territories, for the mode the lead was placed in."""
    partners = pq.read_table(folder / PARTNERS_FILE).to_pylist()
    areas = pq.read_table(folder / AREAS_FILE).to_pylist() if (folder / AREAS_FILE).is_file() else []
    found: Prices = {row["partner_id"]: row for row in partners if mode is None or row.get("mode") in (None, mode)}
    return found | {(row["partner_id"], row["area"]): row for row in areas if row["mode"] == mode}


def _counts(rows: Sequence[Row]) -> dict[str, int]:
    return {row["exclusion_reason"]: row["partner_count"] for row in rows}


def open_exceptions(ledger: Ledger, reading: Connection) -> list[Row]:
    """Lines without partner in batches that are open, each with its batch_id; one row a lead, the newest batch's."""
    found: dict[str, Row] = {}
    for batch in list_batches(reading, OPEN):
        lines = read_lines(ledger, reading, batch.batch_id)
        for row in lines.filter(pc.is_valid(lines["exception_code"])).to_pylist():
            found[row["lead_id"]] = row | {"batch_id": batch.batch_id}
    return sorted(found.values(), key=lambda row: (row["due_at"], row["exception_code"], row["lead_id"]))


def lead_refs(serving: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """lead_id -> lead_ref."""
    return dict(serving.execute("select lead_id, lead_ref from serving.lead").fetchall())


def partner_standing(
    serving: duckdb.DuckDBPyConnection, partner_id: str
) -> tuple[Row | None, list[Row], list[Row], list[Row]]:
    """The partner's limits and use (None if not on the roster), performance, prices by batch kind, turns by pool."""
    limits = _rows(serving, "select * from serving.partner_limit where partner_id = ?", partner_id)
    performance = _rows(
        serving, "select * from serving.partner_performance where partner_id = ? order by outcome", partner_id
    )
    prices = _rows(
        serving, "select * from serving.partner_price where partner_id = ? order by is_express, mode", partner_id
    )
    turns = _rows(serving, "select * from serving.partner_turn where partner_id = ? order by pool", partner_id)
    return (limits[0] if limits else None), performance, prices, turns


def qualification(warehouse: duckdb.DuckDBPyConnection, lead_id: str) -> Row | None:
    """What prepare decided about a lead that never reached a batch."""
    rows = _rows(
        warehouse,
        """
        select qualified.qualification, qualified.reason, qualified.duplicate_of_lead_id, routability.routability
        from intermediate.int_leads__qualified as qualified
        left join intermediate.int_leads__routability as routability on qualified.lead_id = routability.lead_id
        where qualified.lead_id = ?
        """,
        lead_id,
    )
    return rows[0] if rows else None


def _rows(connection: duckdb.DuckDBPyConnection, query: str, value: str) -> list[Row]:
    found = connection.execute(query, [value])
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
