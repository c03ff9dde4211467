"""`leadroute ledger`, `backup` and `restore`: is the record whole, and can it come back."""

from pathlib import Path

import click

from routing_jobs.cli.options import actor_option, as_of_option, json_option, with_workspace
from routing_jobs.cli.output import emit, print_line, print_table
from routing_jobs.program.workspace import Workspace


@click.group()
def ledger() -> None:
    """Verify the ledger's hash chain."""


@ledger.command()
@json_option
@click.pass_context
@with_workspace
def verify(workspace: Workspace, ctx: click.Context, as_json: bool) -> None:
    """Find any changed, removed, reordered or cut event; exit code 1 when something is found."""
    from routing_jobs.ledger import Ledger
    from routing_jobs.ledger.audit import verify as verify_ledger

    with Ledger.open(workspace) as opened:
        audit = verify_ledger(opened)
    findings = [finding._asdict() for finding in audit.findings]
    payload = {
        "seq": audit.head.seq,
        "head": audit.head.hash,
        "heads_checked": audit.heads_checked,
        "findings": findings,
    }

    def show() -> None:
        print_line(
            f"{audit.head.seq:,} events, head {audit.head.hash[:12]}, {audit.heads_checked:,} outside heads checked"
        )
        if findings:
            print_table(list(findings[0]), [list(finding.values()) for finding in findings], "Findings")
        else:
            print_line("The ledger is whole.")

    emit(payload, as_json, show)
    ctx.exit(1 if findings else 0)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--with-archive", is_flag=True, help="The archive of landed files too.")
@json_option
@with_workspace
def backup(workspace: Workspace, file: Path, with_archive: bool, as_json: bool) -> None:
    """Copy ledger and batches (and the archive) into one file; it holds personal data."""
    from routing_jobs.ledger import Ledger
    from routing_jobs.ledger.backup import write_backup

    with Ledger.open(workspace) as opened:
        manifest = write_backup(opened, file, with_archive=with_archive)
    payload = {"file": str(file), "seq": manifest["seq"], "head": manifest["hash"]}
    emit(payload, as_json, lambda: print_line(f"{file}: {manifest['seq']:,} events"))


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Even where decisions known here are lost.")
@actor_option
@as_of_option
@json_option
@with_workspace
def restore(workspace: Workspace, file: Path, force: bool, actor: str, as_of: str | None, as_json: bool) -> None:
    """Bring a backup back; nothing is sent until `outbox resolve reconciled`."""
    from routing_jobs.ledger import Ledger
    from routing_jobs.ledger.restore import restore_backup
    from routing_jobs.program.loading import load_program
    from routing_jobs.program.lock import acquire
    from routing_jobs.stages.release import command_as_of

    with acquire(workspace, "leadroute restore"):
        with Ledger.open(workspace) as opened:
            instant = command_as_of(load_program(workspace), opened, as_of)
        restored = restore_backup(workspace, file, instant, actor=actor, force=force)
    payload = {
        "seq": restored.head.seq,
        "head": restored.head.hash,
        "epoch": restored.epoch,
        "batches": restored.batches,
        "uncertain_messages": restored.uncertain_messages,
        "lost_heads": restored.lost_heads,
    }
    line = f"Restored to event {restored.head.seq:,}; then: leadroute outbox list, leadroute outbox resolve reconciled"
    emit(payload, as_json, lambda: print_line(line))
