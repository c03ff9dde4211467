"""Units served one after the other instead of all at once: the modes waterfall and round_robin.

waterfall    each unit in line takes the first partner of its own order that has a free slot
round_robin  each unit in line goes to the partner of its pool whose turn it is, among those that may take it and have
             a free slot; scores have no say

Units whose claim (precedence) can be met are served before the others. Lives here: the passing of the line. Not here:
the units' own order (`ranking`), turns (`turns`), what this gives up against the best (`decision`).
"""

import numpy as np
from numba import njit

from routing_jobs.routing.areas import EVERYWHERE, Room
from routing_jobs.routing.instance import Ints
from routing_jobs.routing.pairs import Candidates, Flags
from routing_jobs.routing.turns import NOBODY, Rotation, next_in_turn, owe


def waterfall(candidates: Candidates, room: Room, own_order: Ints) -> Flags:
    """bool[E], the pairs chosen; `own_order` holds each unit's positions, its first choice first (`ranking.own_order`)."""
    chosen = np.zeros(len(candidates.partner), dtype=np.bool_)
    line = np.argsort(candidates.turn, kind="stable")
    slots = candidates.holds_slot, candidates.area, room.partner.copy(), room.area.copy()
    pairs = candidates.indptr, candidates.partner
    served = _meet_claims(line, *pairs, candidates.is_claim, own_order, *slots, chosen)
    _pour(line, served, *pairs, own_order, *slots, chosen)
    return chosen


def round_robin(candidates: Candidates, room: Room, own_order: Ints, rotation: Rotation) -> tuple[Flags, Rotation]:
    """bool[E], the pairs chosen, and the rotation afterwards. A claim is met outside the turns."""
    chosen, after = np.zeros(len(candidates.partner), dtype=np.bool_), rotation.copied()
    line = np.argsort(candidates.turn, kind="stable")
    slots = candidates.holds_slot, candidates.area, room.partner.copy(), room.area.copy()
    pairs = candidates.indptr, candidates.partner
    served = _meet_claims(line, *pairs, candidates.is_claim, own_order, *slots, chosen)
    _rotate(line, served, *pairs, candidates.pool, after.weight, after.expected, after.received, *slots, chosen)
    return chosen, after


@njit(cache=True, nogil=True)
def _has_slot(e, unit, partner, holds_slot, area, room, area_room):
    if not holds_slot[unit]:
        return True
    return room[partner[e]] > 0 and (area[e] == EVERYWHERE or area_room[area[e]] > 0)


@njit(cache=True, nogil=True)
def _take_slot(e, unit, partner, holds_slot, area, room, area_room):
    if holds_slot[unit]:
        room[partner[e]] -= 1
        if area[e] != EVERYWHERE:
            area_room[area[e]] -= 1


@njit(cache=True, nogil=True)
def _meet_claims(line, indptr, partner, is_claim, own_order, holds_slot, area, room, area_room, chosen):
    """Serve the units whose claimant has a slot; whether each unit was served, bool[n]. A claim is first in own_order."""
    served = np.zeros(len(line), np.bool_)
    for unit in line:
        if indptr[unit] == indptr[unit + 1]:
            continue
        e = own_order[indptr[unit]]
        if is_claim[e] and _has_slot(e, unit, partner, holds_slot, area, room, area_room):
            chosen[e] = True
            served[unit] = True
            _take_slot(e, unit, partner, holds_slot, area, room, area_room)
    return served


@njit(cache=True, nogil=True)
def _pour(line, served, indptr, partner, own_order, holds_slot, area, room, area_room, chosen):
    for unit in line:
        if served[unit]:
            continue
        for k in range(indptr[unit], indptr[unit + 1]):
            e = own_order[k]
            if _has_slot(e, unit, partner, holds_slot, area, room, area_room):
                chosen[e] = True
                _take_slot(e, unit, partner, holds_slot, area, room, area_room)
                break


@njit(cache=True, nogil=True)
def _rotate(line, served, indptr, partner, pool, weight, expected, received, holds_slot, area, room, area_room, chosen):
    present = np.zeros(len(partner), np.bool_)
    for unit in line:
        if served[unit]:
            continue
        first, last, base = indptr[unit], indptr[unit + 1], np.int64(pool[unit]) * len(weight)
        for e in range(first, last):
            present[e] = _has_slot(e, unit, partner, holds_slot, area, room, area_room)
        owe(partner, first, last, present, base, weight, expected)
        e = next_in_turn(partner, first, last, present, base, weight, expected, received)
        if e != NOBODY:
            chosen[e] = True
            received[base + partner[e]] += 1
            _take_slot(e, unit, partner, holds_slot, area, room, area_room)
