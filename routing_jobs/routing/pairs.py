"""The pairs of units and partners that may be chosen, as plain arrays in CSR form. No rules here."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from routing_jobs.routing.instance import Indices, Ints

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Candidates:
    """n units, m partners, E pairs; the pairs of unit u are positions indptr[u] to indptr[u + 1], partners rising.

    Attributes:
        indptr: int64[n+1].
        partner: int32[E], 0 to m-1.
        score: int64[E], above 0.
        tie: int64[E], greater wins among equal scores.
        area: int32[E], the limited territory a pair takes its slot in, 0 to k-1; -1 where only the partner limits.
        is_claim: bool[E], precedence names this partner for this unit.
        holds_slot: bool[n], False for units that take no slot.
        pool: int32[n], the pool whose partners take turns.
        turn: int32[n], each unit's place in line, all different; the smallest is served first.
    """

    indptr: Ints
    partner: Indices
    score: Ints
    tie: Ints
    area: Indices
    is_claim: Flags
    holds_slot: Flags
    pool: Indices
    turn: Indices

    @property
    def units(self) -> int:
        """Number of units, n."""
        return len(self.indptr) - 1

    @cached_property
    def unit(self) -> Indices:
        """The unit of each pair, int32[E]."""
        return np.repeat(np.arange(self.units, dtype=np.int32), np.diff(self.indptr))

    @cached_property
    def pair_holds_slot(self) -> Flags:
        """Whether the unit of each pair takes a slot, bool[E]."""
        return np.repeat(self.holds_slot, np.diff(self.indptr))
