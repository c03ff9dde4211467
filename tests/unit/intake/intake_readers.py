"""Opens a reader on bytes, for tests of single readers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from routing_jobs.intake.records import RECORD, FileRefusedError, Limits, Reader, Reading
from routing_jobs.program.source import Dialect, Source


@dataclass
class Read:
    """What came out of one file."""

    rows: list[dict[str, str | None]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    rejects: dict[int, str] = field(default_factory=dict)
    raws: dict[int, str] = field(default_factory=dict)
    records: int = 0
    blank_lines: int = 0
    refused: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)


def contract(**settings: Any) -> Source:
    return Source.model_construct(
        **{
            "feed": "test", "entity": "leads", "files": "*", "format": "csv", "dialect": Dialect(), "sheet": None,
            "missing_values": ("",), "split": (";", "|"), "where": None, "select": None, "columns": {}, "lookup": {},
            "timezone": "UTC", "source_system": "test",
        } | settings
    )  # fmt: skip


def read(
    path: Path,
    opened: Callable[[Reading], Reader],
    required: tuple[str, ...] = (),
    limits: Limits | None = None,
    **settings: Any,
) -> Read:
    limits = limits or Limits(1 << 30, 1 << 16, 500, 10**7)
    reader = opened(Reading(path, contract(**settings), limits, required, path.parent))
    found = Read()
    try:
        for chunk in reader.chunks():
            for row in chunk.records.to_pylist():
                found.numbers.append(row.pop(RECORD))
                found.rows.append(row)
            for reject in chunk.rejects:
                found.rejects[reject.record_number] = reject.code
                found.raws[reject.record_number] = reject.raw
    except FileRefusedError as refusal:
        return Read(records=reader.count_refused(), refused=refusal.code, facts=refusal.facts)
    found.records, found.blank_lines = reader.tally.records, reader.tally.blank_lines
    assert found.records == len(found.rows) + len(found.rejects)
    assert sorted(found.numbers + list(found.rejects)) == list(range(1, found.records + 1))
    return found
