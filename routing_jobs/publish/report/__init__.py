"""The page leadership reads: report.html, made from the marts alone.

Lives here: which numbers it shows (`sections`, over the queries in `sql`), how they are worded (`wording`, `changes`),
drawn (`charts`) and laid out (`page`). Not here: what the numbers mean, which the marts define; the page adds them up.
"""

from pathlib import Path

import duckdb

__all__ = ["write_report"]


def write_report(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Write report.html at `path` from schema `marts` of an open connection.

    One self-contained page without scripts: it loads nothing, so it can be mailed, printed and kept. The same marts
    give the same bytes. Reads only; ValueError when marts.dim_program does not hold the one row of the program.
    """
    from routing_jobs.publish.report.page import render
    from routing_jobs.publish.report.reading import Reader
    from routing_jobs.publish.report.sections import DETAILS, HEADLINES

    reader = Reader(connection)
    headlines, details = ([build(reader) for build in builders] for builders in (HEADLINES, DETAILS))
    path.write_text(render(reader.clock, headlines, details), encoding="utf-8", newline="\n")
