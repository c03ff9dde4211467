"""`leadroute outbox`: what waits to leave, what left, and what a person has to settle."""

from typing import Any

import click

from routing_jobs.cli.deciding import at_desk
from routing_jobs.cli.options import actor_option, as_of_option, json_option, with_workspace
from routing_jobs.cli.output import emit, print_line, print_table
from routing_jobs.program.workspace import Workspace

_COLUMNS = ["message_id", "kind", "recipient", "status", "blocked_reason", "created_at"]


@click.group()
def outbox() -> None:
    """List and deliver the messages of released batches."""


@outbox.command("list")
@click.option("--status", "statuses", multiple=True, help="Only messages in this state; may be given again.")
@json_option
@with_workspace
def list_(workspace: Workspace, statuses: tuple[str, ...], as_json: bool) -> None:
    """The messages, by creation."""
    from routing_jobs.ledger import Ledger
    from routing_jobs.release.messages import VENDOR
    from routing_jobs.release.outbox import list_messages

    with Ledger.open(workspace) as ledger, ledger.reading() as reading:
        messages = list_messages(reading, statuses)
    messages = [message | {"recipient": message["partner_id"] or VENDOR} for message in messages]
    rows = [[message[column] for column in _COLUMNS] for message in messages]
    emit({"messages": messages}, as_json, lambda: print_table(_COLUMNS, rows, "Outbox"))


@outbox.command()
@click.option("--format", "file_format", type=click.Choice(["csv", "xlsx"]), default="csv", show_default=True)
@as_of_option
@json_option
@with_workspace
def deliver(workspace: Workspace, file_format: Any, as_of: str | None, as_json: bool) -> None:
    """Drop one file per partner and the vendor's write-back; run again after a kill it completes the rest."""
    from routing_jobs.ledger.ledger import PROGRAM_ACTOR
    from routing_jobs.release.delivery import deliver as deliver_messages
    from routing_jobs.release.facts import opened_facts

    with at_desk(workspace, PROGRAM_ACTOR, as_of) as desk, opened_facts(workspace) as facts:
        report = deliver_messages(desk.ledger, facts, desk.as_of, file_format=file_format)
    payload = {"sent": report.sent, "found_sent": report.found_sent, "files": report.files, "blocked": report.blocked}
    emit(payload, as_json, lambda: _print_delivery(workspace, payload))


@outbox.command()
@click.argument("resolution", type=click.Choice(["sent", "pending", "cancelled", "reconciled"]))
@click.argument("message_ids", nargs=-1)
@click.option("--reason", default="", help="Why; needed but for `reconciled`.")
@actor_option
@as_of_option
@json_option
@with_workspace
def resolve(
    workspace: Workspace, resolution: Any, message_ids: tuple[str, ...], reason: str, actor: str, as_of: str | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Settle uncertain messages (all, or those named); `reconciled` lets sending go on after a restore."""
    from routing_jobs.release.outbox import confirm_reconciled, resolve_messages

    with at_desk(workspace, actor, as_of) as desk:
        if resolution == "reconciled":
            payload = {"epoch": confirm_reconciled(desk.ledger, decision=desk.decision)}
        else:
            settled = resolve_messages(desk.ledger, message_ids, resolution, reason=reason, decision=desk.decision)
            payload = {"settled": settled}
    emit(payload, as_json, lambda: print_line(f"settled as {resolution}"))


def _print_delivery(workspace: Workspace, payload: dict[str, Any]) -> None:
    print_line(f"{payload['sent']:,} messages sent, {payload['found_sent']:,} found sent by an interrupted delivery.")
    for name in payload["files"]:
        print_line(f"  {workspace.outbox / name}")
    for reason, count in payload["blocked"].items():
        print_line(f"  blocked {reason}: {count}")
