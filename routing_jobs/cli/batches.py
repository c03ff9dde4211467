"""`leadroute batch` and `leadroute assignment`: review a proposed batch, decide, release; take an offer back later."""

from typing import Any

import click

from routing_jobs.cli import batch_view
from routing_jobs.cli.deciding import at_desk
from routing_jobs.cli.options import actor_option, as_of_option, json_option, with_workspace
from routing_jobs.cli.output import emit, print_line
from routing_jobs.program.workspace import Workspace

reason_option = click.option("--reason", required=True, help="Why; kept with the decision, erasable.")


@click.group()
def batch() -> None:
    """Review a proposed batch and release it."""


@click.group()
def assignment() -> None:
    """Recall or reassign one released assignment."""


batch.add_command(batch_view.list_)
batch.add_command(batch_view.show)
batch.add_command(batch_view.diff)


@batch.command()
@click.argument("batch_id")
@actor_option
@as_of_option
@json_option
@with_workspace
def review(workspace: Workspace, batch_id: str, actor: str, as_of: str | None, as_json: bool) -> None:
    """Take a proposed batch into review: no run replaces it, its leads wait for it."""
    from routing_jobs.ledger.review import start_review

    with at_desk(workspace, actor, as_of) as desk:
        start_review(desk.ledger, batch_id, desk.decision)
    emit({"batch_id": batch_id, "status": "in_review"}, as_json, lambda: print_line(f"{batch_id} is in review."))


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
    emit(payload, as_json, lambda: print_line(f"{' '.join(lead_ids)}: {'let go' if undo else 'held'}."))


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
    from routing_jobs.ledger.rulebooks import program_in_force
    from routing_jobs.release.deadlines import deadlines_from
    from routing_jobs.release.facts import opened_facts
    from routing_jobs.release.releasing import release_batch

    with at_desk(workspace, actor, as_of) as desk, opened_facts(workspace) as facts:
        program = program_in_force(desk.ledger, desk.program, desk.as_of)
        deadlines = deadlines_from(program.sla, desk.program.config.timezone, desk.as_of)
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


def _print_release(payload: dict[str, Any]) -> None:
    state = "released" if payload["is_new"] else "had been released before"
    print_line(f"{payload['batch_id']} {state}: {payload['assignments']:,} assignments open.")
    for reason, count in payload["withheld"].items():
        print_line(f"  withheld {reason}: {count}")
    print_line("Next: leadroute outbox deliver")
