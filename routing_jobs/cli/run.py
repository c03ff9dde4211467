"""`leadroute run` and `leadroute rebuild`: start the Dagster jobs in this process and say what came of them."""

import os
from typing import TYPE_CHECKING, Any

import click

from routing_jobs.cli.options import as_of_option, json_option, with_workspace
from routing_jobs.cli.output import emit, print_line, print_table, say
from routing_jobs.program.finding import counted, listed
from routing_jobs.program.workspace import ENVIRONMENT_VARIABLE, Workspace

if TYPE_CHECKING:
    from routing_jobs.program.loading import Program


@click.command()
@as_of_option
@click.option("--full-refresh", is_flag=True, help="Build the warehouse anew from the archive first.")
@click.option("--supersede", metavar="BATCH", help="Redo this open batch on purpose.")
@json_option
@with_workspace
def run(workspace: Workspace, as_of: str | None, full_refresh: bool, supersede: str | None, as_json: bool) -> None:
    """Take in, qualify, propose a batch, pass the gates, build the marts, publish."""
    summary = execute(workspace, "run_program", as_of=as_of, full_refresh=full_refresh, supersede=supersede)
    emit(summary, as_json, lambda: show(workspace, summary))


@click.command()
@json_option
@with_workspace
def rebuild(workspace: Workspace, as_json: bool) -> None:
    """Rebuild the warehouse from the archived files, the batches and the ledger; proposes and publishes nothing."""
    from routing_jobs.stages.rebuild import rebuild_warehouse

    outcome = rebuild_warehouse(workspace, say=say)
    emit(outcome, as_json, lambda: print_line(f"rebuilt {outcome['files']} files, {outcome['rows']:,} rows"))


def execute(
    workspace: Workspace,
    job: str,
    *,
    as_of: str | None = None,
    full_refresh: bool = False,
    supersede: str | None = None,
) -> dict[str, Any]:
    """Run one Dagster job in this process; the summary of SPEC section 12.

    Raises BusyError at once when another writer holds the workspace, and whatever a stage raised.
    """
    from routing_jobs.program.loading import load_program
    from routing_jobs.program.lock import acquire

    program = load_program(workspace)  # configuration errors in a second, before the slow imports
    with acquire(workspace, f"leadroute {job}"):
        _require_activated(workspace, program)
        say(f"leadroute: {workspace.root}")
        os.environ[ENVIRONMENT_VARIABLE] = str(workspace.root)
        say("  start      loading Dagster and dbt (a few seconds; the first time dbt parses its models) ...")
        from dagster_project.lib.manifest import Manifest

        manifest = Manifest.begin(workspace)  # dbt parses in its own process while Dagster is imported here
        from dagster_project.in_process import execute_job

        return execute_job(
            workspace, job, manifest=manifest, as_of=as_of, full_refresh=full_refresh, supersede=supersede, say=say
        )


def _require_activated(workspace: Workspace, program: "Program") -> None:
    """ConfigurationError where the rulebook's files were changed without approval."""
    from routing_jobs.ledger import Ledger
    from routing_jobs.ledger.rulebooks import read_record, require_activated

    with Ledger.open(workspace) as ledger, ledger.reading() as connection:
        require_activated(workspace, read_record(connection), program.rules)


def show(workspace: Workspace, summary: dict[str, Any]) -> None:
    """What a person sees at the end of a run."""
    feeds = [
        (name, feed["records"], feed["accepted"], feed["duplicates"], feed["filtered"], feed["quarantined"])
        for name, feed in summary["feeds"].items()
    ]
    print_table(["feed", "records", "accepted", "duplicates", "filtered", "quarantined"], feeds, "Taken in")
    if summary["unclaimed"]:
        print_line(_unclaimed(summary["unclaimed"]))
    print_table(["stage", "leads"], list(summary["leads"].items()), "Leads by current stage")
    for batch in summary["batches"]:
        _show_batch(batch)
    if not summary["batches"]:
        print_line(f"No batch: {summary['outcome']}.")
    gates: dict[str, list[bool]] = {}
    for verdict in summary["gates"]:
        gates.setdefault(verdict["gate"], []).append(verdict["passed"])
    print_table(["gate", "checks", "passed"], [(name, len(all_), sum(all_)) for name, all_ in gates.items()], "Gates")
    published = summary["published"]
    if published:
        print_line(
            f"Published {published['release_id']}: {published['path']}/leadroute.duckdb (schema marts), report.html"
        )
    seconds = ", ".join(f"{stage} {value:.1f}" for stage, value in summary["seconds"].items())
    print_line(f"Seconds: {seconds}\n")
    _show_next_steps(workspace, summary)


def _unclaimed(paths: list[str]) -> str:
    """Which landed files no feed takes, and what to do about it."""
    remedy = "Write a contract whose `files` fits (`leadroute source infer FILE` drafts one), or move them away."
    return f"Not taken in: {counted(len(paths), 'file')} below landing/ that no feed's `files` fits: {listed(paths)}. {remedy}\n"


def _show_batch(batch: dict[str, Any]) -> None:
    placed = f"{batch['assigned']:,} of {batch['leads']:,} leads placed, {batch['units']:,} units"
    certificate = f"objective {batch['objective']:,}, upper bound {batch['upper_bound']:,}, gap {batch['gap']:.4%}"
    print_line(f"Batch {batch['batch_id']} ({batch['outcome']}): {placed}; {certificate}")
    rows = [(code, count) for code, count in batch["exceptions"].items()]
    if rows:
        print_table(["exception", "leads"], rows, "Not placed, by reason")


def _show_next_steps(workspace: Workspace, summary: dict[str, Any]) -> None:
    command = "leadroute" if str(workspace.root).endswith("data/sample") else f"leadroute --workspace {workspace.root}"
    steps = ["quarantine list", "exceptions list"]
    if summary["batches"]:
        batch_id = summary["batches"][0]["batch_id"]
        steps = [f"batch show {batch_id}", "explain LEAD", f"batch approve {batch_id} --actor PERSON", *steps]
    print_line("Next:")
    for step in steps:
        print_line(f"  {command} {step}")
