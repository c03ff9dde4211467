"""Stores canonical records in raw.<entity> as versions: what is new, what stands, what is gone from a snapshot.

Everything here follows from the rows alone, so that files landed again in the same order give the same tables:
- A record is a duplicate if the same feed said the same of its key before: ever, where `updated_at` orders versions;
  else in the version just before it, so that a value that comes back is a new version.
- The current version of a key has the greatest `updated_at`, then the latest arrival, then record number.
- A version is closed if its feed's newest snapshot has no record of its key.
"""

from collections.abc import Sequence

import duckdb
import numpy as np
import pyarrow as pa

from routing_jobs.intake.records import RECORD, Reject
from routing_jobs.program.arrivals import Arrival
from routing_jobs.program.entities import ENTITIES
from routing_jobs.program.source import Source


class VersionStore:
    """Adds the records of one arrival to raw.<entity>, chunk by chunk, inside the caller's transaction.

    SQL reads the records as the Python variable `incoming`: of a registered view, once dropped, DuckDB keeps the records
    until the transaction ends, which at ten million records is 2 GiB.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, source: Source, arrival: Arrival):
        self._connection = connection
        self._source = source
        self._arrival = arrival
        self._table = f"raw.{source.entity}"
        updated_by = ENTITIES[source.entity].updated_by
        self._is_ordered = updated_by in source.columns
        self._updated_at = updated_by if self._is_ordered else "cast(null as timestamp)"
        self._is_snapshot = source.delivery == "snapshot"
        if self._is_snapshot:
            connection.execute("create or replace temp table snapshot_key (record_key varchar)")
            connection.execute("create or replace temp table unreadable (raw_record varchar)")

    def add(self, records: pa.Table) -> int:
        """Store the records that are new; returns how many. `records` has RECORD, record_key, content_hash."""
        if not records.num_rows:
            return 0
        if self._is_snapshot:
            self._append("snapshot_key", "record_key", records["record_key"])
        incoming = records.append_column("_row", pa.array(np.arange(records.num_rows)))
        if not self._find_contested(incoming):
            return self._insert(incoming, "true", "true")
        stored = self._insert(incoming, "_row not in (select _row from contested)", "true")
        self._find_fresh()
        self._find_winners()
        return stored + self._insert(incoming, "_row in (select _row from fresh)", "_row in (select _row from winner)")

    def refuse(self, rejects: Sequence[Reject]) -> None:
        """Note the records set aside: a snapshot that has them, however broken, does not close their keys."""
        if self._is_snapshot:
            self._append("snapshot_key", "record_key", [reject.key for reject in rejects if reject.key is not None])
            self._append("unreadable", "raw_record", [reject.raw for reject in rejects if reject.key is None])

    def close_absent(self) -> None:
        """After the last record of a snapshot: close the feed's keys that it lacks, open those that are back."""
        if not self._is_snapshot:
            return
        # A key stays open if all its parts occur in a record whose key could not be read.
        self._connection.execute(
            f"""
            insert into snapshot_key
            select distinct known.record_key
            from {self._table} as known, unreadable
            where known.feed = $feed and len(list_filter(
                string_split(known.record_key, chr(31)),
                lambda part: part not in ('', $source_system) and not contains(unreadable.raw_record, part)
            )) = 0
            """,
            {"feed": self._arrival.feed, "source_system": self._source.source_system},
        )
        self._connection.execute(
            f"""
            update {self._table} as known set is_closed = not known.is_closed
            where known.feed = $feed and known.is_closed = exists (
                select 1 from snapshot_key where snapshot_key.record_key = known.record_key
            )
            """,
            {"feed": self._arrival.feed},
        )

    def forget(self) -> None:
        """Take out what this arrival has stored."""
        forget_versions(self._connection, self._source.entity, self._arrival.feed, self._arrival.arrival_seq)

    def _append(self, table: str, column: str, values: pa.ChunkedArray | Sequence[str]) -> None:
        texts = values if isinstance(values, pa.ChunkedArray) else pa.array(values, pa.string())
        self._connection.from_arrow(pa.table({column: texts})).insert_into(table)

    def _find_contested(self, incoming: pa.Table) -> int:
        """Temp table `contested`: rows whose key is in the table or stands twice among them. Mostly there are none."""
        return self._connection.execute(
            f"""
            create or replace temp table contested as
            with repeated as (
                select record_key from incoming group by record_key having count(*) > 1
                union
                select record_key from {self._table} where record_key in (select record_key from incoming)
            )
            select {RECORD}, record_key, content_hash, {self._updated_at} as updated_at, _row
            from incoming where record_key in (select record_key from repeated)
            """
        ).fetchone()[0]

    def _find_fresh(self) -> None:
        """Temp table `fresh`: rows of `contested` that are no duplicates."""
        ever = f"""
            select min(_row) as _row
            from contested
            where not exists (
                select 1 from {self._table} as known
                where known.feed = $feed and known.record_key = contested.record_key
                    and known.content_hash = contested.content_hash
            )
            group by record_key, content_hash"""
        just_before = f"""
            with known as (
                select record_key, arg_max(content_hash, row(arrival_seq, record_number, content_hash)) as content_hash
                from {self._table}
                where feed = $feed and record_key in (select record_key from contested)
                group by record_key
            )
            select contested._row
            from contested left join known on known.record_key = contested.record_key
            qualify contested.content_hash is distinct from lag(contested.content_hash, 1, known.content_hash)
                over (partition by contested.record_key order by contested._row)"""
        self._connection.execute(
            f"create or replace temp table fresh as {ever if self._is_ordered else just_before}",
            {"feed": self._arrival.feed},
        )

    def _find_winners(self) -> None:
        """Temp table `winner`: rows of `fresh` that become current; what they replace is current no longer."""
        arrival_seq = "cast($arrival_seq as bigint)"
        place = _place("contested.updated_at", arrival_seq, f"contested.{RECORD}", "contested.content_hash")
        self._connection.execute(
            f"""
            create or replace temp table winner as
            with best as (
                select record_key, max({place}) as place, arg_max(_row, {place}) as _row
                from contested where _row in (select _row from fresh) group by record_key
            ),
            standing as (
                select record_key, {_known_place(self._source.entity)} as place
                from {self._table} as known where is_current and record_key in (select record_key from best)
            )
            select best._row, best.record_key, standing.record_key is not null as replaces
            from best left join standing on standing.record_key = best.record_key
            where standing.record_key is null or best.place > standing.place
            """,
            {"arrival_seq": self._arrival.arrival_seq},
        )
        self._connection.execute(
            f"update {self._table} set is_current = false "
            "where is_current and record_key in (select record_key from winner where replaces)"
        )

    def _insert(self, incoming: pa.Table, rows: str, is_current: str) -> int:
        """Insert the incoming rows for which `rows` holds; returns how many."""
        names = ", ".join(name for name in incoming.column_names if name not in (RECORD, "_row"))
        return self._connection.execute(
            f"""
            insert into {self._table} (
                {names}, feed, file_sha256, record_number, arrival_seq, arrived_at, is_current, is_closed
            )
            select {names}, $feed, $file_sha256, {RECORD}, $arrival_seq, $arrived_at, {is_current}, false
            from incoming where {rows}
            """,
            {
                "feed": self._arrival.feed,
                "file_sha256": self._arrival.file_sha256,
                "arrival_seq": self._arrival.arrival_seq,
                "arrived_at": self._arrival.arrived_at,
            },
        ).fetchone()[0]


def forget_versions(
    connection: duckdb.DuckDBPyConnection, entity_name: str, feed: str, arrival_seq: int | None = None
) -> None:
    """Take out the versions of one arrival of a feed, or of all; what stands without them becomes current."""
    table = f"raw.{entity_name}"
    place = _known_place(entity_name)
    connection.execute(
        f"create or replace temp table forgotten as select distinct record_key from {table} "
        "where feed = $feed and coalesce(arrival_seq = $arrival_seq, true)",
        {"feed": feed, "arrival_seq": arrival_seq},
    )
    connection.execute(
        f"delete from {table} where feed = $feed and coalesce(arrival_seq = $arrival_seq, true)",
        {"feed": feed, "arrival_seq": arrival_seq},
    )
    connection.execute(
        f"""
        update {table} as known set is_current = true
        from (
            select record_key, max({place}) as place, bool_or(is_current) as has_current
            from {table} as known where record_key in (select record_key from forgotten) group by record_key
        ) as newest
        where newest.record_key = known.record_key and not newest.has_current and {place} = newest.place
        """
    )


def _known_place(entity_name: str) -> str:
    """SQL for the place of a stored version, table `known`, in the order of its key's versions."""
    updated_by = ENTITIES[entity_name].updated_by
    updated_at = f"known.{updated_by}" if updated_by else None
    return _place(updated_at, "known.arrival_seq", "known.record_number", "known.content_hash")


def _place(updated_at: str | None, arrival_seq: str, record_number: str, content_hash: str) -> str:
    """The greatest is current. The content only makes the order total among rows derived from one record."""
    moment = f"coalesce({updated_at}, timestamp '-infinity')" if updated_at else "timestamp '-infinity'"
    return f"row({moment}, {arrival_seq}, {record_number}, {content_hash})"
