"""The files of a batch under state/batches/<batch_id>/: written once, then never changed.

Lines, candidates, partner limits and the rulebook of a proposal are too large for the journal and cannot be
recomputed later. They are staged beside their place, made durable, hashed, and moved there by one rename.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import psutil
import pyarrow as pa
import pyarrow.parquet as pq

from routing_jobs.ledger.durable import sync_path
from routing_jobs.ledger.event import canonical_json
from routing_jobs.ledger.lines import (
    AREA_SCHEMA,
    AREAS_FILE,
    CANDIDATE_SCHEMA,
    CANDIDATES_FILE,
    EXCLUSION_SCHEMA,
    EXCLUSIONS_FILE,
    FAIRNESS_FILE,
    FAIRNESS_SCHEMA,
    LINE_SCHEMA,
    LINES_FILE,
    PARTNER_SCHEMA,
    PARTNERS_FILE,
    RULEBOOK_FILE,
)

HEAD_FILE = "head.json"
_STAGING_PREFIX = ".staging-"
READ_ONLY = 0o444
_CHUNK = 1 << 20
_UNITS_AT_ONCE = 20_000  # whose candidates are sorted at a time

# What a run proposed, in the files' columns and order. The kind of batch (express or not) is the parameter.
_WAREHOUSE_FRAMES = {
    LINES_FILE: """
        select lead_id, unit_id, identity_id, account_id, product, partner_id, hop, source, exception_code, remedy,
            owner, due_at, rule, score, mode, pool, holds_slot
        from routing.line where is_express = $is_express order by lead_id""",
    CANDIDATES_FILE: """
        select unit_id, lead_id, partner_id, is_eligible, exclusion_reason, p_won_micros, value_minor,
            age_decay_micros, preference_micros, score, banded_score, rank, is_assigned, value_source, stage, is_claim,
            propensity_micros, area
        from routing.candidate
        where unit_ix >= $first and unit_ix < $first + $units
            and lead_id in (select lead_id from routing.line where is_express = $is_express)
        order by unit_id, lead_id, partner_id""",
    PARTNERS_FILE: """
        select partner_id, capacity, assigned, price, extra_claims, extra_leads, mode
        from routing.partner_price where is_express = $is_express order by partner_id, mode""",
    AREAS_FILE: """
        select partner_id, area, capacity, assigned, price, extra_claims, extra_leads, mode
        from routing.area_price where is_express = $is_express order by partner_id, area, mode""",
    FAIRNESS_FILE: """
        select pool, partner_id, expected_nanos, received
        from routing.fairness where is_express = $is_express order by pool, partner_id""",
    EXCLUSIONS_FILE: """
        select unit_id, exclusion_reason, partner_count
        from routing.exclusion_count
        where unit_id in (select unit_id from routing.line where is_express = $is_express)
        order by unit_id, exclusion_reason""",
}
_SCHEMAS = {
    LINES_FILE: LINE_SCHEMA,
    CANDIDATES_FILE: CANDIDATE_SCHEMA,
    PARTNERS_FILE: PARTNER_SCHEMA,
    EXCLUSIONS_FILE: EXCLUSION_SCHEMA,
    AREAS_FILE: AREA_SCHEMA,
    FAIRNESS_FILE: FAIRNESS_SCHEMA,
}


def stage_from_warehouse(
    connection: duckdb.DuckDBPyConnection, batches: Path, rulebook: Mapping[str, Any], *, is_express: bool
) -> Path:
    """Copy routing.line, .candidate and .partner_price of one kind of batch into a new staging folder below `batches`.

    Streams: a million candidates never stand in memory at once. Returns the folder.
    """
    folder = _new_staging(batches)
    for name, query in _WAREHOUSE_FRAMES.items():
        with pq.ParquetWriter(folder / name, _SCHEMAS[name], compression="zstd") as writer:
            for parameters in _portions(connection, query):
                reader = connection.execute(query, {"is_express": is_express} | parameters).to_arrow_reader(100_000)
                for chunk in reader:
                    writer.write_batch(chunk.cast(_SCHEMAS[name]))
    _write_rulebook(folder, rulebook)
    return folder


def _portions(connection: duckdb.DuckDBPyConnection, query: str) -> Iterator[dict[str, int]]:
    """What else `query` binds, once for each portion of units where it takes them so: units are numbered in their order."""
    if "$first" not in query:
        yield {}
        return
    units = connection.execute("select count(*) from routing.candidate_unit").fetchall()[0][0]
    for first in range(0, units, _UNITS_AT_ONCE):
        yield {"first": first, "units": _UNITS_AT_ONCE}


def stage_frames(
    batches: Path, lines: pa.Table, candidates: pa.Table, partners: pa.Table, rulebook: Mapping[str, Any]
) -> Path:
    """The same from Arrow tables at hand; columns are cast to the files' schemas, rows sorted by their keys."""
    folder = _new_staging(batches)
    frames = {
        LINES_FILE: (lines, ("lead_id",)),
        CANDIDATES_FILE: (candidates, ("unit_id", "lead_id", "partner_id")),
        PARTNERS_FILE: (partners, ("partner_id",)),
    }
    for name, (frame, key) in frames.items():
        schema = _SCHEMAS[name]
        ordered = _completed(frame, schema).sort_by([(column, "ascending") for column in key])
        pq.write_table(ordered, folder / name, compression="zstd")
    _write_rulebook(folder, rulebook)
    return folder


def _completed(frame: pa.Table, schema: pa.Schema) -> pa.Table:
    """The frame in the schema; a column it does not have is unknown for every row."""
    for field in schema:
        if field.name not in frame.column_names:
            frame = frame.append_column(field, pa.nulls(frame.num_rows, field.type))
    return frame.select(schema.names).cast(schema)


def seal(folder: Path) -> dict[str, str]:
    """Make staged files read-only and durable; file name -> sha256."""
    digests = {}
    for path in sorted(folder.iterdir()):
        path.chmod(READ_ONLY)
        digests[path.name] = file_sha256(path)
        sync_path(path)
    sync_path(folder)
    return digests


def note_head(folder: Path, seq: int, head_hash: str) -> dict[str, str]:
    """Add the ledger's head to a sealed folder: kept outside the ledger, it shows later whether anything was cut."""
    path = folder / HEAD_FILE
    path.write_text(canonical_json({"seq": seq, "hash": head_hash}) + "\n", encoding="utf-8")
    path.chmod(READ_ONLY)
    sync_path(path)
    sync_path(folder)
    return {HEAD_FILE: file_sha256(path)}


def move_into_place(staged: Path, place: Path) -> None:
    """Give a sealed folder its name in one step; what a killed proposal left under that name goes first."""
    if place.exists():
        discard(place)
    staged.rename(place)
    sync_path(place.parent)


def discard(folder: Path) -> None:
    """Remove a folder of batch files that no event knows."""
    shutil.rmtree(folder)


def file_sha256(path: Path) -> str:
    """Hex SHA-256 of a file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def changed_files(folder: Path, digests: Mapping[str, str]) -> list[str]:
    """Names of files that are missing, changed or were never there."""
    present = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    changed = [name for name, digest in digests.items() if name in present and file_sha256(folder / name) != digest]
    return sorted({*changed, *(present ^ set(digests))})


def read_rulebook(folder: Path) -> dict[str, Any]:
    """The rulebook a batch was made with."""
    rulebook: dict[str, Any] = json.loads((folder / RULEBOOK_FILE).read_text(encoding="utf-8"))
    return rulebook


def _discard_stale(batches: Path) -> None:
    """Remove what killed processes left half written."""
    for folder in batches.glob(f"{_STAGING_PREFIX}*"):
        process = folder.name.removeprefix(_STAGING_PREFIX).split("-")[0]
        if process.isdigit() and not psutil.pid_exists(int(process)):
            discard(folder)


def _new_staging(batches: Path) -> Path:
    batches.mkdir(parents=True, exist_ok=True)
    _discard_stale(batches)
    folder = Path(tempfile.mkdtemp(prefix=f"{_STAGING_PREFIX}{os.getpid()}-", dir=batches))
    folder.chmod(0o755)
    return folder


def _write_rulebook(folder: Path, rulebook: Mapping[str, Any]) -> None:
    (folder / RULEBOOK_FILE).write_text(canonical_json(dict(rulebook)) + "\n", encoding="utf-8")
