"""What partners did with their assignments, as reported: each report one event, counted once by its stable id.

An assignment's state is worked out anew from all its reports in order of occurrence, so it does not matter in which
order files bring them. A report never undoes what the program decided (a recall).
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, select

from routing_jobs.ledger.event import instant_text
from routing_jobs.ledger.journal import Transaction
from routing_jobs.ledger.ledger import Ledger
from routing_jobs.ledger.tables import ASSIGNMENT, ASSIGNMENT_EVENT

# `registered`, `won` and `lost` are not activities of a partner's file: registrations and opportunities say so.
FOLLOW_UPS = ("attempted", "contacted", "meeting", "qualified", "disqualified", "registered", "won", "lost")
ACCEPTING = ("accepted", *FOLLOW_UPS)
CLOSING = ("declined", "disqualified", "won", "lost")
KNOWN_TYPES = frozenset((*ACCEPTING, *CLOSING, "note"))

# Anything else a partner gives as a reason is text and goes to the side table.
REASONS = frozenset(
    (
        "no_capacity",
        "outside_territory",
        "outside_expertise",
        "commercial_conflict",
        "bad_data",
        "not_a_buyer",
        "duplicate",
        "existing_customer",
        "already_working",
    )
)
OTHER_REASON = "other"
_STATE = ("status", "responded_at", "response", "decline_reason", "first_follow_up_at", "closed_at")
_CHUNK = 500


def activity_event_id(source_system: str, activity_id: str) -> str:
    """The id of one report wherever it comes from: page, API or file."""
    return "act-" + hashlib.sha256(f"{source_system}\x1f{activity_id}".encode()).hexdigest()[:20]


def record_activity(ledger: Ledger, rows: Iterable[Mapping[str, Any]], as_of: datetime) -> int:
    """Record reports about our own assignments; how many were new.

    Each row: source_system, activity_id, assignment_id, partner_id, activity_type, occurred_at, reported_at, reason
    (instants naive UTC). Left out, without an event: reports known already, of another partner than the assignment's,
    of before its release, and of after as_of (a later run takes those). ValueError for an unknown activity type.
    """
    reports = {activity_event_id(row["source_system"], row["activity_id"]): row for row in rows}
    with ledger.reading() as connection:
        unknown = _unknown(connection, reports)
    if not unknown:
        return 0
    with ledger.writing(as_of) as transaction:
        unknown = _unknown(transaction.connection, unknown)
        assignments = _rows(
            transaction.connection, ASSIGNMENT, "assignment_id", {row["assignment_id"] for row in unknown.values()}
        )
        standing = {row["assignment_id"]: row for row in assignments}
        new = {
            event_id: row
            for event_id, row in unknown.items()
            if _is_about(row, standing.get(row["assignment_id"]), as_of)
        }
        order = sorted(new, key=lambda event_id: (new[event_id]["occurred_at"], event_id))
        for event_id in order:
            _append_report(ledger, transaction, event_id, new[event_id], standing[new[event_id]["assignment_id"]])
        transaction.flush()
        _restate(transaction, [standing[name] for name in sorted({row["assignment_id"] for row in new.values()})])
    return len(new)


def _unknown(connection: Connection, reports: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    known = {row["event_id"] for row in _rows(connection, ASSIGNMENT_EVENT, "event_id", set(reports))}
    return {event_id: row for event_id, row in reports.items() if event_id not in known}


def _rows(connection: Connection, table: Table, column: str, values: set[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    ordered = sorted(values)
    for start in range(0, len(ordered), _CHUNK):
        query = select(table).where(table.c[column].in_(ordered[start : start + _CHUNK]))
        found += [dict(row) for row in connection.execute(query).mappings()]
    return found


def _is_about(report: Mapping[str, Any], assignment: Mapping[str, Any] | None, as_of: datetime) -> bool:
    if report["activity_type"] not in KNOWN_TYPES:
        raise ValueError(f"activity {report['activity_id']!r}: activity_type {report['activity_type']!r} is not known")
    if assignment is None or report["partner_id"] != assignment["partner_id"]:
        return False
    return bool(assignment["released_at"] <= instant_text(report["occurred_at"]) <= instant_text(as_of))


def _append_report(
    ledger: Ledger,
    transaction: Transaction,
    event_id: str,
    report: Mapping[str, Any],
    assignment: Mapping[str, Any],
) -> None:
    reason, digest = report.get("reason"), None
    if reason and reason not in REASONS:
        reason, digest = OTHER_REASON, ledger.remember(transaction, reason)
    reported_at = report.get("reported_at")
    payload = {
        "event_id": event_id,
        "lead_id": assignment["lead_id"],
        "partner_id": assignment["partner_id"],
        "activity_type": report["activity_type"],
        "occurred_at": instant_text(report["occurred_at"]),
        "reported_at": instant_text(reported_at) if reported_at else None,
        "reason": reason or None,
        "reason_digest": digest,
        "event_source": report["source_system"],
    }
    transaction.append("assignment", assignment["assignment_id"], "activity_reported", payload)


def _restate(transaction: Transaction, assignments: Sequence[Mapping[str, Any]]) -> None:
    """Work the assignments out anew from all their reports, and note what changed."""
    wanted = {assignment["assignment_id"] for assignment in assignments}
    reports: dict[str, list[dict[str, Any]]] = {}
    for row in _rows(transaction.connection, ASSIGNMENT_EVENT, "assignment_id", wanted):
        reports.setdefault(row["assignment_id"], []).append(row)
    for assignment in assignments:
        state = state_of(assignment, reports[assignment["assignment_id"]])
        changes = {name: value for name, value in state.items() if value != assignment[name]}
        if changes:
            payload = {"partner_id": assignment["partner_id"], "lead_id": assignment["lead_id"], "changes": changes}
            transaction.append("assignment", assignment["assignment_id"], "assignment_updated", payload)


def state_of(assignment: Mapping[str, Any], reports: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What the reports make of an assignment: status, response and its time, first follow-up, closing.

    Reports after the closing change nothing; one at the same instant as another counts in the order of `CLOSING`
    last. A recalled or expired assignment keeps that status, whatever is reported later.
    """
    is_ended_by_us = assignment["status"] in ("recalled", "expired")
    end = assignment["closed_at"] if is_ended_by_us else None
    state: dict[str, Any] = dict.fromkeys(_STATE) | {"status": "open"}
    if is_ended_by_us:
        state |= {"status": assignment["status"], "closed_at": end}
    for report in sorted(reports, key=_in_order):
        kind, at = report["event_type"], report["occurred_at"]
        if end is not None and at > end:
            break
        if kind in ACCEPTING and state["responded_at"] is None:
            state |= {"responded_at": at, "response": "accepted"}
            state["status"] = state["status"] if is_ended_by_us else "accepted"
        if kind in FOLLOW_UPS and state["first_follow_up_at"] is None:
            state["first_follow_up_at"] = at
        if kind == "declined":
            state |= {"decline_reason": report["reason"]}
            if state["responded_at"] is None:
                state |= {"responded_at": at, "response": "declined"}
        if kind in CLOSING and not is_ended_by_us:
            state |= {"status": kind, "closed_at": at}
            break
    return state


def _in_order(report: Mapping[str, Any]) -> tuple[str, bool, str, str]:
    return report["occurred_at"], report["event_type"] in CLOSING, report["event_type"], report["event_id"]
