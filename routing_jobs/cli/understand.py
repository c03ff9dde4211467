"""Commands around the rulebook: whether it makes sense, what differs between two, which one is in force and since when."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from routing_jobs.cli.options import actor_option, as_of_option, json_option, with_workspace
from routing_jobs.cli.output import emit, print_line, print_table, say
from routing_jobs.program.errors import ConfigurationError
from routing_jobs.program.finding import Finding, counted
from routing_jobs.program.workspace import Workspace

if TYPE_CHECKING:
    from routing_jobs.program.model import Model

EXIT_ERRORS = 2
ACTIVE = "active"
MICROS = 1_000_000


@click.group()
def rulebook() -> None:
    """Check a rulebook, compare two, put one in force."""


@rulebook.command()
@click.option("--rulebook", "draft", type=click.Path(path_type=Path), metavar="DIR", help="A draft instead.")
@json_option
@click.pass_context
@with_workspace
def check(workspace: Workspace, ctx: click.Context, draft: Path | None, as_json: bool) -> None:
    """Say what is wrong with program.yaml, rulebook and feeds, and where the roster does not match them.

    Exit code 2 when something has to be mended, 0 when there are only warnings.
    """
    report = _report(workspace, draft)
    emit(report, as_json, lambda: _show(report))
    if report["errors"]:
        ctx.exit(EXIT_ERRORS)


def _report(workspace: Workspace, draft: Path | None) -> dict[str, Any]:
    from routing_jobs.ledger.rulebooks import with_rules
    from routing_jobs.program.as_of import local_day
    from routing_jobs.program.draft import read_draft
    from routing_jobs.program.loading import load_program
    from routing_jobs.stages.check import check as check_program

    try:
        program = load_program(workspace)
        if draft is not None:
            program = with_rules(program, read_draft(draft))
    except ConfigurationError as error:
        findings = [_as_finding(problem) for problem in error.problems]
        return {"version": None, "sha256": None, "roster": "not checked", **_by_severity(findings)}
    checked = check_program(workspace, program, local_day(datetime.now(UTC), program.config.timezone))
    return {
        "version": program.rulebook_version,
        "sha256": program.rulebook_sha256,
        "roster": checked.roster,
        **_by_severity(checked.findings),
    }


def _as_finding(problem: str) -> Finding:
    file, _, rest = problem.partition(": ")
    return Finding("error", file, rest, "correct the file")


def _by_severity(findings: list[Finding]) -> dict[str, list[dict[str, str]]]:
    return {
        name: [finding.as_dict() for finding in findings if finding.severity == severity]
        for name, severity in (("errors", "error"), ("warnings", "warning"))
    }


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


@rulebook.command()
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@json_option
@with_workspace
def diff(workspace: Workspace, before: str, after: str, as_json: bool) -> None:
    """Say in words what B changes against A. Each is a folder, a batch (the rulebook it was made with) or `active`."""
    from routing_jobs.program.rulebook import rulebook_hash
    from routing_jobs.program.rulebook_diff import diff_rulebooks

    old, new = (_named_rulebook(workspace, name) for name in (before, after))
    found = diff_rulebooks(old, new)
    payload = {
        "before_sha256": rulebook_hash(old),
        "after_sha256": rulebook_hash(new),
        "differences": [difference.as_dict() for difference in found],
    }

    def show() -> None:
        if found:
            print_table(["file", "what differs"], [(f"{one.file}.yaml", one.words) for one in found])
        print_line(f"{counted(len(found), 'difference')}")

    emit(payload, as_json, show)


def _named_rulebook(workspace: Workspace, name: str) -> "dict[str, Model]":
    """The rulebook a person names: `active`, a batch, else a folder."""
    from routing_jobs.program.draft import read_draft

    if name == ACTIVE:
        return _active_rulebook(workspace)
    folder = workspace.batches / name
    if "/" not in name and name not in (".", "..") and folder.is_dir():
        from routing_jobs.simulation.stored_batches import stored_rules

        try:
            return stored_rules(folder)
        except ConfigurationError as error:
            raise ConfigurationError(f"batch {name} {error}") from error
    if not Path(name).is_dir():
        raise ConfigurationError(
            f"{name}: expected a folder, a batch (`leadroute batch list` shows them) or `{ACTIVE}`"
        )
    return read_draft(Path(name))


def _active_rulebook(workspace: Workspace) -> "dict[str, Model]":
    from routing_jobs.ledger import Ledger
    from routing_jobs.ledger.rulebooks import read_record, rules_in_force
    from routing_jobs.program.as_of import local_day
    from routing_jobs.program.loading import load_program
    from routing_jobs.stages.release import command_as_of

    program = load_program(workspace)
    if not workspace.state.is_dir():
        return program.rules
    with Ledger.open(workspace) as ledger, ledger.reading() as connection:
        day = local_day(command_as_of(program, ledger, None), program.config.timezone)
        return rules_in_force(read_record(connection), day) or program.rules


@rulebook.command()
@click.argument("source", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--reason", required=True, metavar="TEXT", help="Why; kept in the ledger.")
@click.option("--effective", type=click.DateTime(["%Y-%m-%d"]), help="First program-local day it holds; else today.")
@actor_option
@as_of_option
@json_option
@with_workspace
def activate(
    workspace: Workspace,
    source: Path,
    reason: str,
    effective: datetime | None,
    actor: str,
    as_of: str | None,
    as_json: bool,
) -> None:
    """Put the rulebook in DIR in force; it takes two people with the role approver or admin.

    The first call checks and simulates the draft and writes the request down. The same command by another person
    approves it, and the files come into the workspace's rulebook/. From then on a run refuses files nobody approved.
    """
    from routing_jobs.cli.deciding import at_desk
    from routing_jobs.stages.govern import Wish
    from routing_jobs.stages.govern import activate as govern

    with at_desk(workspace, actor, as_of) as desk:
        wish = Wish(source, reason, effective.date() if effective else None, desk.decision)
        outcome = govern(workspace, desk.program, desk.ledger, wish, say)
    emit(outcome, as_json, lambda: _show_activation(outcome, source))


def _show_activation(outcome: dict[str, Any], source: Path) -> None:
    short, effective = outcome["rulebook_sha256"][:12], outcome["effective_on"]
    if outcome["outcome"] == "put_back":
        print_line(
            f"Rulebook {short} was approved before (in force from {effective}); its files are in rulebook/ again."
        )
        return
    _show_summary(outcome["summary"])
    if outcome["outcome"] == "activated":
        print_line(
            f"Rulebook {outcome['version']} ({short}) is approved: asked for by {outcome['requested_by']}, approved by "
            f"{outcome['approved_by']}, in force from {effective}."
        )
    else:
        print_line(
            f"Rulebook {outcome['version']} ({short}) is asked for by {outcome['requested_by']}, from {effective} on. "
            f"It waits for another person: `leadroute rulebook activate {source} --reason TEXT --actor PERSON`."
        )


def _show_summary(summary: dict[str, Any]) -> None:
    """What check and simulation said when it was asked for: what the second person approves."""
    print_line(f"Check: no errors, {counted(len(summary['check']['warnings']), 'warning')}.")
    simulation = summary["simulation"]
    if "nothing_to_replay" in simulation:
        print_line(f"Simulation: {simulation['nothing_to_replay']}")
        return
    print_table(["file", "what changes"], [(f"{one['file']}.yaml", one["words"]) for one in simulation["differences"]])
    sides = [simulation["before"], simulation["after"]]
    rows = [
        ("leads", *(side["leads"] for side in sides)),
        ("placed with a partner", *(side["placed"] for side in sides)),
        ("kept by the vendor", *(side["kept"] for side in sides)),
        ("expected follow-ups in time", *(round(side["expected_follow_ups"] / MICROS, 1) for side in sides)),
    ]
    title = f"Simulation over {counted(len(simulation['batches']), 'replay')}"
    print_table(["leads", "as it was", "under the draft"], rows, title)
    print_line(
        f"{counted(sum(simulation['changed'].values()), 'lead')} with another fate; `leadroute simulate` has more."
    )
    for one in simulation["not_replayed"]:
        print_line(f"Not simulated: {one['words']} ({one['why']}).")


@rulebook.command()
@as_of_option
@json_option
@with_workspace
def history(workspace: Workspace, as_of: str | None, as_json: bool) -> None:
    """List the rulebooks that were activated, by whom and why, and the one that waits for a second person."""
    from routing_jobs.ledger import Ledger
    from routing_jobs.program.loading import load_program
    from routing_jobs.stages.govern import history as read_history
    from routing_jobs.stages.release import command_as_of

    program = load_program(workspace)
    with Ledger.open(workspace) as ledger:
        found = read_history(ledger, program, command_as_of(program, ledger, as_of))
    emit(found, as_json, lambda: _show_history(found))


def _show_history(found: dict[str, Any]) -> None:
    if found["activations"]:
        rows = [
            (
                one["rulebook_sha256"][:12],
                one["version"],
                one["effective_on"],
                one["is_in_force"],
                f"{one['requested_by']}: {one['request_reason']}",
                f"{one['approved_by']}: {one['approval_reason']}",
            )
            for one in found["activations"]
        ]
        print_table(["rulebook", "version", "from", "in force", "asked for by", "approved by"], rows)
    else:
        print_line("No rulebook was ever activated: the workspace's rulebook/ is used as it is.")
    if found["pending"]:
        one = found["pending"]
        print_line(
            f"Waiting for a second person: {one['rulebook_sha256'][:12]} (version {one['version']}), asked for by "
            f"{one['requested_by']} from {one['effective_on']} on: {one['request_reason']}"
        )
