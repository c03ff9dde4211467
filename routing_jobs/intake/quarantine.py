"""The quarantine: records, derived rows and whole files that were set aside, with reason, message, remedy, raw text."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa

from routing_jobs.intake.reasons import REASONS
from routing_jobs.intake.records import FileRefusedError, Reject
from routing_jobs.intake.versions import Arrival
from routing_jobs.program.errors import ConfigurationError
from routing_jobs.program.source import Source

WHOLE_FILE = 0  # the record number of a file that is set aside as a whole
NOT_ARRIVED = 0  # the arrival_seq of a file that is refused before it is read

_LISTED = (
    "quarantine_id", "feed", "entity", "path", "record_number", "record_count", "reason_code", "column_name", "message",
    "remedy", "arrived_at",
)  # fmt: skip
_SHOWN = (*_LISTED, "file_sha256", "arrival_seq", "raw_record")


def add_records(
    connection: duckdb.DuckDBPyConnection, source: Source, arrival: Arrival, rejects: Sequence[Reject],
    is_derived: bool = False,
) -> None:  # fmt: skip
    """Set records aside; a derived row stands for no physical record."""
    rows = []
    for index, reject in enumerate(rejects):
        message, remedy = REASONS[reject.code].describe(feed=source.feed, **reject.facts)
        place = f"{reject.record_number}/{index if is_derived else ''}"
        rows.append(
            {
                "quarantine_id": _identifier(arrival, place),
                "record_number": reject.record_number,
                "record_count": 0 if is_derived else 1,
                "reason_code": reject.code,
                "column_name": reject.column,
                "message": message + reject.detail,
                "remedy": remedy,
                "raw_record": reject.raw,
            }
        )
    _insert(connection, source, arrival, rows)


def add_file(
    connection: duckdb.DuckDBPyConnection, source: Source, arrival: Arrival, refusal: FileRefusedError, counted: int
) -> None:
    """Set a whole file aside; the one row stands for all its records."""
    message, remedy = REASONS[refusal.code].describe(feed=source.feed, **refusal.facts)
    row = {
        "quarantine_id": _identifier(arrival, "file"),
        "record_number": WHOLE_FILE,
        "record_count": counted,
        "reason_code": refusal.code,
        "column_name": None,
        "message": message,
        "remedy": remedy,
        "raw_record": None,
    }
    _insert(connection, source, arrival, [row])


def add_refusal(
    connection: duckdb.DuckDBPyConnection, source: Source, path: str, refusal: FileRefusedError, as_of: datetime
) -> None:
    """Set aside what lies in landing/ but is not taken in: it has no bytes in the archive and no arrival."""
    unread = Arrival(source.feed, hashlib.sha256(path.encode()).hexdigest(), path, 0, NOT_ARRIVED, as_of)
    add_file(connection, source, unread, refusal, 0)


def forget_refusals(connection: duckdb.DuckDBPyConnection) -> None:
    """Take out what `add_refusal` added."""
    connection.execute("delete from raw.quarantined_record where arrival_seq = ?", [NOT_ARRIVED])


def date_refusals(connection: duckdb.DuckDBPyConnection, as_of: datetime) -> None:
    """Say when what `add_refusal` added was refused, naive UTC, where that is known only afterwards."""
    connection.execute("update raw.quarantined_record set arrived_at = ? where arrival_seq = ?", [as_of, NOT_ARRIVED])


def forget(connection: duckdb.DuckDBPyConnection, feed: str, arrival_seq: int | None = None) -> None:
    """Take out what one arrival of the feed has here, or all of them."""
    connection.execute(
        """
        delete from raw.quarantined_record
        where feed = $feed and arrival_seq <> $not_arrived and coalesce(arrival_seq = $arrival_seq, true)
        """,
        {"feed": feed, "arrival_seq": arrival_seq, "not_arrived": NOT_ARRIVED},
    )


def _identifier(arrival: Arrival, place: str) -> str:
    subject = f"{arrival.feed}\x1f{arrival.file_sha256}\x1f{place}"
    return "qua-" + hashlib.sha256(subject.encode()).hexdigest()[:16]


def _insert(
    connection: duckdb.DuckDBPyConnection, source: Source, arrival: Arrival, rows: Sequence[dict[str, object]]
) -> None:
    if not rows:
        return
    schema = pa.schema(
        [(name, pa.int64() if name.startswith("record_") else pa.string()) for name in rows[0] if name != "raw_record"]
    ).append(pa.field("raw_record", pa.string()))
    set_aside = pa.Table.from_pylist(list(rows), schema)  # noqa: F841 - read below; no view: see VersionStore
    connection.execute(
        """
        insert into raw.quarantined_record by name
        select *, $feed as feed, $entity as entity, $file_sha256 as file_sha256, $path as path,
            $arrival_seq as arrival_seq, $arrived_at as arrived_at
        from set_aside
        """,
        {
            "feed": arrival.feed,
            "entity": source.entity,
            "file_sha256": arrival.file_sha256,
            "path": arrival.path,
            "arrival_seq": arrival.arrival_seq,
            "arrived_at": arrival.arrived_at,
        },
    )


def summary(
    connection: duckdb.DuckDBPyConnection, feed: str | None = None, reason: str | None = None
) -> list[dict[str, Any]]:
    """Quarantined records by feed and reason, most first; of one feed or reason, if given."""
    return _rows(
        connection,
        """
        select feed, reason_code, sum(record_count)::bigint as records, count(*) as entries, max(arrived_at) as newest
        from raw.quarantined_record
        where ($feed is null or feed = $feed) and ($reason is null or reason_code = $reason)
        group by feed, reason_code
        order by records desc, feed, reason_code
        """,
        {"feed": feed, "reason": reason},
    )


def listed(
    connection: duckdb.DuckDBPyConnection, feed: str | None = None, reason: str | None = None, limit: int = 100
) -> list[dict[str, Any]]:
    """What is set aside, newest arrival first, without raw text."""
    return _rows(
        connection,
        f"""
        select {", ".join(_LISTED)}
        from raw.quarantined_record
        where ($feed is null or feed = $feed) and ($reason is null or reason_code = $reason)
        order by arrival_seq desc, feed, path, record_number, quarantine_id
        limit $limit
        """,  # noqa: S608 - column names of ours
        {"feed": feed, "reason": reason, "limit": limit},
    )


def shown(connection: duckdb.DuckDBPyConnection, quarantine_id: str) -> dict[str, Any]:
    """One entry with its raw text; the beginning of the id is enough if only one entry has it.

    Raises:
        ConfigurationError: No entry, or several, begin so.
    """
    rows = _rows(
        connection,
        f"""
        select {", ".join(_SHOWN)} from raw.quarantined_record
        where starts_with(quarantine_id, $id) order by quarantine_id limit 2
        """,  # noqa: S608 - column names of ours
        {"id": quarantine_id},
    )
    if len(rows) != 1:
        found = "no entry" if not rows else "more than one entry"
        raise ConfigurationError(f"quarantine: {found} {quarantine_id!r}; `leadroute quarantine list` shows the ids")
    return rows[0]


def _rows(connection: duckdb.DuckDBPyConnection, sql: str, bound: dict[str, object]) -> list[dict[str, Any]]:
    result = connection.execute(sql, bound)
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
