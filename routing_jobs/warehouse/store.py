"""Opens the warehouse: one writer, UTC, bounded memory, a scratch folder inside the workspace."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from routing_jobs.program.workspace import Workspace
from routing_jobs.warehouse.schema import create_tables

MEMORY_LIMIT = "1500MB"


def connect(workspace: Workspace, *, read_only: bool = False, path: Path | None = None) -> duckdb.DuckDBPyConnection:
    """A connection to the warehouse (or one being rebuilt at `path`) with every hand-over table present."""
    workspace.state.mkdir(parents=True, exist_ok=True)
    workspace.temporary.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(str(path or workspace.warehouse), read_only=read_only)
    connection.execute("set TimeZone = 'UTC'")
    connection.execute(f"set memory_limit = '{MEMORY_LIMIT}'")
    connection.execute("set temp_directory = ?", [str(workspace.temporary)])
    connection.execute("set preserve_insertion_order = false")
    if not read_only:
        create_tables(connection)
    return connection


@contextmanager
def opened(workspace: Workspace, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """`connect`, closed at the end: dbt and readers need the file free between steps."""
    connection = connect(workspace, read_only=read_only)
    try:
        yield connection
    finally:
        connection.close()
