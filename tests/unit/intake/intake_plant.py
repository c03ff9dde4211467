"""A small real program in a temporary folder, a warehouse, and an arrival book kept in memory."""

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from routing_jobs.intake import IntakeReport, land, rebuild, retry
from routing_jobs.intake.versions import Arrival
from routing_jobs.program.loading import Program, load_program
from routing_jobs.program.workspace import Workspace
from routing_jobs.warehouse.schema import create_tables

REPOSITORY = Path(__file__).parents[3]
AS_OF = datetime(2026, 3, 2, 12)
LONG_AGO = 1_700_000_000


class Book:
    """Numbers arrivals as the ledger does, in memory."""

    def __init__(self) -> None:
        self.rows: list[Arrival] = []

    def record_arrivals(
        self, files: Sequence[tuple[str, str, str, int]], as_of: datetime
    ) -> Mapping[tuple[str, str], int]:
        numbers = {(row.feed, row.file_sha256): row.arrival_seq for row in self.rows}
        for feed, digest, path, size in files:
            if (feed, digest) not in numbers:
                numbers[feed, digest] = len(self.rows) + 1
                self.rows.append(Arrival(feed, digest, path, size, len(self.rows) + 1, as_of))
        return numbers

    def arrivals(self) -> Sequence[Arrival]:
        return list(self.rows)


@dataclass
class Plant:
    """A workspace to drop files into, and its warehouse."""

    workspace: Workspace
    connection: duckdb.DuckDBPyConnection
    book: Book = field(default_factory=Book)

    @property
    def program(self) -> Program:
        return load_program(self.workspace)

    def feed(self, name: str, contract: str, select: str | None = None) -> None:
        (self.workspace.sources / f"{name}.yaml").write_text(contract, encoding="utf-8")
        if select is not None:
            (self.workspace.sources / f"{name}.sql").write_text(select, encoding="utf-8")

    def drop(self, name: str, content: bytes | str) -> Path:
        path = self.workspace.landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        os.utime(path, (LONG_AGO, LONG_AGO))
        return path

    def land(self, as_of: datetime = AS_OF, progress: Callable[[str], None] | None = None) -> IntakeReport:
        return land(self.workspace, self.program, self.connection, self.book, as_of, progress)

    def rebuild(self, connection: duckdb.DuckDBPyConnection) -> IntakeReport:
        return rebuild(self.workspace, self.program, connection, self.book)

    def retry(self, feed: str) -> IntakeReport:
        return retry(self.workspace, self.program, self.connection, self.book, feed)

    def rows(self, sql: str, *bound: object) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql, list(bound)).fetchall()

    def fates(self) -> dict[str, tuple[int, int, int, int, int]]:
        """Path -> (counted, accepted, duplicates, filtered, quarantined)."""
        rows = self.rows("select path, counted, accepted, duplicates, filtered, quarantined from raw.landed_file")
        return {row[0]: row[1:] for row in rows}

    def reasons(self) -> list[tuple[int, str]]:
        """(record number, reason code) of what is set aside, in order."""
        return self.rows(
            "select record_number, reason_code from raw.quarantined_record order by arrival_seq, record_number"
        )


def new_warehouse() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'")
    create_tables(connection)
    return connection


def make_plant(root: Path) -> Plant:
    workspace = Workspace(root)
    sample = REPOSITORY / "data" / "sample"
    shutil.copytree(sample / "rulebook", workspace.rulebook)
    shutil.copy(sample / "program.yaml", workspace.program_file)
    for folder in (workspace.sources, workspace.landing, workspace.reference):
        folder.mkdir()
    return Plant(workspace, new_warehouse())
