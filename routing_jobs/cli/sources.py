"""`leadroute source`: what a file would become under a feed's contract, and a draft of a contract for a new file."""

from pathlib import Path
from typing import Any

import click

from routing_jobs.cli.options import json_option, with_workspace
from routing_jobs.cli.output import emit, print_line, print_table, say
from routing_jobs.program.workspace import Workspace


@click.group()
def source() -> None:
    """Dry-run a feed's contract on a file, or draft one."""


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


@source.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--entity", help="What the records are, such as leads; guessed from the columns unless given.")
@click.option("--feed", help="The feed's name; from the file's name unless given.")
@json_option
def infer(file: Path, entity: str | None, feed: str | None, as_json: bool) -> None:
    """Draft the YAML of a feed from one of its FILEs: on standard output, what is to decide marked DECIDE."""
    from dataclasses import asdict

    from routing_jobs.intake.drafting import draft

    drafted = draft(file, entity, feed)

    def show() -> None:
        print_line(drafted.text.rstrip("\n"))
        say(
            f"{len(drafted.mapped)} columns mapped, {len(drafted.unmapped)} not, {len(drafted.decisions)} things to "
            f"decide. Save it as sources/{drafted.feed}.yaml, settle them, then: leadroute source check {drafted.feed} FILE"
        )

    emit(asdict(drafted), as_json, show)


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
