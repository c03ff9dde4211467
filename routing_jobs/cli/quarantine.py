"""`leadroute quarantine`: records that were set aside, why, and what to do; read again after a contract changed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from routing_jobs.cli.options import json_option, with_workspace
from routing_jobs.cli.output import emit, print_line, print_table, say
from routing_jobs.program.workspace import Workspace

if TYPE_CHECKING:
    import duckdb


@click.group()
def quarantine() -> None:
    """Look at records that were set aside, and retry them."""


@quarantine.command("list")
@click.option("--feed", help="Only this feed.")
@click.option("--reason", help="Only this reason code.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1))
@json_option
@with_workspace
def list_(workspace: Workspace, feed: str | None, reason: str | None, limit: int, as_json: bool) -> None:
    """What is set aside: by feed and reason, then the newest entries (without their text)."""
    from routing_jobs.intake.quarantine import listed, summary

    with _warehouse(workspace) as connection:
        totals = summary(connection, feed, reason)
        entries = listed(connection, feed, reason, limit)

    def show() -> None:
        names = ["feed", "reason_code", "records", "entries", "newest"]
        print_table(names, [[total[name] for name in names] for total in totals], "Set aside")
        columns = ["quarantine_id", "feed", "path", "record_number", "reason_code", "message"]
        print_table(columns, [[entry[name] for name in columns] for entry in entries], "Newest entries")
        print_line(
            "`leadroute quarantine show ID` has the record and the remedy; `quarantine retry FEED` reads it again."
        )

    emit({"summary": totals, "entries": entries}, as_json, show)


@quarantine.command("show")
@click.argument("quarantine_id")
@json_option
@with_workspace
def show_(workspace: Workspace, quarantine_id: str, as_json: bool) -> None:
    """One entry with its raw text (personal data), reason and remedy."""
    from routing_jobs.intake.quarantine import shown

    with _warehouse(workspace) as connection:
        entry = shown(connection, quarantine_id)
    emit(entry, as_json, lambda: print_table(["", "value"], [list(item) for item in entry.items()]))


@quarantine.command()
@click.argument("feed")
@json_option
@with_workspace
def retry(workspace: Workspace, feed: str, as_json: bool) -> None:
    """Read all files of FEED again under its present contract."""
    from routing_jobs.intake import retry as retry_feed
    from routing_jobs.ledger import Ledger
    from routing_jobs.program.errors import ConfigurationError
    from routing_jobs.program.loading import load_program
    from routing_jobs.program.lock import acquire
    from routing_jobs.warehouse.store import opened

    program = load_program(workspace)
    if feed not in program.sources:
        raise ConfigurationError(f"no feed {feed!r} in sources/; known: {', '.join(sorted(program.sources))}")
    with (
        acquire(workspace, "leadroute quarantine retry"),
        Ledger.open(workspace) as ledger,
        opened(workspace) as connection,
    ):
        report = retry_feed(workspace, program, connection, ledger, feed, progress=say)
    counts = report.by_feed()[feed]
    line = (
        f"{counts['accepted']:,} of {counts['records']:,} records accepted, {counts['quarantined']:,} still set aside"
    )
    emit({"feed": feed} | counts, as_json, lambda: print_line(f"{line}. Next: leadroute run"))


@contextmanager
def _warehouse(workspace: Workspace) -> Iterator["duckdb.DuckDBPyConnection"]:
    import duckdb

    from routing_jobs.program.errors import BusyError, ConfigurationError

    if not workspace.warehouse.is_file():
        raise ConfigurationError(f"{workspace.root}: nothing was taken in yet; `leadroute run` first.")
    try:
        connection = duckdb.connect(str(workspace.warehouse), read_only=True)
    except duckdb.IOException as error:
        raise BusyError("the warehouse is being written; try again when the run is done") from error
    try:
        yield connection
    finally:
        connection.close()
