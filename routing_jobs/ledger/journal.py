"""Writes events: numbers them, chains them, applies their effects and moves the head, all in one transaction.

Which events are right to write is decided by the rooms that call this (batches, release, ...).
"""

import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby
from pathlib import Path

from sqlalchemy import BindParameter, Connection, bindparam, delete, insert, select, update

from routing_jobs.ledger.effects import Change, Kind, Row, changes_of
from routing_jobs.ledger.event import GENESIS, Event, canonical_json, event_hash, instant_text
from routing_jobs.ledger.tables import CHAIN_HEAD, EVENT, PROJECTIONS, SIDE_TEXT, WRITE_ORDER

HEAD_ID = 1
_LOOKUP_SIZE = 500  # values in one `in (...)`: every store takes that many


class Transaction:
    """One writing transaction on the ledger: read through `connection`, write through `append`.

    Effects reach the tables at `flush` (called at the end, and by whoever must read what it just wrote).
    """

    def __init__(self, connection: Connection, as_of: datetime, recorded_at: datetime, actor: str):
        self.connection = connection
        self.as_of = as_of
        self.occurred_at = instant_text(as_of)
        self.actor = actor
        self._recorded_at = instant_text(recorded_at)
        head = connection.execute(select(CHAIN_HEAD).with_for_update()).first()
        self._is_first = head is None
        self.seq: int = head.seq if head else 0
        self.hash: str = head.hash if head else GENESIS
        self.newest_occurred_at: str = head.newest_occurred_at if head else ""
        self.base_seq, self.base_hash = self.seq, self.hash  # the newest committed event
        self._pending: list[tuple[Event, Row]] = []
        self._texts: dict[str, str] = {}

    @property
    def has_written(self) -> bool:
        """Whether any event was appended."""
        return self.seq > self.base_seq

    def append(self, stream: str, subject_id: str, event_type: str, payload: Row) -> Event:
        """Add one event to the chain, by this transaction's actor at its as_of."""
        seq, body = self.seq + 1, canonical_json(payload)
        digest = event_hash(seq, stream, subject_id, event_type, self.occurred_at, self.actor, body, self.hash)
        event = Event(
            seq, stream, subject_id, event_type, self.occurred_at, self._recorded_at, self.actor, body, self.hash,
            digest,
        )  # fmt: skip
        self.seq, self.hash = seq, digest
        self._pending.append((event, payload))
        return event

    def keep_text(self, digest: str, body: str) -> None:
        """Put a text people typed into the erasable side table, once per digest."""
        self._texts[digest] = body

    def flush(self) -> None:
        """Write the appended events, their effects, the texts and the new head."""
        self._write_texts()
        if self._pending:
            self.connection.execute(insert(EVENT), [event.row for event, _data in self._pending])
            apply_changes(self.connection, (change for pair in self._pending for change in changes_of(*pair)))
            self._pending = []
            self._move_head()

    def _write_texts(self) -> None:
        digests = list(self._texts)
        for start in range(0, len(digests), _LOOKUP_SIZE):
            known = SIDE_TEXT.c.digest.in_(digests[start : start + _LOOKUP_SIZE])
            for row in self.connection.execute(select(SIDE_TEXT.c.digest).where(known)):
                self._texts.pop(row[0])
        if self._texts:
            rows = [{"digest": digest, "body": body} for digest, body in self._texts.items()]
            self.connection.execute(insert(SIDE_TEXT), rows)
            self._texts = {}

    def _move_head(self) -> None:
        self.newest_occurred_at = max(self.newest_occurred_at, self.occurred_at)
        head = {"seq": self.seq, "hash": self.hash, "newest_occurred_at": self.newest_occurred_at}
        statement = insert(CHAIN_HEAD).values(id=HEAD_ID, **head) if self._is_first else update(CHAIN_HEAD).values(head)
        self.connection.execute(statement)
        self._is_first = False


def apply_changes(connection: Connection, changes: Iterable[Change]) -> None:
    """Write changes to the state tables: in order within a table, tables before those that refer to them."""
    by_table: dict[str, list[Change]] = {name: [] for name in WRITE_ORDER}
    for change in changes:
        by_table[change.table].append(change)
    for table_name, table_changes in by_table.items():
        for _shape, group in groupby(table_changes, key=lambda change: (change.kind, tuple(change.values))):
            _write(connection, table_name, list(group))


def _write(connection: Connection, table_name: str, changes: list[Change]) -> None:
    table = PROJECTIONS[table_name]
    by_key = [table.c[name] == bindparam(f"key_{name}") for name in changes[0].key]
    keys = [{f"key_{name}": value for name, value in change.key.items()} for change in changes]
    if changes[0].kind is Kind.UPDATE:
        rows = [key | change.values for key, change in zip(keys, changes, strict=True)]
        columns: dict[str, BindParameter[object]] = {name: bindparam(name) for name in changes[0].values}
        connection.execute(update(table).where(*by_key).values(columns), rows)
        return
    if changes[0].kind is Kind.REPLACE:
        connection.execute(delete(table).where(*by_key), keys)
        changes = list({tuple(change.key.values()): change for change in changes}.values())
    connection.execute(insert(table), [change.key | change.values for change in changes])


def read_events(connection: Connection, *, batch_size: int = 10_000) -> Iterator[Event]:
    """Every event in order of seq, streamed."""
    result = connection.execution_options(yield_per=batch_size).execute(select(EVENT).order_by(EVENT.c.seq))
    for row in result.mappings():
        yield Event.of_row(row)


def note_head(heads_file: Path, seq: int, head_hash: str) -> None:
    """Append a committed head to `heads_file`: a watermark outside the store, which shows a cut tail."""
    line = canonical_json({"seq": seq, "hash": head_hash}) + "\n"
    descriptor = os.open(heads_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, line.encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
