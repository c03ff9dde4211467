"""What every reader hands on: chunks of sound records as text, and the records or files it refuses.

The readers themselves are in csv_reader, jsonl_reader, parquet_reader, xlsx_reader.
"""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from routing_jobs.program.source import Source

RECORD = "_record"  # the column every chunk has: number of the physical record, 1 = first after the header
EXCERPT_BYTES = 4096  # kept of a record that is too long to keep


class FileRefusedError(Exception):
    """The file is set aside as a whole. `facts` fill the reason's message and remedy."""

    def __init__(self, code: str, **facts: object):
        self.code = code
        self.facts = facts
        super().__init__(code)


@dataclass(frozen=True)
class Reject:
    """One record set aside: its number, the reason's code, what fills its message, its raw text."""

    record_number: int
    code: str
    facts: dict[str, Any]
    raw: str
    column: str | None = None
    key: str | None = None  # its record_key, where that could be read
    detail: str = ""  # what else is wrong with it, after the message


@dataclass(frozen=True)
class Chunk:
    """Some records of a file.

    Attributes:
        records: RECORD and one text column per column of the file; a declared missing value is null.
        rejects: The records among these that are broken.
        raw: Record numbers to the records' text as it stands in the file.
    """

    records: pa.Table
    rejects: list[Reject]
    raw: Callable[[Sequence[int]], list[str]]


@dataclass(frozen=True)
class Limits:
    """What a file may at most be, in bytes (packed and unpacked), records and columns."""

    file_bytes: int
    record_bytes: int
    columns: int
    rows: int


@dataclass
class Tally:
    """Physical records and blank lines met so far; kept by the reader, independent of what becomes of them."""

    records: int = 0
    blank_lines: int = 0


class Reader(Protocol):
    """Reads one file by its contract. Opening or iterating may raise FileRefusedError."""

    tally: Tally

    def chunks(self) -> Iterator[Chunk]:
        """The file's records in order."""
        ...

    def count_refused(self) -> int:
        """Physical records of the file after it was refused; one that cannot be cut into records stands for one."""
        ...


@dataclass(frozen=True)
class Reading:
    """What a reader needs to know of one file.

    Attributes:
        path: The archived file.
        source: Its contract.
        limits: What it may at most be.
        required_columns: The file's columns that the contract reads.
        scratch: A folder for what has to be unpacked.
        seconds: Step -> time spent; readers add to it.
    """

    path: Path
    source: Source
    limits: Limits
    required_columns: tuple[str, ...] = ()
    scratch: Path | None = None
    seconds: dict[str, float] = field(default_factory=dict)


@contextmanager
def spent(seconds: dict[str, float], step: str) -> Iterator[None]:
    """Add the time the block takes to `seconds[step]`."""
    started = time.perf_counter()
    try:
        yield
    finally:
        seconds[step] = seconds.get(step, 0.0) + time.perf_counter() - started


def raw_rows(table: pa.Table) -> Callable[[Sequence[int]], list[str]]:
    """`Chunk.raw` for rows that never were text, numbered without gaps: each as a JSON object."""
    first = table[RECORD][0].as_py() if table.num_rows else 1

    def raw(numbers: Sequence[int]) -> list[str]:
        rows = table.take(pa.array([number - first for number in numbers], pa.int64())).drop_columns(RECORD)
        return [json.dumps(row, ensure_ascii=False) for row in rows.to_pylist()]

    return raw
