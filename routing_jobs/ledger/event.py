"""What one ledger event is, how it is written as bytes and how it is hashed.

Only the standard library: whoever checks a ledger needs this file and nothing else. What an event *does* to the
state lives in `effects`, how it is stored in `journal`.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

GENESIS = "0" * 64  # prev_hash of event 1
_INSTANT_LENGTH = len("2026-03-01T08:00:00.000000Z")
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def instant_text(instant: datetime) -> str:
    """An instant as the ledger keeps it: UTC, microseconds, `2026-03-01T08:00:00.000000Z`; sorts as text.

    A naive datetime is taken as UTC, as everywhere behind intake.
    """
    aware = instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    return aware.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def parse_instant(text: str) -> datetime:
    """The naive UTC datetime of a text made by `instant_text`; ValueError otherwise."""
    if len(text) != _INSTANT_LENGTH or not text.endswith("Z"):
        raise ValueError(f"instant {text!r}: expected one like 2026-03-01T08:00:00.000000Z")
    return datetime.fromisoformat(text[:-1])


def canonical_json(value: Any) -> str:
    """One text per value: keys sorted, no blanks, no NaN, real characters instead of escapes."""
    return _ENCODER.encode(value)


@dataclass(frozen=True, slots=True)
class Event:
    """One row of the journal; `payload` is canonical JSON, the two instants are texts of `instant_text`."""

    seq: int
    stream: str
    subject_id: str
    event_type: str
    occurred_at: str
    recorded_at: str
    actor: str
    payload: str
    prev_hash: str
    hash: str

    @property
    def data(self) -> dict[str, Any]:
        """The payload as an object."""
        data: dict[str, Any] = json.loads(self.payload)
        return data

    @property
    def row(self) -> dict[str, Any]:
        """The event as a row of the event table."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def of_row(cls, row: Mapping[Any, Any]) -> "Event":
        """The event of a row of the event table, by column names."""
        return cls(**{name: row[name] for name in cls.__slots__})


def event_hash(
    seq: int, stream: str, subject_id: str, event_type: str, occurred_at: str, actor: str, payload: str, prev_hash: str
) -> str:
    """SHA-256 over everything an event says but when it was written down (`recorded_at` is in no hash)."""
    body = canonical_json([seq, stream, subject_id, event_type, occurred_at, actor, payload, prev_hash])
    return hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest()


def hash_of(event: Event) -> str:
    """The hash this event should carry."""
    return event_hash(
        event.seq,
        event.stream,
        event.subject_id,
        event.event_type,
        event.occurred_at,
        event.actor,
        event.payload,
        event.prev_hash,
    )
