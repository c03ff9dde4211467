"""Writes what a program holds: landed files piece by piece, and beside them the truth about every record.

Files of any size are written in pages; nothing is kept in memory but counts. Same pages, same bytes.
"""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from routing_jobs.generator.mess import ACCEPTED, DUPLICATE, FILTERED, QUARANTINED, Fate
from routing_jobs.generator.text import joined

LANDED_BEFORE = "LANDED_BEFORE"  # not a reason of the quarantine: nothing at all becomes of such a file
FATES = (ACCEPTED, DUPLICATE, FILTERED, QUARANTINED)
RECORD_COLUMNS = ("feed", "path", "record_number", "fate", "reason_code")
FILE_COLUMNS = ("feed", "path", "records", *FATES, "file_reason", "derived")


@dataclass
class FileTruth:
    """What should become of one file as one feed reads it."""

    records: int = 0
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(FATES, 0))
    file_reason: str = ""
    derived: int | None = None  # rows that `select` makes of the records


class Truth:
    """truth/files.csv: counts by file; truth/records.csv: every record that is not simply accepted."""

    def __init__(self, folder: Path):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.files: dict[tuple[str, str], FileTruth] = {}
        self._records: list[tuple[str, str, int, str, str]] = []

    def add(self, feed: str, path: str, size: int, fates: Iterable[Fate] = ()) -> None:
        """Count `size` more records of a file; those without a fate are accepted."""
        entry = self.files.setdefault((feed, path), FileTruth())
        others = 0
        for fate in fates:
            self._records.append((feed, path, entry.records + fate.position + 1, fate.fate, fate.reason))
            entry.counts[fate.fate] += 1
            others += 1
        entry.counts[ACCEPTED] += size - others
        entry.records += size

    def refuse(self, feed: str, path: str, records: int, reason: str) -> None:
        """A file that is set aside as a whole."""
        self.files[feed, path] = FileTruth(records, dict.fromkeys(FATES, 0) | {QUARANTINED: records}, reason)

    def close(self) -> None:
        """Write both tables, sorted by feed, path and record."""
        rows = [
            (
                feed,
                path,
                entry.records,
                *(entry.counts[fate] for fate in FATES),
                entry.file_reason,
                "" if entry.derived is None else entry.derived,
            )
            for (feed, path), entry in sorted(self.files.items())
        ]
        write_table(self.folder / "files.csv", FILE_COLUMNS, rows)
        write_table(self.folder / "records.csv", RECORD_COLUMNS, sorted(self._records))


class Landing:
    """The landing folder of a program being written."""

    def __init__(self, folder: Path, truth: Truth):
        self.folder, self.truth = folder, truth
        self._parquet: dict[str, pq.ParquetWriter] = {}

    def append(
        self,
        feed: str,
        path: str,
        lines: pa.Array,
        fates: Iterable[Fate] = (),
        header: str | None = None,
        encoding: str = "utf-8",
        line_end: str = "\n",
    ) -> None:
        """Add records to a text file; the first ones come after the header."""
        target = self._path(path)
        is_new = not target.exists()
        body = _bytes_of(joined(lines, line_end))
        if encoding not in ("utf-8", "utf-8-sig"):
            body = body.decode().encode(encoding)
        with target.open("ab") as file:
            if is_new and header is not None:
                file.write((header + line_end).encode(encoding))
            file.write(body)
        self.truth.add(feed, path, len(lines), fates)

    def append_table(self, feed: str, path: str, columns: dict[str, pa.Array], fates: Iterable[Fate] = ()) -> None:
        """Add records to a parquet file; blanks become nulls."""
        table = pa.table({name: pa.array(column).cast(pa.string()) for name, column in columns.items()})
        if path not in self._parquet:
            self._parquet[path] = pq.ParquetWriter(self._path(path), table.schema, compression="none", version="2.6")
        self._parquet[path].write_table(table)
        self.truth.add(feed, path, len(table), fates)

    def put(self, path: str, body: bytes) -> None:
        """A whole file at once."""
        self._path(path).write_bytes(body)

    def land_again(self, feed: str) -> None:
        """Land the feed's first file once more under another name: the same bytes change nothing."""
        first = min((path for name, path in self.truth.files if name == feed), default=None)
        if first is not None:
            again = first.replace(".", "_again.")
            self.put(again, self._path(first).read_bytes())
            self.truth.files[feed, again] = FileTruth(self.truth.files[feed, first].records, file_reason=LANDED_BEFORE)

    def close(self) -> None:
        """Finish the files that have an end of their own."""
        for writer in self._parquet.values():
            writer.close()

    def _path(self, path: str) -> Path:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        return target


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A small CSV with a header."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def _bytes_of(lines: pa.Array) -> bytes:
    """The text of all entries in one piece, straight from the array's memory."""
    if len(lines) == 0:
        return b""
    _, offsets, data = lines.buffers()
    ends = memoryview(offsets).cast("i")
    return bytes(data[ends[lines.offset] : ends[lines.offset + len(lines)]])
