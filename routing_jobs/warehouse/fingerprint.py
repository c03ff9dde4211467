"""Content hashes of tables: what a verdict is bound to and what a manifest promises.

Two tables with the same rows have the same hash whatever their row order, file layout or thread count. A fingerprint is
the same wherever and whenever it is taken; a mark, which costs a tenth of it, in one version of DuckDB.
"""

import hashlib
from collections.abc import Iterable

import duckdb

# Of one run and not of its content (SPEC section 13, rule 5).
RUN_COLUMNS = frozenset({"run_id", "recorded_at"})


def quoted(identifier: str) -> str:
    """`identifier` as a quoted SQL name; parts are separated by dots."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in identifier.split("."))


def table_columns(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    """The column names of `table`, in their order."""
    return [row[0] for row in connection.execute(f"describe {quoted(table)}").fetchall()]


def table_fingerprint(connection: duckdb.DuckDBPyConnection, table: str) -> tuple[int, str]:
    """Row count and content hash (hex sha256) of `table`, run columns left out.

    Each row's text is hashed to 128 bits and the halves are added up, which no order of rows can change.
    """
    columns = [name for name in table_columns(connection, table) if name not in RUN_COLUMNS]
    row_texts = ", ".join(f"coalesce(cast({quoted(name)} as varchar), chr(30))" for name in columns)
    # One hash a row, cut in two by arithmetic: md5_number_lower and _upper take three times as long over two million.
    counted = connection.execute(
        f"""
        select count(*), coalesce(sum(cast(hash >> 64 as ubigint)), 0),
            coalesce(sum(cast(hash & cast(18446744073709551615 as uhugeint) as ubigint)), 0)
        from (select md5_number(concat_ws(chr(31), {row_texts})) as hash from {quoted(table)})
        """  # noqa: S608 - identifiers come from the catalogue and are quoted
    ).fetchone()
    rows, lower, upper = counted or (0, 0, 0)  # an aggregate always has a row
    text = f"{','.join(columns)}|{rows}|{lower}|{upper}"
    return int(rows), hashlib.sha256(text.encode()).hexdigest()


def combined_fingerprint(connection: duckdb.DuckDBPyConnection, tables: Iterable[str]) -> str:
    """One hash (hex sha256) over the named tables' names and contents."""
    digest = hashlib.sha256()
    for table in sorted(tables):
        digest.update(f"{table}={table_fingerprint(connection, table)[1]}\n".encode())
    return digest.hexdigest()


def content_mark(connection: duckdb.DuckDBPyConnection, tables: Iterable[str]) -> str:
    """One hash (hex sha256) over the named tables' names and contents, to tell later in a run that they are as they were.

    DuckDB's own hash of a row, twice with different ends, added up: 128 bits against chance, not against malice. Hashed
    once more because its hash of several columns is an exclusive or with the last, which sums do not mix well.
    """
    digest = hashlib.sha256(f"{duckdb.__version__}\n".encode())
    for table in sorted(tables):
        digest.update(f"{table}={table_mark(connection, table)}\n".encode())
    return digest.hexdigest()


def table_mark(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    """The mark of one table: columns, rows, and their hashes added up; run columns left out."""
    columns = [name for name in table_columns(connection, table) if name not in RUN_COLUMNS]
    row = ", ".join(quoted(name) for name in columns)
    counted = connection.execute(
        f"select count(*), sum(hash(hash({row}))), sum(hash(hash({row}, 1))) from {quoted(table)}"  # noqa: S608
    ).fetchone()
    return f"({','.join(columns)}) {counted}"
