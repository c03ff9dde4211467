"""A landed file as the ledger numbered it: what intake and ledger say to each other. No store is read here."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Arrival:
    """One file of one feed; `arrived_at` is naive UTC, `path` is empty where it was erased."""

    feed: str
    file_sha256: str
    path: str
    bytes: int
    arrival_seq: int
    arrived_at: datetime
