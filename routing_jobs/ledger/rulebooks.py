"""Which rulebook is in force: asked for by one person, approved by another, both written in the ledger.

An approval carries the rulebook itself (the validated models, without comments), so the ledger alone says what was in
force when; there are few, so they are read from the events. The files as people wrote them are kept by hash under
state/rulebooks/ and put into the workspace's rulebook/ when approved. Before the first approval the folder is used as it
is; from then on it has to say what was approved last. Not here: what is checked before somebody may ask (`stages`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, select

from routing_jobs.ledger.authority import Decision, require_role
from routing_jobs.ledger.batches import stated
from routing_jobs.ledger.durable import write_atomically
from routing_jobs.ledger.event import Event, parse_instant
from routing_jobs.ledger.journal import Transaction
from routing_jobs.ledger.ledger import Ledger
from routing_jobs.ledger.refusals import DecisionRefusedError
from routing_jobs.ledger.tables import EVENT, SIDE_TEXT
from routing_jobs.program.as_of import local_day
from routing_jobs.program.errors import ConfigurationError
from routing_jobs.program.loading import Program, rulebook_version
from routing_jobs.program.model import Model
from routing_jobs.program.rulebook import RULEBOOK_FILES, rulebook_hash
from routing_jobs.program.workspace import Workspace

STREAM = SUBJECT = "rulebook"
REQUESTED, ACTIVATED = "rulebook_requested", "rulebook_activated"
ACTION = "activate a rulebook"
_FILE_MODE = 0o644
_KEPT_MODE = 0o444
Rules = Mapping[str, Model]


@dataclass(frozen=True)
class Request:
    """What a person asked to put in force; `summary` is what check and simulation said of exactly this content."""

    seq: int
    rulebook_sha256: str
    version: str
    effective_on: date
    requested_by: str
    requested_at: datetime
    reason_digest: str
    summary: dict[str, Any]


@dataclass(frozen=True)
class Activation:
    """A request another person approved. `earlier` is the rulebook used before the first activation; then only."""

    request: Request
    seq: int
    effective_on: date
    approved_by: str
    approved_at: datetime
    reason_digest: str
    bodies: dict[str, Any]
    earlier: dict[str, Any] | None

    def rules(self) -> dict[str, Model]:
        """The rulebook; ConfigurationError where this version no longer understands it."""
        return _models(self.bodies, f"the rulebook activated by {self.approved_by} on {self.effective_on}")

    def says(self, rules: Rules) -> bool:
        """Whether it says the same to this version; a hash an earlier one wrote may cover fewer keys."""
        return rulebook_hash(self.rules()) == rulebook_hash(rules)


@dataclass(frozen=True)
class Record:
    """Every activation in the order of approval, and the request that waits for a second person, if any."""

    activations: list[Activation]
    pending: Request | None

    @property
    def newest(self) -> Activation | None:
        """What was approved last, in force or not yet."""
        return self.activations[-1] if self.activations else None

    def in_force(self, day: date) -> Activation | None:
        """Of the activations effective on a program-local day the one approved last; None before all of them."""
        effective = [one for one in self.activations if one.effective_on <= day]
        return effective[-1] if effective else None


def read_record(connection: Connection) -> Record:
    """The record, from the events."""
    query = select(EVENT).where(EVENT.c.subject_id == SUBJECT, EVENT.c.stream == STREAM).order_by(EVENT.c.seq)
    requests: dict[int, Request] = {}
    activations: list[Activation] = []
    pending: Request | None = None
    for row in connection.execute(query).mappings():
        event = Event.of_row(row)
        if event.event_type == REQUESTED:
            pending = requests[event.seq] = _request(event)
        else:
            activations.append(_activation(event, requests))
            pending = None
    return Record(activations, pending)


def _request(event: Event) -> Request:
    data = event.data
    return Request(
        seq=event.seq,
        rulebook_sha256=data["rulebook_sha256"],
        version=data["version"],
        effective_on=date.fromisoformat(data["effective_on"]),
        requested_by=event.actor,
        requested_at=parse_instant(event.occurred_at),
        reason_digest=data["reason_digest"],
        summary=data["summary"],
    )


def _activation(event: Event, requests: Mapping[int, Request]) -> Activation:
    data = event.data
    return Activation(
        request=requests[data["request_seq"]],
        seq=event.seq,
        effective_on=date.fromisoformat(data["effective_on"]),
        approved_by=event.actor,
        approved_at=parse_instant(event.occurred_at),
        reason_digest=data["reason_digest"],
        bodies=data["bodies"],
        earlier=data["earlier"],
    )


def request_activation(
    ledger: Ledger, draft: Rules, effective_on: date, reason: str, summary: dict[str, Any], decision: Decision
) -> None:
    """Write down that a person asks for the draft; a request that still waits is replaced.

    DecisionRefusedError without the role, or where as_of is older than the ledger's newest event.
    """
    require_role(decision, ACTION)
    with ledger.writing(decision.as_of, decision.actor) as transaction:
        _require_newest(transaction)
        payload = {
            "rulebook_sha256": rulebook_hash(draft),
            "version": rulebook_version(dict(draft)),
            "effective_on": effective_on.isoformat(),
            "reason_digest": ledger.remember(transaction, stated(reason, "activate")),
            "summary": summary,
        }
        transaction.append(STREAM, SUBJECT, REQUESTED, payload)


def approve_activation(
    ledger: Ledger, draft: Rules, standing: Rules, today: date, reason: str, decision: Decision
) -> Activation:
    """Approve the request that waits for exactly this draft.

    `standing` is what the workspace's folder says now: kept as the earlier rulebook at the first activation. The
    rulebook takes effect on the day asked for, or today where that day has passed.

    Raises:
        DecisionRefusedError: No role, an as_of older than the ledger's newest event, nothing asked for with this
            content, or the same person asked for it.
    """
    require_role(decision, ACTION)
    with ledger.writing(decision.as_of, decision.actor) as transaction:
        _require_newest(transaction)
        record = read_record(transaction.connection)
        pending = record.pending
        if pending is None or pending.rulebook_sha256 != rulebook_hash(draft):
            raise DecisionRefusedError("Nobody has asked for exactly this rulebook; the files may have changed since.")
        if pending.requested_by == decision.actor:
            raise DecisionRefusedError(
                f"{decision.actor} asked for this rulebook, so another person has to approve it: "
                "`leadroute rulebook activate DIR --reason TEXT --actor PERSON` with the same files."
            )
        payload = {
            "request_seq": pending.seq,
            "rulebook_sha256": pending.rulebook_sha256,
            "effective_on": max(pending.effective_on, today).isoformat(),
            "reason_digest": ledger.remember(transaction, stated(reason, "activate")),
            "bodies": _bodies(draft),
            "earlier": None if record.activations else _bodies(standing),
        }
        transaction.append(STREAM, SUBJECT, ACTIVATED, payload)
        transaction.flush()
        newest = read_record(transaction.connection).newest
        assert newest is not None, "it was just written"
        return newest


def _require_newest(transaction: Transaction) -> None:
    """What was in force in the past cannot be changed by acting in it."""
    if transaction.occurred_at < transaction.newest_occurred_at:
        raise DecisionRefusedError(
            f"as_of {transaction.occurred_at} is older than the ledger's newest event "
            f"({transaction.newest_occurred_at}): a rulebook cannot be put in force in the past. Leave --as-of out."
        )


def keep_files(workspace: Workspace, draft: Rules, source: Path) -> Path:
    """Copy the draft's files to state/rulebooks/<hash>/, read-only; the folder. What is there already stays."""
    folder = kept_folder(workspace, rulebook_hash(draft))
    for name in RULEBOOK_FILES:
        if not (folder / f"{name}.yaml").is_file():
            write_atomically(folder / f"{name}.yaml", (source / f"{name}.yaml").read_bytes(), mode=_KEPT_MODE)
    return folder


def kept_folder(workspace: Workspace, rulebook_sha256: str) -> Path:
    """Where the files of an asked-for rulebook are kept."""
    return workspace.state / "rulebooks" / rulebook_sha256


def install_files(workspace: Workspace, kept: Path) -> None:
    """Put kept files into the workspace's rulebook/, each in one step.

    Killed between two of them, the folder does not say what was approved: runs refuse it until this is done again.
    """
    for name in RULEBOOK_FILES:
        write_atomically(workspace.rulebook / f"{name}.yaml", (kept / f"{name}.yaml").read_bytes(), mode=_FILE_MODE)


def program_in_force(ledger: Ledger, program: Program, as_of: datetime) -> Program:
    """The program with the rulebook in force at as_of (naive UTC); `program` is what the folder says.

    ConfigurationError where the folder does not say what was activated last.
    """
    with ledger.reading() as connection:
        record = read_record(connection)
    require_activated(ledger.workspace, record, program.rules)
    rules = rules_in_force(record, local_day(as_of, program.config.timezone))
    return with_rules(program, rules) if rules else program


def rules_in_force(record: Record, day: date) -> dict[str, Model] | None:
    """The rulebook in force on a program-local day; None before the first approval, when the folder counts."""
    if not record.activations:
        return None
    found = record.in_force(day)
    if found is not None:
        return found.rules()
    return _models(record.activations[0].earlier or {}, "the rulebook before the first activation")


def with_rules(program: Program, rules: Rules) -> Program:
    """The program as it is with another rulebook."""
    models: dict[str, Any] = dict(rules)
    return replace(program, **models, rulebook_sha256=rulebook_hash(rules), rulebook_version=rulebook_version(models))


def require_activated(workspace: Workspace, record: Record, folder_rules: Rules) -> None:
    """ConfigurationError unless the workspace's folder says what was activated last, or nothing ever was."""
    newest = record.newest
    if newest is None or newest.says(folder_rules):
        return
    kept = kept_folder(workspace, newest.request.rulebook_sha256)
    raise ConfigurationError(
        f"rulebook/: the files say something else (sha256 {rulebook_hash(folder_rules)[:12]}) than what {newest.approved_by}"
        f" approved on {newest.approved_at:%Y-%m-%d} ({newest.request.rulebook_sha256[:12]}): expected no change without "
        "approval. To keep the change, copy the folder and `leadroute rulebook activate COPY --reason TEXT`; to go back, "
        f"`leadroute rulebook activate {kept} --reason TEXT`."
    )


def reasons(connection: Connection, digests: list[str]) -> dict[str, str]:
    """Digest -> the text people gave, of those not erased."""
    query = select(SIDE_TEXT.c.digest, SIDE_TEXT.c.body).where(SIDE_TEXT.c.digest.in_(digests))
    return {row.digest: row.body for row in connection.execute(query)}


def _bodies(rules: Rules) -> dict[str, Any]:
    return {name: rules[name].model_dump(mode="json") for name in RULEBOOK_FILES}


def _models(bodies: Mapping[str, Any], what: str) -> dict[str, Model]:
    try:
        return {name: model.model_validate(bodies[name]) for name, model in RULEBOOK_FILES.items()}
    except (ValidationError, KeyError) as error:
        raise ConfigurationError(
            f"{what} is not understood by this version of leadroute; activate a rulebook this version understands"
        ) from error
