"""What each kind of event does to the state tables: the one place where the two meet.

Pure, standard library only. `journal` applies these changes when an event is written, `fold` replays them from the
beginning; that the two agree is what `audit` checks. An event carries everything its effect needs, so an effect reads
no state.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from routing_jobs.ledger.event import Event

Row = dict[str, Any]
State = dict[str, dict[tuple[Any, ...], Row]]


class Kind(Enum):
    """How a change meets the row that may be there."""

    INSERT = "insert"  # there is none
    UPDATE = "update"  # there is one; the values named replace its own
    REPLACE = "replace"  # either


@dataclass(frozen=True, slots=True)
class Change:
    """One row written. `key` names the row by its primary key columns; `values` are the other columns."""

    table: str
    kind: Kind
    key: Row
    values: Row


Effect = Callable[[Event, Row], Iterable[Change]]
EFFECTS: dict[str, Effect] = {}


def _on(*event_types: str) -> Callable[[Effect], Effect]:
    def register(effect: Effect) -> Effect:
        for event_type in event_types:
            EFFECTS[event_type] = effect
        return effect

    return register


def _insert(table: str, key: Row, values: Row) -> Change:
    return Change(table, Kind.INSERT, key, values)


def _update(table: str, key: Row, values: Row) -> Change:
    return Change(table, Kind.UPDATE, key, values)


def _batch(event: Event, values: Row) -> Change:
    return _update("batch", {"batch_id": event.subject_id}, values)


@_on("arrival_recorded")
def _arrival(event: Event, data: Row) -> Iterable[Change]:
    values = {name: data[name] for name in ("feed", "file_sha256", "path_digest", "bytes")}
    yield _insert("arrival", {"arrival_seq": data["arrival_seq"]}, values | {"arrived_at": event.occurred_at})


@_on("gate_judged")
def _gate(event: Event, data: Row) -> Iterable[Change]:
    shared = {
        "run_id": data["run_id"],
        "as_of": event.occurred_at,
        "gate": data["gate"],
        "subject_sha256": event.subject_id,
    }
    for check in data["checks"]:
        values = {name: check[name] for name in ("passed", "rows_seen", "rows_failed", "message", "remedy")}
        yield _insert("gate_verdict", {"seq": event.seq, "check_name": check["check_name"]}, shared | values)


_NOT_YET = (
    "reviewed_by",
    "approved_by",
    "approved_at",
    "approved_content_sha256",
    "approved_version",
    "released_by",
    "released_at",
    "ended_by",
    "ended_at",
    "reason_digest",
    "superseded_by",
)
_APPROVAL_VOID: Row = dict.fromkeys(("approved_by", "approved_at", "approved_content_sha256", "approved_version"))


@_on("batch_proposed")
def _proposed(event: Event, data: Row) -> Iterable[Change]:
    moments = {"as_of": event.occurred_at, "proposed_at": event.occurred_at, "proposed_seq": event.seq}
    created = {"status": "proposed", "created_by": event.actor} | moments | dict.fromkeys(_NOT_YET)
    yield _insert("batch", {"batch_id": event.subject_id}, created | data)


@_on("batch_superseded")
def _superseded(event: Event, data: Row) -> Iterable[Change]:
    ended = {"status": "superseded", "ended_by": event.actor, "ended_at": event.occurred_at}
    yield _batch(event, ended | {"version": data["version"], "superseded_by": data["superseded_by"]})


@_on("batch_review_started")
def _review_started(event: Event, data: Row) -> Iterable[Change]:
    yield _batch(event, {"status": "in_review", "version": data["version"], "reviewed_by": event.actor})


@_on("lines_overridden", "lines_held", "lines_unheld")
def _lines_decided(event: Event, data: Row) -> Iterable[Change]:
    changed = {name: data[name] for name in ("version", "content_sha256", "assigned_count", "override_count")}
    yield _batch(event, {"status": "in_review"} | _APPROVAL_VOID | changed)
    yield from _line_decisions(event, data["lines"])


def _line_decisions(event: Event, lines: list[Row]) -> Iterator[Change]:
    for line in lines:
        values = {name: value for name, value in line.items() if name != "lead_id"}
        yield Change("line_decision", Kind.REPLACE, {"batch_id": event.subject_id, "lead_id": line["lead_id"]}, values)


@_on("batch_approved")
def _approved(event: Event, data: Row) -> Iterable[Change]:
    approval = {
        "approved_by": event.actor,
        "approved_at": event.occurred_at,
        "approved_content_sha256": data["content_sha256"],
        "approved_version": data["seen_version"],
    }
    yield _batch(event, {"status": "approved", "version": data["version"]} | approval)


@_on("batch_rejected", "batch_rolled_back")
def _ended(event: Event, data: Row) -> Iterable[Change]:
    status = event.event_type.removeprefix("batch_")
    ended = {"ended_by": event.actor, "ended_at": event.occurred_at, "reason_digest": data["reason_digest"]}
    yield _batch(event, {"status": status, "version": data["version"]} | ended)


@_on("assignment_opened")
def _opened(event: Event, data: Row) -> Iterable[Change]:
    key = {"assignment_id": event.subject_id}
    later = dict.fromkeys(
        ("responded_at", "response", "decline_reason", "recall_reason", "first_follow_up_at", "closed_at")
    )
    facts = {name: value for name, value in data.items() if name != "message_id"}
    yield _insert("assignment", key, {"status": "open", "released_at": event.occurred_at} | later | facts)
    yield _assignment_event(event, data, "released", "opened-" + event.subject_id)
    yield _message(
        event,
        data["message_id"],
        "offer",
        {"partner_id": data["partner_id"], "batch_id": data["batch_id"]} | key,
    )


def _assignment_event(event: Event, data: Row, event_type: str, event_id: str) -> Change:
    optional = {name: data.get(name) for name in ("reported_at", "reason", "reason_digest")}
    values = {
        "assignment_id": event.subject_id,
        "lead_id": data["lead_id"],
        "partner_id": data["partner_id"],
        "event_type": event_type,
        "occurred_at": data.get("occurred_at", event.occurred_at),
        "source": data.get("event_source", "leadroute"),
    }
    return _insert("assignment_event", {"event_id": event_id}, values | optional)


def _message(event: Event, message_id: str, kind: str, values: Row) -> Change:
    empty = dict.fromkeys(
        ("partner_id", "assignment_id", "batch_id", "first_seq", "last_seq", "blocked_reason", "delivery_id", "sent_at")
    )
    born = {"kind": kind, "status": "pending", "created_at": event.occurred_at}
    return _insert("outbox", {"message_id": message_id}, empty | born | values)


@_on("batch_released")
def _released(event: Event, data: Row) -> Iterable[Change]:
    release = {"released_by": event.actor, "released_at": event.occurred_at}
    yield _batch(event, {"status": "released", "version": data["version"]} | release)
    yield from _line_decisions(event, data["withheld"])
    if data["vendor_message_id"]:
        scope = {"batch_id": event.subject_id, "first_seq": data["first_seq"], "last_seq": data["last_seq"]}
        yield _message(event, data["vendor_message_id"], "vendor", scope)


@_on("assignment_recalled")
def _recalled(event: Event, data: Row) -> Iterable[Change]:
    closed = {"status": "recalled", "recall_reason": data["reason"], "closed_at": event.occurred_at}
    yield _update("assignment", {"assignment_id": event.subject_id}, closed)
    yield _assignment_event(event, data, "recalled", "recalled-" + event.subject_id)
    if data["cancelled_message_id"]:
        yield _update("outbox", {"message_id": data["cancelled_message_id"]}, {"status": "cancelled"})
    if data["recall_message_id"]:
        scope = {"partner_id": data["partner_id"], "batch_id": data["batch_id"], "assignment_id": event.subject_id}
        yield _message(event, data["recall_message_id"], "recall", scope)


@_on("activity_reported")
def _activity(event: Event, data: Row) -> Iterable[Change]:
    yield _assignment_event(event, data, data["activity_type"], data["event_id"])


@_on("assignment_updated")
def _updated(event: Event, data: Row) -> Iterable[Change]:
    yield _update("assignment", {"assignment_id": event.subject_id}, data["changes"])


@_on("vendor_update_prepared")
def _vendor_update(event: Event, data: Row) -> Iterable[Change]:
    yield _message(event, event.subject_id, "vendor", {name: data[name] for name in ("first_seq", "last_seq")})


@_on("messages_blocked", "messages_cancelled")
def _set_aside(event: Event, data: Row) -> Iterable[Change]:
    values = {"status": event.event_type.removeprefix("messages_"), "blocked_reason": data["reason"]}
    for message_id in data["message_ids"]:
        yield _update("outbox", {"message_id": message_id}, values)


@_on("contacts_prepared")
def _contacts_prepared(event: Event, data: Row) -> Iterable[Change]:
    for message in data["messages"]:
        scope = {name: message[name] for name in ("partner_id", "assignment_id", "batch_id")}
        yield _message(event, message["message_id"], "contact", scope)


@_on("delivery_started")
def _delivery_started(event: Event, data: Row) -> Iterable[Change]:
    values = {name: data[name] for name in ("recipient", "path")} | {"message_count": len(data["message_ids"])}
    values |= {"status": "sending", "started_at": event.occurred_at, "sent_at": None, "file_sha256": None}
    yield Change("delivery", Kind.REPLACE, {"delivery_id": event.subject_id}, values)  # tried before, maybe
    sending = {"status": "sending", "blocked_reason": None, "delivery_id": event.subject_id}
    for message_id in data["message_ids"]:
        yield _update("outbox", {"message_id": message_id}, sending)


@_on("delivery_sent")
def _delivery_sent(event: Event, data: Row) -> Iterable[Change]:
    sent = {"status": "sent", "sent_at": event.occurred_at}
    yield _update("delivery", {"delivery_id": event.subject_id}, sent | {"file_sha256": data["file_sha256"]})
    for message_id in data["message_ids"]:
        yield _update("outbox", {"message_id": message_id}, sent)


@_on("delivery_abandoned")
def _delivery_abandoned(event: Event, data: Row) -> Iterable[Change]:
    yield _update("delivery", {"delivery_id": event.subject_id}, {"status": "abandoned"})
    for message_id in data["message_ids"]:
        yield _update("outbox", {"message_id": message_id}, {"status": "pending", "delivery_id": None})


@_on("message_resolved")
def _resolved(event: Event, data: Row) -> Iterable[Change]:
    sent_at = event.occurred_at if data["status"] == "sent" else None
    yield _update("outbox", {"message_id": event.subject_id}, {"status": data["status"], "sent_at": sent_at})


@_on("person_suppressed")
def _suppressed(event: Event, _data: Row) -> Iterable[Change]:
    yield _insert("suppression", {"digest": event.subject_id}, {"suppressed_at": event.occurred_at})


@_on("ledger_restored")
def _restored(event: Event, data: Row) -> Iterable[Change]:
    opened = {"restored_at": event.occurred_at, "reconciled_at": None, "reconciled_by": None}
    yield _insert("epoch", {"epoch": data["epoch"]}, opened)
    for message_id in data["uncertain_message_ids"]:
        yield _update("outbox", {"message_id": message_id}, {"status": "uncertain"})


@_on("outbox_reconciled")
def _reconciled(event: Event, data: Row) -> Iterable[Change]:
    closed = {"reconciled_at": event.occurred_at, "reconciled_by": event.actor}
    yield _update("epoch", {"epoch": data["epoch"]}, closed)


@_on("side_text_erased", "rulebook_requested", "rulebook_activated")
def _changes_no_table(_event: Event, _data: Row) -> Iterable[Change]:
    return ()


def changes_of(event: Event, data: Row | None = None) -> Iterable[Change]:
    """The changes an event makes, in order; ValueError for an event type nobody knows.

    `data` is the event's payload as an object, where the caller has it already.
    """
    effect = EFFECTS.get(event.event_type)
    if effect is None:
        raise ValueError(f"event {event.seq}: no effect is known for event type {event.event_type!r}")
    return effect(event, event.data if data is None else data)


def fold(events: Iterable[Event]) -> State:
    """The state tables the events add up to: table -> key values -> row. ValueError where an event cannot apply."""
    state: State = {}
    for event in events:
        for change in changes_of(event):
            rows = state.setdefault(change.table, {})
            key = tuple(change.key.values())
            known = rows.get(key)
            if (change.kind is Kind.INSERT and known is not None) or (change.kind is Kind.UPDATE and known is None):
                raise ValueError(
                    f"event {event.seq} ({event.event_type}) cannot {change.kind.value} {change.table} {key}"
                )
            base = known if change.kind is Kind.UPDATE and known else change.key
            rows[key] = base | change.values
    return state
