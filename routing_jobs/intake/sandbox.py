"""The locked-down DuckDB connection that landed records pass through: no files, no network, no settings to change."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb

from routing_jobs.intake.macros import MACROS
from routing_jobs.intake.records import FileRefusedError
from routing_jobs.program.errors import ConfigurationError

MEMORY_LIMIT = "1000MB"

_LOCKS = (
    "set autoinstall_known_extensions = false",
    "set autoload_known_extensions = false",
    "set allow_community_extensions = false",
    "set enable_external_access = false",
    "set lock_configuration = true",
)


def open_sandbox(scratch: Path) -> duckdb.DuckDBPyConnection:
    """A connection of its own, in memory, in UTC, with the macros; what does not fit spills into `scratch`."""
    connection = duckdb.connect(":memory:")
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("set memory_limit = ?", [MEMORY_LIMIT])
    connection.execute("set temp_directory = ?", [str(scratch)])
    for statement in (*MACROS, *_LOCKS):
        connection.execute(statement)
    return connection


def run(connection: duckdb.DuckDBPyConnection, sql: str, variables: Mapping[str, object]) -> duckdb.DuckDBPyConnection:
    """Execute `sql`, which reads `variables` by getvariable()."""
    for name, value in variables.items():
        connection.execute(f"set variable {name} = $value", {"value": value})
    return connection.execute(sql)


def one_select(sql: str, name: str) -> str:
    """`sql` without its semicolon; ConfigurationError unless it is one SELECT."""
    try:
        statements = duckdb.extract_statements(sql)
    except duckdb.Error as error:
        raise ConfigurationError(f"{name}: this is not SQL: {first_line(error)}") from error
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise ConfigurationError(f"{name}: expected exactly one SELECT")
    return re.sub(r"[;\s]+\Z", "", statements[0].query)


def first_line(error: Exception) -> str:
    """The first line of a DuckDB error, which names what is wrong without quoting data."""
    return str(error).partition("\n")[0]


@contextmanager
def selection_errors(feed: str) -> Iterator[None]:
    """Errors of SQL that the feed's author wrote, as what they mean for the file (FileRefusedError) or the contract."""
    try:
        yield
    except duckdb.ParserException as error:
        raise ConfigurationError(f"sources/{feed}.yaml: where: this is not SQL: {first_line(error)}") from error
    except (duckdb.BinderException, duckdb.CatalogException) as error:
        code = "HEADER_MISMATCH" if "not found in FROM clause" in str(error) else "SELECTION_FAILED"
        raise FileRefusedError(code, detail=first_line(error)) from error
    except duckdb.Error as error:
        raise FileRefusedError("SELECTION_FAILED", detail=type(error).__name__) from error
