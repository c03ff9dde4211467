"""Intake as a stage: files landed, as_of settled, the program's settings written where SQL reads them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic

import duckdb

from routing_jobs.intake import land
from routing_jobs.intake.quarantine import date_refusals
from routing_jobs.ledger import Ledger
from routing_jobs.ledger.rulebooks import program_in_force
from routing_jobs.program.arrivals import Arrival
from routing_jobs.program.as_of import parse_as_of, resolve_as_of
from routing_jobs.program.entities import ENTITIES
from routing_jobs.program.loading import Program
from routing_jobs.program.tables import write_program_tables
from routing_jobs.program.workspace import Workspace
from routing_jobs.warehouse.store import opened

SILENCE_SECONDS = 2.0
_COUNTED = [f"raw.{name}" for name in (*ENTITIES, "landed_file", "quarantined_record")]


@dataclass(frozen=True)
class TakenIn:
    """The as_of of the run, naive UTC, and the rows of every raw and program table ("schema/table")."""

    as_of: datetime
    rows: dict[str, int]


def take_in(
    workspace: Workspace,
    program: Program,
    ledger: Ledger,
    requested_as_of: str | None,
    run_id: str,
    *,
    full_refresh: bool,
    say: Callable[[str], None],
) -> TakenIn:
    """Land what is new. `full_refresh` first takes the warehouse away and lands the archive again, in its order."""
    if full_refresh:
        from routing_jobs.stages.rebuild import land_archive_anew

        land_archive_anew(workspace, program, ledger, say)
    requested = parse_as_of(requested_as_of, program.config.timezone) if requested_as_of else None
    now = datetime.now(UTC).replace(tzinfo=None)
    say = _sparing(say)
    with opened(workspace) as connection:
        if requested is None and program.config.as_of == "data":
            land(workspace, program, connection, _Undated(connection, ledger, now), now, progress=say)
            as_of = _date_arrivals(connection, ledger, now)
        else:
            as_of = resolve_as_of(requested, program.config.as_of, None, now)
            land(workspace, program, connection, ledger, as_of, progress=say)
        write_program_tables(connection, workspace, program_in_force(ledger, program, as_of), as_of, run_id)
        rows = {table.replace(".", "/"): _count(connection, table) for table in _COUNTED}
    return TakenIn(as_of, rows)


def _sparing(say: Callable[[str], None]) -> Callable[[str], None]:
    """Speak at most every two seconds: a hundred small files need no hundred lines."""
    spoken = monotonic()

    def say_now_and_then(line: str) -> None:
        nonlocal spoken
        if monotonic() - spoken >= SILENCE_SECONDS:
            spoken = monotonic()
            say(f"             {line}")

    return say_now_and_then


def newest_event(connection: duckdb.DuckDBPyConnection, not_after: datetime) -> datetime | None:
    """The newest event in the standing records of any entity, naive UTC; later ones than `not_after` do not count."""
    newest: datetime | None = None
    for name, entity in ENTITIES.items():
        for column in entity.event_columns:
            found = connection.execute(
                f"select max({column}) from raw.{name} "  # noqa: S608 - names of our own entities
                f"where is_current and not is_closed and {column} <= ?",
                [not_after],
            ).fetchone()[0]
            newest = max(filter(None, (newest, found)), default=None)
    return newest


class _Undated:
    """The ledger's arrivals, and new files numbered after them; the ledger hears of those once as_of is known."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, ledger: Ledger, placeholder: datetime):
        untold = [Arrival(*row, placeholder) for row in _untold(connection, ledger)]
        self._arrivals: list[Arrival] = [*ledger.arrivals(), *untold]
        self._placeholder = placeholder

    def record_arrivals(
        self, files: Sequence[tuple[str, str, str, int]], as_of: datetime
    ) -> Mapping[tuple[str, str], int]:
        """The number each file will get; one seen before keeps its own."""
        numbers = {(arrival.feed, arrival.file_sha256): arrival.arrival_seq for arrival in self._arrivals}
        for feed, sha256, path, size in files:
            if (feed, sha256) not in numbers:
                numbers[feed, sha256] = len(self._arrivals) + 1
                arrival = Arrival(feed, sha256, path, size, len(self._arrivals) + 1, self._placeholder)
                self._arrivals.append(arrival)
        return numbers

    def arrivals(self) -> Sequence[Arrival]:
        """Those the ledger knows and those it will."""
        return self._arrivals


def _date_arrivals(connection: duckdb.DuckDBPyConnection, ledger: Ledger, now: datetime) -> datetime:
    """Where data decide as_of, a file's arrival can be dated only once it is read: as_of, now written down.

    Files a killed run had landed without telling the ledger are told here too; the order is that of landing.
    """
    as_of = resolve_as_of(
        None, "data", max(filter(None, (newest_event(connection, now), ledger.newest_occurred_at())), default=None), now
    )
    date_refusals(connection, as_of)
    untold = _untold(connection, ledger)
    if untold:
        ledger.record_arrivals([row[:4] for row in untold], as_of)
        first = untold[0][4]
        for table in _COUNTED:
            connection.execute(
                f"update {table} set arrived_at = ? where arrival_seq >= ?",  # noqa: S608 - one of our tables
                [as_of, first],
            )
    return as_of


def _untold(connection: duckdb.DuckDBPyConnection, ledger: Ledger) -> list[tuple[str, str, str, int, int]]:
    """Landed files the ledger has not heard of: feed, sha256, path, bytes, number; in the order of landing."""
    known = {(arrival.feed, arrival.file_sha256) for arrival in ledger.arrivals()}
    landed = connection.execute(
        "select feed, file_sha256, path, bytes, arrival_seq from raw.landed_file order by arrival_seq"
    ).fetchall()
    return [row for row in landed if (row[0], row[1]) not in known]


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    return connection.execute(f"select count(*) from {table}").fetchone()[0]  # noqa: S608 - one of ours
