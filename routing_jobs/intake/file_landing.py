"""Lands one archived file inside the caller's transaction: read, shape, store, set aside, count."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import TypeVar

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from routing_jobs.intake import quarantine
from routing_jobs.intake.binary_reader import BinaryReader
from routing_jobs.intake.contract import Contract
from routing_jobs.intake.csv_reader import CsvReader
from routing_jobs.intake.derivation import Derivation
from routing_jobs.intake.jsonl_reader import JsonlReader
from routing_jobs.intake.mapping import required_columns
from routing_jobs.intake.records import RECORD, Chunk, FileRefusedError, Reader, Reading, spent
from routing_jobs.intake.report import FileReport
from routing_jobs.intake.shaping import Shaped, Shaper
from routing_jobs.intake.versions import Arrival, VersionStore

T = TypeVar("T")

_READERS: dict[str, Callable[[Reading], Reader]] = {
    "csv": CsvReader,
    "jsonl": JsonlReader,
    "parquet": BinaryReader,
    "xlsx": BinaryReader,
}


@dataclass
class Counts:
    """Fates of a file's physical records, and of the rows derived from them."""

    accepted: int = 0
    duplicates: int = 0
    filtered: int = 0
    quarantined: int = 0
    derived: int | None = None
    derived_duplicates: int | None = None
    derived_quarantined: int | None = None


@dataclass
class Desk:
    """Where files are landed: the warehouse, the sandbox, the folders, and the time each step has taken."""

    connection: duckdb.DuckDBPyConnection
    sandbox: duckdb.DuckDBPyConnection
    archive: Path
    scratch: Path
    seconds: dict[str, float] = field(default_factory=dict)


def land_file(desk: Desk, contract: Contract, arrival: Arrival, is_again: bool = False) -> FileReport:
    """Land one file: its records into raw.<entity> or the quarantine, its counts into raw.landed_file.

    A file that does not fit its contract as a whole is set aside whole; nothing of it stays in raw.<entity>.
    """
    started = perf_counter()
    source = contract.source
    reading = Reading(
        desk.archive / arrival.file_sha256,
        source,
        contract.limits,
        required_columns(source),
        desk.scratch,
        desk.seconds,
    )
    reader = _READERS[source.format](reading)
    landing = _FileLanding(desk, contract, arrival)
    reason = None
    try:
        counts = landing.derive(reader) if contract.statement else landing.take(reader)
        counted = reader.tally.records
    except FileRefusedError as refusal:
        reason = refusal.code
        counted = reader.count_refused()
        counts = landing.set_file_aside(refusal, counted)
    fates = counts.accepted + counts.duplicates + counts.filtered + counts.quarantined
    assert counted == fates, f"{source.feed}: {counted} records counted, {fates} have a fate"
    report = FileReport(
        source.feed, arrival.path, arrival.file_sha256, arrival.arrival_seq, counted, counts.accepted, counts.duplicates,
        counts.filtered, counts.quarantined, 0 if reason else reader.tally.blank_lines, counts.derived,
        counts.derived_duplicates, counts.derived_quarantined, reason, is_again, perf_counter() - started,
    )  # fmt: skip
    _book(desk.connection, contract, arrival, report)
    return report


class _FileLanding:
    def __init__(self, desk: Desk, contract: Contract, arrival: Arrival):
        self._desk = desk
        self._contract = contract
        self._arrival = arrival
        self._store = VersionStore(desk.connection, contract.source, arrival)

    def take(self, reader: Reader) -> Counts:
        """Records as they are."""
        counts = Counts()
        shaper = self._shaper()
        for shaped in ahead(shaper.shape(chunk) for chunk in reader.chunks()):
            stored = self._put(shaped)
            counts.accepted += stored
            counts.duplicates += shaped.records.num_rows - stored
            counts.filtered += shaped.filtered
            counts.quarantined += len(shaped.rejects)
        self._store.close_absent()
        return counts

    def derive(self, reader: Reader) -> Counts:
        """Rows that `select` makes of the records; a record it has read is accepted."""
        contract, counts = self._contract, Counts()
        derived = duplicates = refused = 0
        assert contract.statement is not None
        derivation = Derivation(contract.source, contract.statement, self._desk.sandbox, contract.lookups)
        for chunk in reader.chunks():
            kept = derivation.add(chunk.records)
            counts.accepted += kept
            counts.filtered += chunk.records.num_rows - kept
            counts.quarantined += len(chunk.rejects)
            self._set_aside(Shaped(chunk.records.slice(0, 0), chunk.rejects, 0))
        with spent(self._desk.seconds, "map"):
            shaper = self._shaper(derivation.run())
        for chunk, numbers in derivation.rows():
            shaped = _renumbered(shaper.shape(chunk), chunk, numbers)
            stored = self._put(shaped, is_derived=True)
            derived += shaped.records.num_rows + len(shaped.rejects)
            duplicates += shaped.records.num_rows - stored
            refused += len(shaped.rejects)
        counts.derived, counts.derived_duplicates, counts.derived_quarantined = derived, duplicates, refused
        self._store.close_absent()
        return counts

    def set_file_aside(self, refusal: FileRefusedError, counted: int) -> Counts:
        """Undo what was stored of the file, and set it aside whole."""
        self._store.forget()
        quarantine.forget(self._desk.connection, self._arrival.feed, self._arrival.arrival_seq)
        quarantine.add_file(self._desk.connection, self._contract.source, self._arrival, refusal, counted)
        return Counts(quarantined=counted)

    def _shaper(self, iso_columns: frozenset[str] = frozenset()) -> Shaper:
        contract = self._contract
        source = contract.source
        if contract.statement:
            source = source.model_copy(update={"where": None})  # it has chosen the records already
        return Shaper(
            source, self._desk.sandbox, contract.tables, contract.country_aliases, self._desk.seconds, iso_columns
        )

    def _put(self, shaped: Shaped, is_derived: bool = False) -> int:
        with spent(self._desk.seconds, "store"):
            stored = self._store.add(shaped.records)
            self._set_aside(shaped, is_derived)
        return stored

    def _set_aside(self, shaped: Shaped, is_derived: bool = False) -> None:
        self._store.refuse(shaped.rejects)
        source = self._contract.source
        quarantine.add_records(self._desk.connection, source, self._arrival, shaped.rejects, is_derived)


def ahead(items: Iterator[T]) -> Iterator[T]:
    """The same items, each made in a thread while the one before is being used."""
    boxed = ((item,) for item in items)
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, boxed, None)
        while (box := coming.result()) is not None:
            coming = thread.submit(next, boxed, None)
            yield box[0]


def _renumbered(shaped: Shaped, chunk: Chunk, numbers: pa.ChunkedArray) -> Shaped:
    """The derived rows with the numbers of their physical records."""
    if not chunk.records.num_rows:
        return shaped
    first = chunk.records[RECORD][0].as_py()
    physical = numbers.take(pc.subtract(shaped.records[RECORD], first)).cast(pa.int64())
    rejects = [
        replace(reject, record_number=numbers[reject.record_number - first].as_py()) for reject in shaped.rejects
    ]
    return Shaped(shaped.records.set_column(0, RECORD, physical), rejects, shaped.filtered)


def _book(connection: duckdb.DuckDBPyConnection, contract: Contract, arrival: Arrival, report: FileReport) -> None:
    row = {
        "feed": arrival.feed,
        "entity": contract.source.entity,
        "file_sha256": arrival.file_sha256,
        "contract_sha256": contract.sha256,
        "path": arrival.path,
        "bytes": arrival.bytes,
        "arrival_seq": arrival.arrival_seq,
        "arrived_at": arrival.arrived_at,
        "counted": report.records,
        "accepted": report.accepted,
        "duplicates": report.duplicates,
        "filtered": report.filtered,
        "quarantined": report.quarantined,
        "derived": report.derived,
        "file_reason": report.reason,
        "is_snapshot": contract.source.delivery == "snapshot",
        "blank_lines": report.blank_lines,
        "derived_duplicates": report.derived_duplicates,
        "derived_quarantined": report.derived_quarantined,
    }
    places = ", ".join(f"${name}" for name in row)
    connection.execute(f"insert into raw.landed_file ({', '.join(row)}) values ({places})", row)  # noqa: S608 - our own names
