"""Rows that a feed's `select` derives from all records of a file, where single columns are not enough (SPEC 4)."""

from collections.abc import Iterator, Mapping

import duckdb
import pyarrow as pa

from routing_jobs.intake.extract import quoted, text_sql
from routing_jobs.intake.mapping import where_clause
from routing_jobs.intake.records import RECORD, Chunk, raw_rows
from routing_jobs.intake.sandbox import run, selection_errors
from routing_jobs.program.source import Source

ROWS_AT_ONCE = 200_000
_MOMENTS = ("DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS")


class Derivation:
    """Collects one file's records in the sandbox, then runs the feed's `select` over them.

    The statement reads `records` (every column as text, a missing value null, and the record's number as RECORD)
    and the feed's lookups by their names. If it passes RECORD on, a derived row keeps the number of its record.
    """

    def __init__(
        self, source: Source, statement: str, sandbox: duckdb.DuckDBPyConnection, lookups: Mapping[str, pa.Table]
    ):
        self._source = source
        self._statement = statement
        self._sandbox = sandbox
        self._is_begun = False
        for name, table in lookups.items():
            sandbox.register(name, table)
        for name in ("records", "derived"):
            sandbox.execute(f"drop table if exists {name}")

    def add(self, records: pa.Table) -> int:
        """Take a chunk's records, those that `where` keeps; returns how many."""
        variables: dict[str, object] = {}
        kept = f"select * from incoming{where_clause(self._source, variables)}"  # noqa: S608 - the feed's own SQL
        self._sandbox.register("incoming", records)
        with selection_errors(self._source.feed):
            if not self._is_begun:
                self._sandbox.execute("create table records as select * from incoming limit 0")
                self._is_begun = True
            for name in set(records.column_names) - self._columns("records").keys():
                self._sandbox.execute(f"alter table records add column {quoted(name)} varchar")
            return run(self._sandbox, f"insert into records by name {kept}", variables).fetchone()[0]

    def run(self) -> frozenset[str]:
        """Run the statement; returns the columns of its result that are SQL dates or instants."""
        with selection_errors(self._source.feed):
            self._sandbox.execute(f"create table derived as {self._statement}")
        return frozenset(name for name, kind in self._columns("derived").items() if kind in _MOMENTS)

    def rows(self) -> Iterator[tuple[Chunk, pa.ChunkedArray]]:
        """(derived rows as text, numbered through in their own order; the numbers of their physical records)."""
        columns = self._columns("derived")
        texts = "".join(
            f", {text_sql(quoted(name), kind)} as {quoted(name)}" for name, kind in columns.items() if name != RECORD
        )
        separator = self._source.split[0] if self._source.split else ";"
        cursor = self._sandbox.cursor()  # the shaper uses the sandbox's own connection meanwhile
        cursor.execute(
            f"""
            select row_number() over (order by rows) as _row{texts}, {RECORD if RECORD in columns else "_row"} as _number
            from (select *, $separator as _separator from derived) as rows order by _row
            """,  # noqa: S608 - quoted names of the statement's own columns
            {"separator": separator},
        )
        for batch in cursor.to_arrow_reader(ROWS_AT_ONCE):
            table = pa.Table.from_batches([batch])
            names = [RECORD, *table.column_names[1:]]
            texts_only = table.rename_columns(names).drop_columns("_number")
            yield Chunk(texts_only, [], raw_rows(texts_only)), table["_number"]

    def _columns(self, table: str) -> dict[str, str]:
        return {row[0]: row[1] for row in self._sandbox.execute(f"describe {table}").fetchall()}
