"""Putting a draft rulebook in force: checked and simulated for the person who asks, then approved by another."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from routing_jobs.ledger import Ledger
from routing_jobs.ledger.authority import Decision, require_role
from routing_jobs.ledger.refusals import DecisionRefusedError
from routing_jobs.ledger.rulebooks import (
    ACTION,
    Record,
    approve_activation,
    install_files,
    keep_files,
    read_record,
    reasons,
    request_activation,
    with_rules,
)
from routing_jobs.program.as_of import local_day
from routing_jobs.program.draft import read_draft
from routing_jobs.program.errors import ConfigurationError
from routing_jobs.program.loading import Program, rulebook_version
from routing_jobs.program.lock import acquire
from routing_jobs.program.model import Model
from routing_jobs.program.rulebook import rulebook_hash
from routing_jobs.program.workspace import Workspace
from routing_jobs.stages.check import Checked, check

REQUESTED, ACTIVATED, PUT_BACK = "requested", "activated", "put_back"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Wish:
    """What a person wants in force, from when and why; `effective_on` None: from today, or as asked for before."""

    source: Path
    reason: str
    effective_on: date | None
    decision: Decision


@dataclass(frozen=True)
class _Case:
    """A wish at the desk: the draft read, the day it is there."""

    workspace: Workspace
    program: Program
    ledger: Ledger
    wish: Wish
    draft: dict[str, Model]
    sha256: str
    today: date


def activate(workspace: Workspace, program: Program, ledger: Ledger, wish: Wish, say: Say) -> dict[str, Any]:
    """Ask for the draft, or approve what somebody else asked for; what came of it.

    Whoever asks has it checked and simulated, and what both said is kept with the request. Asking again for what was
    approved last puts its files back into the workspace, which also ends an activation that was killed half way.

    Raises:
        ConfigurationError: The draft has errors, or the day is past.
        DecisionRefusedError: No role, or another day than was asked for.
        BusyError: A run, or another writer, holds the workspace.
    """
    decision = wish.decision
    require_role(decision, ACTION)
    draft = read_draft(wish.source)
    today = local_day(decision.as_of, program.config.timezone)
    case = _Case(workspace, program, ledger, wish, draft, rulebook_hash(draft), today)
    if wish.effective_on is not None and wish.effective_on < today:
        raise ConfigurationError(
            f"--effective {wish.effective_on}: expected {today} (today) or later: the past stays as it was"
        )
    with acquire(workspace, "leadroute rulebook activate"):
        with ledger.reading() as connection:
            record = read_record(connection)
        if record.newest is not None and record.newest.says(draft):
            install_files(workspace, keep_files(workspace, draft, wish.source))
            return {"outcome": PUT_BACK, "rulebook_sha256": case.sha256, "effective_on": record.newest.effective_on}
        checked = check(workspace, with_rules(program, draft), today)
        if checked.errors:
            raise ConfigurationError(*(f"{one.subject}: {one.message}; {one.remedy}" for one in checked.errors))
        return _approve(case) if _is_second_call(record, case) else _request(case, checked, say)


def _is_second_call(record: Record, case: _Case) -> bool:
    """Whether this approves the waiting request; the same person only asks anew, for another day or reason."""
    pending, wish = record.pending, case.wish
    if pending is None or pending.rulebook_sha256 != case.sha256 or pending.requested_by == wish.decision.actor:
        return False
    if wish.effective_on not in (None, pending.effective_on):
        raise DecisionRefusedError(
            f"{pending.requested_by} asked for this rulebook from {pending.effective_on} on, not {wish.effective_on}: "
            "leave --effective out to approve that, or have it asked for anew."
        )
    return True


def _approve(case: _Case) -> dict[str, Any]:
    kept = keep_files(case.workspace, case.draft, case.wish.source)
    made = approve_activation(
        case.ledger, case.draft, case.program.rules, case.today, case.wish.reason, case.wish.decision
    )
    install_files(case.workspace, kept)
    return {
        "outcome": ACTIVATED,
        "rulebook_sha256": made.request.rulebook_sha256,
        "version": made.request.version,
        "effective_on": made.effective_on,
        "requested_by": made.request.requested_by,
        "approved_by": made.approved_by,
        "summary": made.request.summary,
    }


def _request(case: _Case, checked: Checked, say: Say) -> dict[str, Any]:
    effective_on = case.wish.effective_on or case.today
    summary = {
        "check": {"roster": checked.roster, "warnings": [finding.as_dict() for finding in checked.findings]},
        "simulation": _simulation(case, say),
    }
    keep_files(case.workspace, case.draft, case.wish.source)
    request_activation(case.ledger, case.draft, effective_on, case.wish.reason, summary, case.wish.decision)
    return {
        "outcome": REQUESTED,
        "rulebook_sha256": case.sha256,
        "version": rulebook_version(case.draft),
        "effective_on": effective_on,
        "requested_by": case.wish.decision.actor,
        "summary": summary,
    }


def _simulation(case: _Case, say: Say) -> dict[str, Any]:
    """The figures of the usual simulation; a program without a batch to replay has none, and says so."""
    from routing_jobs.simulation.simulate import simulate
    from routing_jobs.simulation.stored_batches import Choice, NothingToReplayError

    try:
        return simulate(case.workspace, case.program.config, case.draft, Choice(), say).summary()
    except NothingToReplayError as error:
        return {"nothing_to_replay": str(error)}


def history(ledger: Ledger, program: Program, as_of: datetime) -> dict[str, Any]:
    """Every activation, oldest first, with the texts people gave, and what waits for a second person."""
    with ledger.reading() as connection:
        record = read_record(connection)
        digests = [digest for one in record.activations for digest in (one.request.reason_digest, one.reason_digest)]
        texts = reasons(connection, [*digests, record.pending.reason_digest] if record.pending else digests)
    in_force = record.in_force(local_day(as_of, program.config.timezone))
    return {
        "activations": [
            {
                "rulebook_sha256": one.request.rulebook_sha256,
                "version": one.request.version,
                "effective_on": one.effective_on,
                "requested_by": one.request.requested_by,
                "requested_at": one.request.requested_at,
                "request_reason": texts.get(one.request.reason_digest),
                "approved_by": one.approved_by,
                "approved_at": one.approved_at,
                "approval_reason": texts.get(one.reason_digest),
                "is_in_force": one is in_force,
            }
            for one in record.activations
        ],
        "pending": None
        if record.pending is None
        else {
            "rulebook_sha256": record.pending.rulebook_sha256,
            "version": record.pending.version,
            "effective_on": record.pending.effective_on,
            "requested_by": record.pending.requested_by,
            "requested_at": record.pending.requested_at,
            "request_reason": texts.get(record.pending.reason_digest),
        },
    }
