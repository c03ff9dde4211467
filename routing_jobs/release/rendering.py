"""What a message says: its columns and one row each. Personal data passes through here and is kept nowhere.

A partner sees the contract's fields of its own leads, nothing else; the vendor gets its own record ids back.
"""

from collections.abc import Sequence
from datetime import UTC
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from routing_jobs.ledger.event import Event, parse_instant
from routing_jobs.release.facts import LeadFacts, PartnerFacts
from routing_jobs.release.messages import ContactData, Message, World
from routing_jobs.release.spreadsheet import Kind, Row

_IDS: dict[str, Kind] = {"message_id": "safe", "assignment_id": "safe", "lead_ref": "safe", "partner_id": "text"}
_PLACE: dict[str, Kind] = {
    "company": "text",
    "country": "text",
    "region": "text",
    "postal_code": "text",
    "city": "text",
}
_CONTACT: dict[str, Kind] = {
    "first_name": "text",
    "last_name": "text",
    "email": "text",
    "phone": "phone",
    "notes": "text",
}
_DEADLINES: dict[str, Kind] = {"released_at": "safe", "accept_due_at": "safe", "follow_up_due_at": "safe"}

COLUMNS: dict[str, dict[str, Kind]] = {
    "offer": _IDS | {"product": "text", "product_interest": "text"} | _PLACE | _CONTACT | _DEADLINES,
    "contact": _IDS | {"company": "text"} | _CONTACT,
    "recall": _IDS | {"reason": "safe", "recalled_at": "safe"},
    "vendor": {
        "message_id": "safe", "event_seq": "safe", "source_system": "text", "source_record_id": "text",
        "lead_ref": "safe", "partner_id": "text", "assignment_id": "safe", "status": "safe", "reason": "safe",
        "occurred_at": "safe", "accept_due_at": "safe", "follow_up_due_at": "safe",
    },
}  # fmt: skip


def partner_row(message: Message, world: World, contact_data: ContactData) -> Row:
    """The row of a message to a partner, by COLUMNS[message.kind]; instants on the partner's wall clock."""
    assignment = message.assignment
    assert assignment is not None, "messages to partners are about an assignment"
    lead, partner = world.leads.get(assignment["lead_id"]), world.partners.get(assignment["partner_id"])
    row: dict[str, str | None] = dict.fromkeys(COLUMNS[message.kind])
    row |= {name: assignment[name] for name in ("assignment_id", "partner_id")}
    row |= {"message_id": message.message_id, "lead_ref": lead.lead_ref if lead else None}
    if message.kind == "recall":
        return row | {
            "reason": assignment["recall_reason"],
            "recalled_at": _local(assignment["closed_at"], partner),
        }
    assert lead is not None, "offers without a lead are set aside"
    row["company"] = lead.company
    if message.kind == "offer":
        row |= _offer(assignment, lead, partner)
    if message.kind == "contact" or contact_data == "with_offer":
        row |= {name: getattr(lead, name) for name in ("first_name", "last_name", "notes")}
        row |= {"email": lead.email_normalized, "phone": lead.phone_e164}
    return row


def _offer(assignment: dict[str, Any], lead: LeadFacts, partner: PartnerFacts | None) -> dict[str, str | None]:
    place = {name: getattr(lead, name) for name in _PLACE}
    interest = "; ".join(lead.product_interest) if lead.product_interest else None
    deadlines = {name: _local(assignment[name], partner) for name in _DEADLINES}
    return place | deadlines | {"product": assignment["product"], "product_interest": interest}


def _local(instant: str | None, partner: PartnerFacts | None) -> str | None:
    """An instant on the partner's wall clock, with its offset; UTC where the roster names no zone."""
    return None if instant is None else _on_clock(instant, partner.timezone if partner else None)


@lru_cache(maxsize=4096)  # a release has few deadlines and many rows
def _on_clock(instant: str, timezone: str | None) -> str:
    zone = ZoneInfo(timezone) if timezone else UTC
    return parse_instant(instant).replace(tzinfo=UTC).astimezone(zone).isoformat(timespec="seconds")


def vendor_rows(
    message: Message, events: Sequence[Event], assignments: dict[str, dict[str, Any]], leads: dict[str, LeadFacts]
) -> list[Row]:
    """One row per event of the vendor's message: whose record, which partner, what happened, until when."""
    rows: list[Row] = []
    for event in events:
        assignment = assignments[event.subject_id]
        lead = leads.get(assignment["lead_id"])
        status, reason = _status_and_reason(event)
        rows.append(
            {name: assignment[name] for name in ("partner_id", "assignment_id")}
            | {name: getattr(lead, name, None) for name in ("source_system", "source_record_id", "lead_ref")}
            | {name: _utc(assignment[name]) for name in ("accept_due_at", "follow_up_due_at")}
            | {"message_id": message.message_id, "event_seq": str(event.seq), "occurred_at": _utc(event.occurred_at)}
            | {"status": status, "reason": reason}
        )
    return rows


def _status_and_reason(event: Event) -> tuple[str, str | None]:
    if event.event_type == "assignment_opened":
        return "open", None
    if event.event_type == "assignment_recalled":
        return "recalled", event.data["reason"]
    changes = event.data["changes"]
    return changes["status"], changes.get("decline_reason")


@lru_cache(maxsize=4096)
def _utc(instant: str) -> str:
    return parse_instant(instant).isoformat(timespec="seconds") + "Z"
