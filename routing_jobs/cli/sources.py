"""`leadroute source check`: what a file would become under a feed's contract, before anything is taken in."""

from pathlib import Path
from typing import Any

import click

from routing_jobs.cli.options import json_option, with_workspace
from routing_jobs.cli.output import emit, print_line, print_table
from routing_jobs.program.workspace import Workspace


@click.group()
def source() -> None:
    """Dry-run a feed's contract on a file."""


@source.command()
@click.argument("feed")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--examples", default=10, show_default=True, type=click.IntRange(0))
@json_option
@with_workspace
def check(workspace: Workspace, feed: str, file: Path, examples: int, as_json: bool) -> None:
    """Say what of FILE would be accepted, what quarantined, and why. Writes nothing."""
    from dataclasses import asdict

    from routing_jobs.intake.checking import check as check_file
    from routing_jobs.program.loading import load_program

    checked = asdict(check_file(workspace, load_program(workspace), feed, file, examples))
    emit(checked, as_json, lambda: _print(checked))


def _print(checked: dict[str, Any]) -> None:
    counts = checked["file"]
    names = ("records", "accepted", "duplicates", "filtered", "quarantined")
    print_table(names, [[counts[name] for name in names]], f"{counts['feed']}: {counts['path']}")
    if counts["reason"]:
        print_line(f"The whole file would be set aside: {counts['reason']}")
    for entry in checked["refused"]:
        print_line(f"  record {entry['record_number']}: {entry['reason_code']}: {entry['message']}")
        print_line(f"    what to do: {entry['remedy']}")
    for record in checked["accepted"]:
        print_line("  " + ", ".join(f"{name}={value}" for name, value in record.items()))
