"""`leadroute batch` and `leadroute assignment`: review a proposed batch, decide, release; take an offer back later."""

from typing import Any

import click

from routing_jobs.cli.deciding import at_desk
from routing_jobs.cli.options import actor_option, as_of_option, json_option, with_workspace
from routing_jobs.cli.output import emit, print_line, print_table
from routing_jobs.program.workspace import Workspace

_LINE_COLUMNS = [
    "lead_id",
    "partner_id",
    "hop",
    "source",
    "rule",
    "score",
    "exception_code",
    "is_held",
    "is_overridden",
]
_LISTED = ["batch_id", "status", "is_express", "as_of", "lead_count", "assigned_count", "override_count", "approved_by"]
reason_option = click.option("--reason", required=True, help="Why; kept with the decision, erasable.")


@click.group()
def batch() -> None:
    """Review a proposed batch and release it."""


@click.group()
def assignment() -> None:
    """Recall or reassign one released assignment."""


@batch.command("list")
@json_option
@with_workspace
def list_(workspace: Workspace, as_json: bool) -> None:
    """Every batch, in the order they were proposed."""
    from routing_jobs.ledger import Ledger
    from routing_jobs.ledger.batches import list_batches

    with Ledger.open(workspace) as ledger, ledger.reading() as reading:
        batches = [vars_of(found) for found in list_batches(reading)]
    rows = [[found[column] for column in _LISTED] for found in batches]
    emit({"batches": batches}, as_json, lambda: print_table(_LISTED, rows, "Batches"))


@batch.command()
@click.argument("batch_id")
@json_option
@with_workspace
def show(workspace: Workspace, batch_id: str, as_json: bool) -> None:
    """Totals, load against limits, exceptions, gates and every line with what decided it."""
    shown = _read(workspace, batch_id)
    emit(shown, as_json, lambda: _print_batch(shown))


@batch.command()
@click.argument("batch_id")
@click.argument("other_id", required=False)
@json_option
@with_workspace
def diff(workspace: Workspace, batch_id: str, other_id: str | None, as_json: bool) -> None:
    """What changed against another batch (default: the one proposed before it)."""
    from routing_jobs.ledger import Ledger
    from routing_jobs.ledger.batches import list_batches, read_batch
    from routing_jobs.program.errors import ConfigurationError

    with Ledger.open(workspace) as ledger, ledger.reading() as reading:
        this = read_batch(reading, batch_id)
        earlier = [found.batch_id for found in list_batches(reading) if found.proposed_at < this.proposed_at]
    chosen = other_id or (earlier[-1] if earlier else None)
    if chosen is None:
        raise ConfigurationError(f"{batch_id} is the first batch: there is none before it to compare with.")
    before = {line["lead_id"]: line for line in _read(workspace, chosen)["lines"]}
    after = {line["lead_id"]: line for line in _read(workspace, batch_id)["lines"]}
    changes = [
        {"lead_id": lead, "before": _fate(before.get(lead)), "after": _fate(after.get(lead))}
        for lead in sorted(before.keys() | after.keys())
        if _fate(before.get(lead)) != _fate(after.get(lead))
    ]
    rows = [[change["lead_id"], change["before"], change["after"]] for change in changes]
    payload = {"batch_id": batch_id, "other_id": chosen, "changes": changes}
    emit(payload, as_json, lambda: print_table(["lead_id", chosen, batch_id], rows, f"{len(rows)} leads differ"))


@batch.command()
@click.argument("batch_id")
@click.argument("lead_id")
@click.argument("partner_id")
@reason_option
@actor_option
@as_of_option
@json_option
@with_workspace
def override(
    workspace: Workspace, batch_id: str, lead_id: str, partner_id: str, reason: str, actor: str, as_of: str | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Send a lead, with all leads of its unit, to another partner; hard rules are re-checked at once."""
    from routing_jobs.ledger.review import override_unit

    with at_desk(workspace, actor, as_of) as desk:
        moved = override_unit(desk.ledger, batch_id, lead_id, partner_id, reason=reason, decision=desk.decision)
    payload = {"batch_id": batch_id, "partner_id": partner_id, "leads": moved}
    emit(payload, as_json, lambda: print_line(f"{len(moved)} leads now go to {partner_id}; an approval would be void."))


@batch.command()
@click.argument("batch_id")
@click.argument("lead_ids", nargs=-1, required=True)
@click.option("--undo", is_flag=True, help="Let the lines go again.")
@click.option("--reason", help="Why.")
@actor_option
@as_of_option
@json_option
@with_workspace
def hold(
    workspace: Workspace, batch_id: str, lead_ids: tuple[str, ...], undo: bool, reason: str | None, actor: str,
    as_of: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Keep lines back from release, or let them go again."""
    from routing_jobs.ledger.review import hold_lines

    with at_desk(workspace, actor, as_of) as desk:
        hold_lines(desk.ledger, batch_id, lead_ids, is_held=not undo, reason=reason, decision=desk.decision)
    payload = {"batch_id": batch_id, "leads": list(lead_ids), "is_held": not undo}
    emit(payload, as_json, lambda: print_line(f"{len(lead_ids)} lines {'let go' if undo else 'held'}."))


@batch.command()
@click.argument("batch_id")
@reason_option
@actor_option
@as_of_option
@json_option
@with_workspace
def reject(workspace: Workspace, batch_id: str, reason: str, actor: str, as_of: str | None, as_json: bool) -> None:
    """End a batch that will not be released; its leads are free for the next run."""
    from routing_jobs.ledger.review import reject_batch

    with at_desk(workspace, actor, as_of) as desk:
        reject_batch(desk.ledger, batch_id, reason=reason, decision=desk.decision)
    emit({"batch_id": batch_id, "status": "rejected"}, as_json, lambda: print_line(f"{batch_id} is rejected."))


@batch.command()
@click.argument("batch_id")
@click.option("--content", help="The content_sha256 you saw, or its beginning: another content is not approved.")
@actor_option
@as_of_option
@json_option
@with_workspace
def approve(
    workspace: Workspace, batch_id: str, content: str | None, actor: str, as_of: str | None, as_json: bool
) -> None:
    """Approve exactly the content that stands; who changed a line cannot. A changed batch passes its gate again first."""
    from routing_jobs.ledger.review import approve_batch
    from routing_jobs.stages.judge_batch import judge_changed_batch

    with at_desk(workspace, actor, as_of) as desk:
        judge_changed_batch(desk.ledger, batch_id, desk.as_of)
        approved = approve_batch(desk.ledger, batch_id, desk.decision, content=content)
    payload = {"batch_id": batch_id, "status": "approved", "content_sha256": approved.content_sha256}
    next_step = f"leadroute batch release {batch_id}"
    emit(payload, as_json, lambda: print_line(f"{batch_id} is approved by {actor}. Next: {next_step}"))


@batch.command()
@click.argument("batch_id")
@actor_option
@as_of_option
@json_option
@with_workspace
def release(workspace: Workspace, batch_id: str, actor: str, as_of: str | None, as_json: bool) -> None:
    """Open the batch's assignments, one message each; running it again changes nothing."""
    from routing_jobs.release.deadlines import deadlines_from
    from routing_jobs.release.facts import opened_facts
    from routing_jobs.release.releasing import release_batch

    with at_desk(workspace, actor, as_of) as desk, opened_facts(workspace) as facts:
        deadlines = deadlines_from(desk.program.sla, desk.program.config.timezone, desk.as_of)
        released = release_batch(desk.ledger, facts, deadlines, batch_id, desk.decision)
    payload = {
        "batch_id": batch_id, "is_new": released.is_new, "assignments": released.assignments,
        "withheld": released.withheld,
    }  # fmt: skip
    emit(payload, as_json, lambda: _print_release(payload))


@batch.command()
@click.argument("batch_id")
@reason_option
@actor_option
@as_of_option
@json_option
@with_workspace
def rollback(workspace: Workspace, batch_id: str, reason: str, actor: str, as_of: str | None, as_json: bool) -> None:
    """Recall every offer of a released batch that nobody has accepted."""
    from routing_jobs.ledger.recalls import roll_back_batch

    with at_desk(workspace, actor, as_of) as desk:
        recalled, left = roll_back_batch(desk.ledger, batch_id, reason=reason, decision=desk.decision)
    payload = {"batch_id": batch_id, "recalled": recalled, "left": left}
    emit(payload, as_json, lambda: print_line(f"{recalled} offers recalled, {left} left as accepted or over."))


@assignment.command()
@click.argument("assignment_id")
@reason_option
@actor_option
@as_of_option
@json_option
@with_workspace
def recall(workspace: Workspace, assignment_id: str, reason: str, actor: str, as_of: str | None, as_json: bool) -> None:
    """Take one offer back; its slot is free, the lead may be routed again."""
    from routing_jobs.ledger.recalls import recall_assignment

    with at_desk(workspace, actor, as_of) as desk:
        recall_assignment(desk.ledger, assignment_id, reason=reason, decision=desk.decision)
    payload = {"assignment_id": assignment_id, "status": "recalled"}
    emit(payload, as_json, lambda: print_line(f"{assignment_id} is recalled."))


@assignment.command()
@click.argument("assignment_id")
@click.argument("partner_id")
@reason_option
@actor_option
@as_of_option
@json_option
@with_workspace
def reassign(
    workspace: Workspace, assignment_id: str, partner_id: str, reason: str, actor: str, as_of: str | None, as_json: bool
) -> None:
    """Take an offer back and propose its unit to another partner, in a batch that waits for approval."""
    from routing_jobs.ledger.reassignment import reassign_assignment
    from routing_jobs.stages.judge_batch import judge_of

    with at_desk(workspace, actor, as_of) as desk:
        outcome, leads = reassign_assignment(
            desk.ledger, assignment_id, partner_id, reason=reason, decision=desk.decision, judge=judge_of(workspace)
        )
    payload = {"assignment_id": assignment_id, "batch_id": outcome.batch_id, "leads": leads}
    line = f"Recalled; batch {outcome.batch_id} proposes {len(leads)} leads to {partner_id}."
    emit(payload, as_json, lambda: print_line(line))


def vars_of(found: Any) -> dict[str, Any]:
    """A batch as plain data."""
    from dataclasses import asdict

    return asdict(found)


def _read(workspace: Workspace, batch_id: str) -> dict[str, Any]:
    from routing_jobs.ledger import Ledger
    from routing_jobs.ledger.batches import batch_folder, read_batch, read_lines
    from routing_jobs.ledger.hard_rules import read_loads
    from routing_jobs.ledger.verdicts import BATCH_GATE, read_verdict

    with Ledger.open(workspace) as ledger, ledger.reading() as reading:
        found = read_batch(reading, batch_id)
        lines = read_lines(ledger, reading, batch_id).to_pylist()
        loads = read_loads(batch_folder(ledger, batch_id))
        gates = read_verdict(reading, BATCH_GATE, found.content_sha256)
    taken: dict[str, set[str]] = {}
    exceptions: dict[str, int] = {}
    for line in lines:
        if line["partner_id"] is not None:
            taken.setdefault(line["partner_id"], set()).add(line["unit_id"])
        if line["exception_code"] is not None:
            exceptions[line["exception_code"]] = exceptions.get(line["exception_code"], 0) + 1
    return {
        "batch": vars_of(found),
        "exceptions": dict(sorted(exceptions.items())),
        "load": [
            {
                "partner_id": partner,
                "units": len(units),
                "free_slots": loads[partner].capacity if partner in loads else None,
            }
            for partner, units in sorted(taken.items())
        ],
        "gates": [
            {name: check[name] for name in ("check_name", "passed", "rows_seen", "rows_failed")} for check in gates
        ],
        "lines": lines,
    }


def _print_batch(shown: dict[str, Any]) -> None:
    found = shown["batch"]
    placed = f"{found['assigned_count']:,} of {found['lead_count']:,} leads placed, {found['unit_count']:,} units"
    print_line(f"Batch {found['batch_id']}: {found['status']}, as of {found['as_of']:%Y-%m-%d %H:%M} UTC; {placed}")
    if found["gap"] is not None:
        bound = f"objective {found['objective']:,}, upper bound {found['upper_bound']:,}, gap {found['gap']:.4%}"
        print_line(f"Certificate: {bound}; the tie band cost {found['band_cost'] or 0:,}")
    passed = sum(check["passed"] for check in shown["gates"])
    print_line(f"Gate: {passed} of {len(shown['gates'])} checks passed; content {found['content_sha256'][:12]}")
    loads = [[load["partner_id"], load["units"], load["free_slots"]] for load in shown["load"]]
    print_table(["partner", "units", "free slots before"], loads, "Load")
    print_table(["exception", "leads"], [list(item) for item in shown["exceptions"].items()], "Not placed")
    lines = [[line[column] for column in _LINE_COLUMNS] for line in shown["lines"]]
    print_table(_LINE_COLUMNS, lines, "Lines (`leadroute explain LEAD` tells the story of one)")


def _print_release(payload: dict[str, Any]) -> None:
    state = "released" if payload["is_new"] else "had been released before"
    print_line(f"{payload['batch_id']} {state}: {payload['assignments']:,} assignments open.")
    for reason, count in payload["withheld"].items():
        print_line(f"  withheld {reason}: {count}")
    print_line("Next: leadroute outbox deliver")


def _fate(line: dict[str, Any] | None) -> str:
    if line is None:
        return "-"
    return str(line["partner_id"] or line["exception_code"] or line["source"])
