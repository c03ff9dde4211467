"""`leadroute publish`: which releases are kept, and the way back to an earlier one."""

import click

from routing_jobs.cli.options import json_option, with_workspace
from routing_jobs.cli.output import emit, print_line, print_table
from routing_jobs.program.workspace import Workspace


@click.group()
def publish() -> None:
    """List the published releases, or go back to an earlier one."""


@publish.command("list")
@json_option
@with_workspace
def list_(workspace: Workspace, as_json: bool) -> None:
    """Every kept release, newest first."""
    from routing_jobs.publish.release import list_releases

    releases = list_releases(workspace)
    columns = ["release_id", "as_of", "tables", "rows", "is_current", "run_id"]
    rows = [[release[column] for column in columns] for release in releases]
    emit({"releases": releases}, as_json, lambda: print_table(columns, rows, "Releases"))


@publish.command()
@click.argument("release_id", required=False)
@json_option
@with_workspace
def rollback(workspace: Workspace, release_id: str | None, as_json: bool) -> None:
    """Make an earlier release current again (default: the one before the current)."""
    from routing_jobs.program.lock import acquire
    from routing_jobs.publish.release import roll_back

    with acquire(workspace, "leadroute publish rollback"):
        chosen = roll_back(workspace, release_id)
    emit({"release_id": chosen}, as_json, lambda: print_line(f"current is now {chosen}"))
