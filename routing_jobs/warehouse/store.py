"""Opens the warehouse: one writer, UTC, bounded memory, a scratch folder inside the workspace."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from routing_jobs.program.errors import BusyError
from routing_jobs.program.workspace import Workspace
from routing_jobs.warehouse.schema import create_tables

MEMORY_LIMIT = "1500MB"
_LOCK_HELD = re.compile(r"lock is held in .*\(PID (\d+)\)")


def connect(workspace: Workspace, *, read_only: bool = False, path: Path | None = None) -> duckdb.DuckDBPyConnection:
    """A connection to the warehouse (or one being rebuilt at `path`) with every hand-over table present.

    Raises BusyError where another program has it open and this one wants to write.
    """
    workspace.state.mkdir(parents=True, exist_ok=True)
    workspace.temporary.mkdir(parents=True, exist_ok=True)
    database = path or workspace.warehouse
    try:
        connection = duckdb.connect(str(database), read_only=read_only)
    except duckdb.IOException as error:
        lock = _LOCK_HELD.search(str(error))
        if read_only or lock is None:
            raise
        raise BusyError(
            f"{database} is open in another program, process {lock[1]}; close it there and try again."
        ) from error
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
