"""Takes in a program's feeds: finds files, archives and numbers them, lands them in the order of their arrival.

Each file is one transaction of the warehouse. Killed at any instant and run again, it goes on where it stopped:
the archive knows a file by its bytes, the ledger by its number, raw.landed_file by its counts.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

import duckdb

from routing_jobs.intake import quarantine
from routing_jobs.intake.archive import (
    Archived,
    NotSettledError,
    closed_folder,
    find,
    shown_path,
    take_in,
    wait_until_settled,
)
from routing_jobs.intake.contract import Contract, ContractLoader, file_limits
from routing_jobs.intake.file_landing import Desk, land_file
from routing_jobs.intake.records import FileRefusedError, spent
from routing_jobs.intake.report import FileReport, IntakeReport, Skipped, sum_counts
from routing_jobs.intake.sandbox import open_sandbox
from routing_jobs.intake.versions import Arrival, forget_versions
from routing_jobs.program.errors import LeadrouteError
from routing_jobs.program.loading import Program
from routing_jobs.program.source import Source
from routing_jobs.program.workspace import Workspace

Progress = Callable[[str], None]


class ArrivalBook(Protocol):
    """What intake needs of the ledger: the order in which files arrived."""

    def record_arrivals(
        self, files: Sequence[tuple[str, str, str, int]], as_of: datetime
    ) -> Mapping[tuple[str, str], int]:
        """Number (feed, sha256, path, bytes) in the order given; one seen before keeps its number."""
        ...

    def arrivals(self) -> Sequence[Arrival]:
        """Every arrival, in order."""
        ...


def land(
    workspace: Workspace, program: Program, connection: duckdb.DuckDBPyConnection, ledger: ArrivalBook, as_of: datetime,
    progress: Progress | None = None,
) -> IntakeReport:  # fmt: skip
    """Take in what lies below landing/, and read again what a changed contract reads differently.

    Args:
        workspace: Where landing/ and state/archive/ are.
        program: The feeds' contracts.
        connection: The warehouse, with its tables, outside a transaction.
        ledger: Numbers the arrivals.
        as_of: When new files count as arrived, naive UTC.
        progress: Told one line per file.

    Raises:
        ConfigurationError: A contract's SQL or tables cannot be used.
    """
    with _intake(workspace, program, connection, progress) as intake:
        intake.load_contracts()
        new = intake.collect()
        if new:
            ledger.record_arrivals(new, as_of)
        intake.land_all(ledger.arrivals())
        intake.note_refusals(as_of)
        return intake.report


def rebuild(
    workspace: Workspace, program: Program, connection: duckdb.DuckDBPyConnection, ledger: ArrivalBook,
    progress: Progress | None = None,
) -> IntakeReport:  # fmt: skip
    """Land every archived file again, in the order of arrival, into a warehouse whose raw tables are empty.

    Raises:
        LeadrouteError: The archive lacks a file that the ledger knows.
    """
    with _intake(workspace, program, connection, progress) as intake:
        intake.load_contracts()
        intake.land_all(ledger.arrivals())
        lost = [entry for entry in intake.report.skipped if entry.why == _LOST]
        if lost:
            names = ", ".join(f"{entry.feed}: {entry.path}" for entry in lost)
            raise LeadrouteError(
                f"state/archive lacks {len(lost)} files that the ledger knows ({names}); restore a backup"
            )
        return intake.report


def retry(
    workspace: Workspace, program: Program, connection: duckdb.DuckDBPyConnection, ledger: ArrivalBook, feed: str,
    progress: Progress | None = None,
) -> IntakeReport:  # fmt: skip
    """Read all files of a feed again under its present contract, lookups and aliases; arrivals keep their numbers."""
    with _intake(workspace, program, connection, progress) as intake:
        intake.load_contracts([feed])
        intake.land_all(ledger.arrivals(), is_forced=True)
        return intake.report


@contextmanager
def _intake(
    workspace: Workspace, program: Program, connection: duckdb.DuckDBPyConnection, progress: Progress | None
) -> Iterator["_Intake"]:
    workspace.temporary.mkdir(parents=True, exist_ok=True)
    sandbox = open_sandbox(workspace.temporary)
    # Two threads that store one block of records take twice the processor and longer than one: each writes its part of
    # a row group, and the parts are then written again as one. What reads the files is the sandbox, with its own.
    connection.execute("set threads = 1")
    try:
        yield _Intake(workspace, program, Desk(connection, sandbox, workspace.archive, workspace.temporary), progress)
    finally:
        connection.execute("reset threads")
        sandbox.close()


_LOST = "its bytes are not in the archive"


@dataclass(frozen=True)
class _Refusal:
    """A landed file, or record of a lookup, that is refused before it could arrive."""

    source: Source
    path: str
    error: FileRefusedError


class _Intake:
    """One take-in: contracts, what was found, what became of it."""

    def __init__(self, workspace: Workspace, program: Program, desk: Desk, progress: Progress | None):
        self._workspace = workspace
        self._program = program
        self._desk = desk
        self._progress = progress or (lambda _line: None)
        self._contracts: dict[str, Contract] = {}
        self._refusals: list[_Refusal] = []
        self.report = IntakeReport(feeds=tuple(sorted(program.sources)), seconds=desk.seconds)

    def load_contracts(self, feeds: Sequence[str] | None = None) -> None:
        """Load the contracts; a feed whose lookups are not there yet waits."""
        loader = ContractLoader(self._workspace, self._program)
        for feed in feeds or self.report.feeds:
            source = self._program.sources[feed]
            try:
                self._contracts[feed] = loader.load(source)
            except NotSettledError as error:
                self._skip(feed, "", str(error))
            except FileRefusedError as error:
                self._refusals.append(_Refusal(source, "lookup", error))
                self._skip(feed, "", "a lookup file is refused")

    def collect(self) -> list[tuple[str, str, str, int]]:
        """Archive what lies below landing/; returns the arrivals the warehouse does not know, in their order."""
        landing, most_bytes = self._workspace.landing, file_limits(self._program.config).file_bytes
        found = {feed: find(landing, self._program.sources[feed].files) for feed in sorted(self._contracts)}
        every = sorted({path for paths in found.values() for path in paths})
        known_files, known_arrivals = self._known()
        new = []
        with spent(self._desk.seconds, "archive"):
            wait_until_settled(every)
            taken: dict[Path, Archived | Exception] = {
                path: self._take(path, most_bytes, known_files) for path in every
            }
        for feed, paths in found.items():
            closed = closed_folder(landing, self._program.sources[feed].files)
            if closed is not None:
                refused = FileRefusedError("NOT_PERMITTED", subject="folder")
                self._refusals.append(_Refusal(self._program.sources[feed], shown_path(closed, landing), refused))
            for path in paths:
                outcome = taken[path]
                if isinstance(outcome, Archived):
                    if (feed, outcome.file_sha256) not in known_arrivals:
                        new.append((feed, outcome.file_sha256, outcome.path, outcome.bytes))
                elif isinstance(outcome, FileRefusedError):
                    self._refusals.append(_Refusal(self._program.sources[feed], shown_path(path, landing), outcome))
                else:
                    self._skip(feed, shown_path(path, landing), str(outcome))
        return list(dict.fromkeys(new))

    def _take(self, path: Path, most_bytes: int, known: set[tuple[str, int]]) -> Archived | Exception:
        landing = self._workspace.landing
        size = -1  # where it cannot be told, taking it in says why
        with suppress(OSError):
            size = path.stat().st_size
        try:
            return take_in(
                path, landing, self._workspace.archive, most_bytes, (shown_path(path, landing), size) in known
            )
        except (FileRefusedError, NotSettledError) as error:
            return error

    def _known(self) -> tuple[set[tuple[str, int]], set[tuple[str, str]]]:
        rows = self._desk.connection.execute("select path, bytes, feed, file_sha256 from raw.landed_file").fetchall()
        return {(row[0], row[1]) for row in rows}, {(row[2], row[3]) for row in rows}

    def land_all(self, arrivals: Sequence[Arrival], is_forced: bool = False) -> None:
        """Land what is not landed under the present contracts; a feed with a changed one is read again as a whole."""
        rows = self._desk.connection.execute(
            "select feed, file_sha256, contract_sha256 from raw.landed_file"
        ).fetchall()
        landed = {(feed, file): contract for feed, file, contract in rows}
        changed = {
            feed
            for (feed, _), contract in landed.items()
            if feed in self._contracts and (is_forced or contract != self._contracts[feed].sha256)
        }
        mine = [arrival for arrival in arrivals if arrival.feed in self._contracts]
        for feed in sorted(changed):
            with self._transaction():
                self._forget(feed)
                for arrival in mine:
                    if arrival.feed == feed:
                        self._land(arrival, is_again=(feed, arrival.file_sha256) in landed)
        for arrival in mine:
            if arrival.feed not in changed and (arrival.feed, arrival.file_sha256) not in landed:
                with self._transaction():
                    self._land(arrival)

    def _land(self, arrival: Arrival, is_again: bool = False) -> None:
        if not (self._desk.archive / arrival.file_sha256).is_file():
            self._skip(arrival.feed, arrival.path, _LOST)
            return
        report = land_file(self._desk, self._contracts[arrival.feed], arrival, is_again)
        self.report.files.append(report)
        self._progress(_line(report))

    def _forget(self, feed: str) -> None:
        connection = self._desk.connection
        entities = connection.execute("select distinct entity from raw.landed_file where feed = ?", [feed]).fetchall()
        for (entity,) in entities:
            forget_versions(connection, entity, feed)
        quarantine.forget(connection, feed)
        connection.execute("delete from raw.landed_file where feed = ?", [feed])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        connection = self._desk.connection
        connection.begin()
        try:
            yield
        except BaseException:
            connection.rollback()
            raise
        with spent(self._desk.seconds, "commit"):
            connection.commit()

    def note_refusals(self, as_of: datetime) -> None:
        """Put what is refused before it could arrive into the quarantine, in place of what was there before."""
        with self._transaction():
            quarantine.forget_refusals(self._desk.connection)
            for refusal in self._refusals:
                quarantine.add_refusal(self._desk.connection, refusal.source, refusal.path, refusal.error, as_of)

    def _skip(self, feed: str, path: str, why: str) -> None:
        self.report.skipped.append(Skipped(feed, path, why))
        self._progress(f"{feed}: {path + ' ' if path else ''}{why}; left for the next run")


def _line(report: FileReport) -> str:
    counts = ", ".join(
        f"{count:,} {name}" for name, count in sum_counts([report]).items() if count or name == "records"
    )
    again = " (read again)" if report.is_again else ""
    return f"{report.feed}: {report.path}: {report.reason + ', ' if report.reason else ''}{counts}{again}"
