"""Checks a chain of events against itself and against heads kept elsewhere. Standard library only.

A changed event no longer has its hash; a removed, inserted or moved one breaks a number or a link; a cut tail shows
because a head outside names an event the chain does not have.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from routing_jobs.ledger.event import GENESIS, Event, hash_of


class Finding(NamedTuple):
    """Something that is not as it was written. `seq` is None where it is not about one event."""

    kind: str
    seq: int | None
    message: str


class OutsideHead(NamedTuple):
    """A head recorded outside the ledger; `seq` is None where only the hash was kept."""

    source: str
    seq: int | None
    hash: str


class ChainCheck:
    """Walks the chain once, event by event; then answers for heads and the stored head."""

    def __init__(self) -> None:
        self.seq, self.hash, self.newest_occurred_at = 0, GENESIS, ""
        self.findings: list[Finding] = []
        self._hashes: dict[str, int] = {GENESIS: 0}
        self._abandoned: set[str] = set()

    def walk(self, events: Iterable[Event]) -> Iterator[Event]:
        """Pass the events (in the order of the store) on, noting what is wrong with each."""
        for event in events:
            self._check(event)
            self.seq, self.hash = event.seq, event.hash
            self.newest_occurred_at = max(self.newest_occurred_at, event.occurred_at)
            self._hashes[event.hash] = event.seq
            if event.event_type == "ledger_restored":
                self._abandoned.update(event.data["abandoned_heads"])
            yield event

    def _check(self, event: Event) -> None:
        if event.seq != self.seq + 1:
            self._note("gap", event.seq, f"event {event.seq} follows event {self.seq}: events were removed or moved")
        if event.prev_hash != self.hash:
            self._note("link", event.seq, f"event {event.seq} does not continue event {self.seq}")
        if hash_of(event) != event.hash:
            self._note("changed", event.seq, f"event {event.seq} ({event.event_type}) is not what was written")

    def knows(self, head: OutsideHead) -> bool:
        """Whether a head is an event of the chain, or one a restore gave up knowingly."""
        known = self._hashes.get(head.hash)
        return head.hash in self._abandoned or (known is not None and head.seq in (None, known))

    def check_heads(self, heads: Iterable[OutsideHead]) -> None:
        """Every head outside must be an event of the chain, unless a restore gave it up knowingly."""
        for head in heads:
            if self.knows(head):
                continue
            name = f"event {head.seq}" if head.seq is not None else "an event"
            self._note(
                "head", head.seq, f"{head.source} names {name} with hash {head.hash[:12]}, which is not in the ledger: "
                "it was cut or rewritten"
            )  # fmt: skip

    def check_stored_head(self, seq: int, stored_hash: str, newest_occurred_at: str) -> None:
        """The ledger's own note of its newest event must be the last of the chain."""
        if (seq, stored_hash) != (self.seq, self.hash):
            self._note("head", seq, f"the ledger says its newest event is {seq}, the last one there is {self.seq}")
        if newest_occurred_at != self.newest_occurred_at:
            self._note("head", None, f"the ledger says its newest instant is {newest_occurred_at}, it is not")

    def _note(self, kind: str, seq: int | None, message: str) -> None:
        self.findings.append(Finding(kind, seq, message))
