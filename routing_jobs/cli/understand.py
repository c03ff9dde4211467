"""Commands that explain: why a lead went where, what was not placed, whether the rulebook makes sense."""

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import click

from routing_jobs.cli.options import json_option, with_workspace
from routing_jobs.cli.output import emit, print_line, print_table
from routing_jobs.program.errors import ConfigurationError
from routing_jobs.program.finding import Finding, counted
from routing_jobs.program.workspace import Workspace

if TYPE_CHECKING:
    from routing_jobs.program.loading import Program

EXIT_ERRORS = 2


@click.group()
def rulebook() -> None:
    """Check the rulebook."""


@rulebook.command()
@json_option
@click.pass_context
@with_workspace
def check(workspace: Workspace, ctx: click.Context, as_json: bool) -> None:
    """Say what is wrong with program.yaml, rulebook and feeds, and where the roster does not match them.

    Exit code 2 when something has to be mended, 0 when there are only warnings.
    """
    report = _report(workspace)
    emit(report, as_json, lambda: _show(report))
    if report["errors"]:
        ctx.exit(EXIT_ERRORS)


def _report(workspace: Workspace) -> dict[str, Any]:
    from routing_jobs.program.loading import load_program
    from routing_jobs.program.rulebook_check import check_rulebook

    try:
        program = load_program(workspace)
    except ConfigurationError as error:
        findings = [_as_finding(problem) for problem in error.problems]
        return {"version": None, "sha256": None, "roster": "not checked", **_by_severity(findings)}
    roster_state, day, roster_findings = _roster_findings(workspace, program)
    return {
        "version": program.rulebook_version,
        "sha256": program.rulebook_sha256,
        "roster": roster_state,
        **_by_severity([*check_rulebook(program, day), *roster_findings]),
    }


def _as_finding(problem: str) -> Finding:
    file, _, rest = problem.partition(": ")
    return Finding("error", file, rest, "correct the file")


def _by_severity(findings: list[Finding]) -> dict[str, list[dict[str, str]]]:
    return {
        name: [finding.as_dict() for finding in findings if finding.severity == severity]
        for name, severity in (("errors", "error"), ("warnings", "warning"))
    }


def _roster_findings(workspace: Workspace, program: "Program") -> "tuple[str, date, list[Finding]]":
    """What became of the roster's check, the program-local day of everything, what was found."""
    from routing_jobs.program.as_of import local_day

    today = local_day(datetime.now(UTC).replace(tzinfo=None), program.config.timezone)
    if not workspace.warehouse.is_file():
        return "not checked: nothing has been taken in yet; `leadroute run` does", today, []
    import duckdb

    from routing_jobs.program.roster_check import check_roster
    from routing_jobs.warehouse.store import opened

    try:
        with opened(workspace, read_only=True) as connection:
            row = connection.execute("select as_of from program.setting").fetchone()
            day = local_day(row[0], program.config.timezone) if row else today
            return f"as of {day}", day, check_roster(connection, program, day)
    except duckdb.CatalogException:
        return "not checked: no run has been finished yet", today, []
    except duckdb.IOException:
        return f"not checked: {_who_is_busy(workspace)}", today, []


def _who_is_busy(workspace: Workspace) -> str:
    from routing_jobs.program.lock import holder

    who = holder(workspace)
    if not who:
        return "the warehouse is in use by another program"
    return f"busy with `{who.get('command')}`, process {who.get('pid')}"


def _show(report: dict[str, Any]) -> None:
    rows = [
        (finding["severity"], finding["subject"], finding["message"], finding["remedy"])
        for finding in (*report["errors"], *report["warnings"])
    ]
    if rows:
        print_table(["severity", "where", "what", "remedy"], rows)
    if report["version"] is not None:
        print_line(f"rulebook {report['version']}, sha256 {report['sha256'][:12]}")
    print_line(f"roster: {report['roster']}")
    print_line(f"{counted(len(report['errors']), 'error')}, {counted(len(report['warnings']), 'warning')}")
