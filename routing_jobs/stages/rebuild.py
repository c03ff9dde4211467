"""The warehouse made again from what is durable: archived files in the order of arrival, batches, the ledger."""

from collections.abc import Callable
from typing import Any

from routing_jobs.intake import rebuild
from routing_jobs.ledger import Ledger
from routing_jobs.ledger.export import export_to_warehouse
from routing_jobs.program.loading import Program, load_program
from routing_jobs.program.lock import acquire
from routing_jobs.program.workspace import Workspace
from routing_jobs.warehouse.store import connect, opened


def rebuild_warehouse(workspace: Workspace, say: Callable[[str], None]) -> dict[str, Any]:
    """Rebuild and copy the ledger; `leadroute run` then builds the models. Files and rows landed."""
    program = load_program(workspace)
    with acquire(workspace, "leadroute rebuild"), Ledger.open(workspace) as ledger:
        counts = land_archive_anew(workspace, program, ledger, say)
        with opened(workspace) as connection:
            export_to_warehouse(ledger, connection)
    return counts


def land_archive_anew(
    workspace: Workspace, program: Program, ledger: Ledger, say: Callable[[str], None]
) -> dict[str, Any]:
    """Replace the warehouse by one into which every archived file was landed; the old one goes when the new is whole."""
    target = workspace.warehouse
    building = target.with_name("warehouse.rebuilding.duckdb")
    for leftover in (building, building.with_name(building.name + ".wal")):
        leftover.unlink(missing_ok=True)
    connection = connect(workspace, path=building)
    try:
        report = rebuild(workspace, program, connection, ledger, progress=say)
    finally:
        connection.close()
    target.with_name(target.name + ".wal").unlink(missing_ok=True)
    building.replace(target)
    return {"files": len(report.files), "rows": report.totals()["accepted"]}
