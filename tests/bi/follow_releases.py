"""A reader that opens the published file again and again while releases are switched under it.

`python follow_releases.py PUBLISHED LAST MARKS` reads until generation LAST is published, each time the database through
the link and the parquet files of the release the link names, and prints JSON: opens, generations seen, errors, and every
reading whose tables were not all of one generation. MARKS says how (see republishing.Mark).
"""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

SHOWN = 5


def contradictions(read: Callable[[str], int], marks: dict[str, dict[str, Any]]) -> tuple[int, list[str]]:
    """The generation of one reading, and the tables that are not of it. `read(sql)` gives the one value of a query."""
    generation = read("select cast(split_part(program_name, ' ', 2) as integer) from {dim_program}")
    found = []
    for table, mark in sorted(marks.items()):
        seen, expected = read(mark["sql"]), mark["start"] + generation * mark["step"]
        if seen != expected:
            found.append(f"generation {generation}: {table} gives {seen}, its own is {expected}")
    return generation, found


def read_database(published: Path, marks: dict[str, dict[str, Any]]) -> tuple[int, list[str]]:
    """One reading of the database file behind the link, all tables by one connection."""
    with duckdb.connect(str(published / "current" / "leadroute.duckdb"), read_only=True) as connection:
        names = {table: f"marts.{table}" for table in ("dim_program", *marks)}
        return contradictions(lambda sql: connection.execute(sql.format(**names)).fetchone()[0], marks)


def read_parquet(published: Path, marks: dict[str, dict[str, Any]]) -> tuple[int, list[str]]:
    """One reading of several parquet files: the link is resolved once, before the first is opened."""
    folder = (published / "current").resolve() / "parquet"
    with duckdb.connect() as connection:
        names = {table: f"read_parquet('{folder / table}.parquet')" for table in ("dim_program", *marks)}
        return contradictions(lambda sql: connection.execute(sql.format(**names)).fetchone()[0], marks)


def main() -> None:
    """Read until the last generation is there, or whoever publishes is gone."""
    published, last, marks = Path(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3])
    opens, seen, errors, mixed = 0, [-1], [], []
    publisher = os.getppid()
    while seen[-1] < last and os.getppid() == publisher:
        for read in (read_database, read_parquet):
            opens += 1
            try:
                generation, found = read(published, marks)
            except (duckdb.Error, OSError) as error:
                errors.append(f"{read.__name__}: {error}")
                continue
            mixed += found
            if generation < seen[-1]:
                mixed.append(f"{read.__name__}: generation {generation} after {seen[-1]}")
            elif generation > seen[-1]:
                seen.append(generation)
    print(json.dumps({
        "version": duckdb.__version__, "opens": opens, "generations": len(seen) - 1,
        "errors": len(errors), "mixed": len(mixed), "examples": (errors + mixed)[:SHOWN],
    }))  # fmt: skip


if __name__ == "__main__":
    main()
