"""The ledger as the other rooms hold it: open it, read it, write to it in one transaction.

Arrivals and gate verdicts are recorded here. Batches, assignments, release and delivery have their own modules, which
take a `Ledger`.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

from sqlalchemy import Connection, Engine, func, select, tuple_

from routing_jobs.ledger import journal, private, storage
from routing_jobs.ledger.event import GENESIS, parse_instant
from routing_jobs.ledger.tables import ARRIVAL, CHAIN_HEAD, SIDE_TEXT
from routing_jobs.program.arrivals import Arrival
from routing_jobs.program.workspace import Workspace

if TYPE_CHECKING:
    from routing_jobs.ledger.verdicts import CheckVerdict

URL_VARIABLE = "LEADROUTE_LEDGER_URL"
HEADS_FILE = "ledger_heads.jsonl"
PROGRAM_ACTOR = "run"  # the program itself: never a person
_LOOKUP_SIZE = 200


class Head(NamedTuple):
    """The newest event: its number and its hash. Whoever keeps a head outside can tell later that nothing was cut."""

    seq: int
    hash: str


class LandedFile(NamedTuple):
    """A file a feed brought: the feed, its content's SHA-256, its path below the landing folder, its size."""

    feed: str
    file_sha256: str
    path: str
    bytes: int


def ledger_url(workspace: Workspace, url: str | None = None) -> str:
    """Where the ledger is: `url`, else LEADROUTE_LEDGER_URL, else SQLite at state/ledger.db."""
    return url or os.environ.get(URL_VARIABLE) or f"sqlite:///{workspace.ledger}"


def salt_file(workspace: Workspace) -> Path:
    """Where the ledger's secret salt is kept."""
    return workspace.state / "ledger.salt"


def system_clock() -> datetime:
    """The instant an event is written down; the only clock of the ledger."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Ledger:
    """The ledger of one workspace."""

    workspace: Workspace
    engine: Engine
    salt: bytes = field(repr=False)
    clock: Callable[[], datetime] = system_clock

    @classmethod
    def open(
        cls, workspace: Workspace, url: str | None = None, *, clock: Callable[[], datetime] = system_clock
    ) -> Self:
        """Open the ledger at `ledger_url`, made or brought up to date where needed."""
        workspace.state.mkdir(parents=True, exist_ok=True)
        engine = storage.open_engine(ledger_url(workspace, url))
        ledger = cls(workspace, engine, private.load_salt(salt_file(workspace)), clock)
        storage.upgrade(engine, ledger.holder_file)
        return ledger

    @property
    def heads_file(self) -> Path:
        """Heads of past commits, one JSON object a line."""
        return self.workspace.state / HEADS_FILE

    @property
    def holder_file(self) -> Path:
        """Names the process that wrote last."""
        return self.workspace.state / "ledger.holder"

    def checkpoint(self) -> None:
        """Empty SQLite's write-ahead log into the database file; other stores do that themselves."""
        if self.engine.dialect.name == "sqlite":
            with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent snapshot to read."""
        with storage.reading(self.engine) as connection:
            yield connection

    @contextmanager
    def writing(self, as_of: datetime, actor: str = PROGRAM_ACTOR) -> Iterator[journal.Transaction]:
        """One transaction: all events appended in the block are committed at its end, or none.

        Only one writer at a time; BusyError names the other after half a minute.
        """
        with storage.writing(self.engine, self.holder_file) as connection:
            transaction = journal.Transaction(connection, as_of, self.clock(), actor)
            yield transaction
            transaction.flush()
        if transaction.has_written:
            journal.note_head(self.heads_file, transaction.seq, transaction.hash)

    def remember(self, transaction: journal.Transaction, body: str) -> str:
        """Keep a text people typed in the erasable side table; its digest, for the event."""
        digest = private.text_digest(self.salt, body)
        transaction.keep_text(digest, body)
        return digest

    def head(self) -> Head:
        """The newest event, (0, zeros) while there is none."""
        with self.reading() as connection:
            row = connection.execute(select(CHAIN_HEAD.c.seq, CHAIN_HEAD.c.hash)).first()
        return Head(row.seq, row.hash) if row else Head(0, GENESIS)

    def newest_occurred_at(self) -> datetime | None:
        """The latest as_of of any event: an earlier one may not propose a batch. None while there is no event."""
        with self.reading() as connection:
            newest = connection.execute(select(CHAIN_HEAD.c.newest_occurred_at)).scalar()
        return parse_instant(newest) if newest else None

    def record_verdicts(self, verdicts: "Sequence[CheckVerdict]", as_of: datetime) -> None:
        """Write gate verdicts down; see `verdicts.record_verdicts`."""
        from routing_jobs.ledger.verdicts import record_verdicts

        record_verdicts(self, verdicts, as_of)

    def require_verdict(self, gate: str, subject_sha256: str) -> None:
        """GateRefusedError unless the newest verdict of `gate` on exactly this content passed every check."""
        from routing_jobs.ledger.verdicts import require_verdict

        with self.reading() as connection:
            require_verdict(connection, gate, subject_sha256)

    def arrivals(self) -> list[Arrival]:
        """Every file that arrived, in the order of arrival."""
        query = (
            select(ARRIVAL, SIDE_TEXT.c.body)
            .join(SIDE_TEXT, SIDE_TEXT.c.digest == ARRIVAL.c.path_digest, isouter=True)
            .order_by(ARRIVAL.c.arrival_seq)
        )
        with self.reading() as connection:
            return [
                Arrival(
                    row.feed, row.file_sha256, row.body or "", row.bytes, row.arrival_seq, parse_instant(row.arrived_at)
                )
                for row in connection.execute(query)
            ]

    def record_arrivals(
        self, files: Sequence[LandedFile | tuple[str, str, str, int]], as_of: datetime
    ) -> dict[tuple[str, str], int]:
        """Number the files in the order given; a (feed, sha256) seen before keeps its number.

        Returns (feed, file_sha256) -> arrival_seq, counting from 1 without gaps, for every file given.
        """
        landed = [LandedFile(*file) for file in files]
        with self.writing(as_of) as transaction:
            connection = transaction.connection
            known = _arrival_numbers(connection, {(file.feed, file.file_sha256) for file in landed})
            number = connection.execute(select(func.max(ARRIVAL.c.arrival_seq))).scalar() or 0
            for file in landed:
                if (file.feed, file.file_sha256) in known:
                    continue
                number += 1
                known[file.feed, file.file_sha256] = number
                payload = {
                    "arrival_seq": number,
                    "feed": file.feed,
                    "file_sha256": file.file_sha256,
                    "bytes": file.bytes,
                    "path_digest": self.remember(transaction, file.path),
                }
                transaction.append("arrival", file.file_sha256, "arrival_recorded", payload)
        return known


def _arrival_numbers(connection: Connection, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    keys = sorted(wanted)
    numbers: dict[tuple[str, str], int] = {}
    for start in range(0, len(keys), _LOOKUP_SIZE):
        chosen = tuple_(ARRIVAL.c.feed, ARRIVAL.c.file_sha256).in_(keys[start : start + _LOOKUP_SIZE])
        for row in connection.execute(select(ARRIVAL).where(chosen)):
            numbers[row.feed, row.file_sha256] = row.arrival_seq
    return numbers
