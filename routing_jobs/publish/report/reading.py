"""Reads the marts for the report: one query a file in `sql`, its values bound by name.

Every query adds up in the database, so that a program of any size comes out as the few rows a page shows.
"""

import re
from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Any, NamedTuple

import duckdb

from routing_jobs.publish.report.clock import Clock

QUERIES = files("routing_jobs.publish.report") / "sql"
PARAMETER = re.compile(r"\$([a-z_]+)")

Row = Mapping[str, Any]


class FirstEvents(NamedTuple):
    """When the program's records begin: a period that starts earlier has nothing to be compared with."""

    captured_at: Any
    released_at: Any
    created_at: Any
    spent_month: Any


class Reader:
    """The marts of one open connection, and the program they are about."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Reads who the program is; ValueError when dim_program does not hold exactly one row."""
        self._connection = connection
        programs = self.rows("program")
        if len(programs) != 1:
            raise ValueError(f"marts.dim_program holds {len(programs)} rows; the report needs the one of the program")
        self.clock = Clock(**programs[0])
        self.first = FirstEvents(**self.rows("first_events")[0])

    def rows(self, query: str, **values: Any) -> list[Row]:
        """The rows of sql/`query`.sql; of `values` those it names are bound."""
        text = (QUERIES / f"{query}.sql").read_text(encoding="utf-8")
        named = set(PARAMETER.findall(text))
        cursor = self._connection.execute(text, {name: values[name] for name in sorted(named)})
        columns = [column[0] for column in cursor.description]
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def by_period(rows: Iterable[Row], key: str) -> dict[Any, dict[bool, Row]]:
    """Rows of each `key`, in the order they came, as {True: those of the period, False: those before}."""
    found: dict[Any, dict[bool, Row]] = {}
    for row in rows:
        found.setdefault(row[key], {})[row["is_current"]] = row
    return found


def total(rows: Any, column: str) -> int:
    """The sum of a column over rows."""
    return sum(row[column] for row in rows)
