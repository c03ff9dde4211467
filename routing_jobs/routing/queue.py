"""Units served one after the other instead of all at once: the modes waterfall and round_robin.

waterfall    each unit in line takes the first partner of its own order that has a free slot
round_robin  each unit in line goes to the partner of its pool whose turn it is, among those that may take it and have
             a free slot; scores have no say

Units whose claim (precedence) can be met are served before the others. Lives here: the passing of the line. Not here:
the units' own order (`ranking`), turns (`turns`), what this gives up against the best (`decision`).
"""

import numpy as np
from numba import njit

from routing_jobs.routing.instance import Ints
from routing_jobs.routing.pairs import Candidates, Flags
from routing_jobs.routing.turns import NOBODY, Rotation, next_in_turn, owe


def waterfall(candidates: Candidates, capacity: Ints, own_order: Ints) -> Flags:
    """bool[E], the pairs chosen; `own_order` holds each unit's positions, its first choice first (`ranking.own_order`)."""
    room, chosen = capacity.copy(), np.zeros(len(candidates.partner), dtype=np.bool_)
    line = np.argsort(candidates.turn, kind="stable")
    served = _meet_claims(line, *_arrays(candidates), own_order, room, chosen)
    _pour(line, served, *_arrays(candidates), own_order, room, chosen)
    return chosen


def round_robin(candidates: Candidates, capacity: Ints, own_order: Ints, rotation: Rotation) -> tuple[Flags, Rotation]:
    """bool[E], the pairs chosen, and the rotation afterwards. A claim is met outside the turns."""
    room, chosen, after = capacity.copy(), np.zeros(len(candidates.partner), dtype=np.bool_), rotation.copied()
    line = np.argsort(candidates.turn, kind="stable")
    served = _meet_claims(line, *_arrays(candidates), own_order, room, chosen)
    turns = after.weight, after.expected, after.received
    _rotate(line, served, *_arrays(candidates)[:2], candidates.holds_slot, candidates.pool, *turns, room, chosen)
    return chosen, after


def _arrays(candidates: Candidates) -> tuple[Ints, np.ndarray, Flags, Flags]:
    return candidates.indptr, candidates.partner, candidates.is_claim, candidates.holds_slot


@njit(cache=True, nogil=True)
def _meet_claims(line, indptr, partner, is_claim, holds_slot, own_order, room, chosen):
    """Serve the units whose claimant has a slot; whether each unit was served, bool[n]. A claim is first in own_order."""
    served = np.zeros(len(line), np.bool_)
    for unit in line:
        if indptr[unit] == indptr[unit + 1]:
            continue
        e = own_order[indptr[unit]]
        if is_claim[e] and (not holds_slot[unit] or room[partner[e]] > 0):
            chosen[e] = True
            served[unit] = True
            room[partner[e]] -= 1 if holds_slot[unit] else 0
    return served


@njit(cache=True, nogil=True)
def _pour(line, served, indptr, partner, is_claim, holds_slot, own_order, room, chosen):
    for unit in line:
        if served[unit]:
            continue
        for k in range(indptr[unit], indptr[unit + 1]):
            e = own_order[k]
            if not holds_slot[unit] or room[partner[e]] > 0:
                chosen[e] = True
                room[partner[e]] -= 1 if holds_slot[unit] else 0
                break


@njit(cache=True, nogil=True)
def _rotate(line, served, indptr, partner, holds_slot, pool, weight, expected, received, room, chosen):
    present = np.zeros(len(partner), np.bool_)
    for unit in line:
        if served[unit]:
            continue
        first, last, base = indptr[unit], indptr[unit + 1], np.int64(pool[unit]) * len(weight)
        for e in range(first, last):
            present[e] = not holds_slot[unit] or room[partner[e]] > 0
        owe(partner, first, last, present, base, weight, expected)
        e = next_in_turn(partner, first, last, present, base, weight, expected, received)
        if e != NOBODY:
            chosen[e] = True
            received[base + partner[e]] += 1
            room[partner[e]] -= 1 if holds_slot[unit] else 0
