"""Whose turn it is: partners of a pool share what comes in proportion to their weights, across batches.

A unit that several partners of its pool could take equally well is owed to them in shares of their weights; the one
that gets it has received a unit. What a partner is owed beyond what it received is its credit; the credits of a pool
add up to nothing, but for units that people held back. A partner that is away (paused, full, not eligible) is owed nothing of what comes meanwhile: when it
is back it gets its share of what comes then, not a flood.

Next is, among the k partners present whose credit, their share of this unit included, is at least 1 / (2k - 2), the one
whose credit would soonest reach 1 - 1 / (2k - 2). With the same partners and weights present throughout, no credit ever
exceeds that in either direction: shares match weights within one unit. Source: R. Tijdeman, The chairman assignment
problem, Discrete Mathematics 32 (1980). Where who is present changes, the bound need not hold, the direction does.

Lives here: credits and the choice. Not here: who is present (`ranking`, `queue`), where credits are kept (the ledger).
"""

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import ArrayLike

from routing_jobs.routing.instance import Ints
from routing_jobs.routing.pairs import Candidates, Flags

NANOS = 10**9  # of a unit, in which shares are counted: rounding moves a credit by one unit in 10**9 units
GREATEST_WEIGHT = 10**6
NOBODY = -1


@dataclass(frozen=True)
class Rotation:
    """How far the turns of each pool have come; pool q's partner p is at position q * m + p.

    Attributes:
        weight: int64[m], 0 to GREATEST_WEIGHT; partners share in this proportion.
        expected: int64[pools * m], nanos of units owed.
        received: int64[pools * m], units received.
    """

    weight: Ints
    expected: Ints
    received: Ints

    def copied(self) -> "Rotation":
        """The same, to be changed alone."""
        return Rotation(self.weight, self.expected.copy(), self.received.copy())


def new_rotation(weights: ArrayLike, pools: int, credit: Ints | None = None) -> Rotation:
    """A rotation in which nothing was given yet, with what partners are owed from before.

    Args:
        weights: m numbers, 0 or more; scaled to GREATEST_WEIGHT. All zero, or zero for all that are present, means
            equal shares.
        pools: How many pools.
        credit: int64[pools * m], nanos; none by default.
    """
    given = np.asarray(weights, dtype=np.float64)
    if given.size and (given.min() < 0 or not np.isfinite(given).all()):
        raise ValueError(f"weight {given.min()} of partner {int(given.argmin())}; expected 0 or more")
    greatest = given.max(initial=0.0)
    scaled = np.ceil(given / greatest * GREATEST_WEIGHT) if greatest > 0 else given
    expected = np.zeros(pools * len(given), dtype=np.int64) if credit is None else credit.astype(np.int64)
    return Rotation(scaled.astype(np.int64), expected, np.zeros(pools * len(given), dtype=np.int64))


def designated(candidates: Candidates, present: Flags, rotation: Rotation) -> Flags:
    """bool[E]: for each unit the pair among `present` (bool[E]) whose partner is next, were all turns kept."""
    scratch = rotation.copied()
    chosen = np.zeros(len(present), dtype=np.bool_)
    arrays = candidates.indptr, candidates.partner, present, candidates.pool
    _designate(_line(candidates), *arrays, scratch.weight, scratch.expected, scratch.received, chosen)
    return chosen


def settled(candidates: Candidates, present: Flags, chosen: Flags, rotation: Rotation) -> Rotation:
    """The rotation after a decision: units whose chosen pair is among `present` were owed, and given."""
    after = rotation.copied()
    arrays = candidates.indptr, candidates.partner, present & _decided(candidates, present & chosen), candidates.pool
    _owe_all(*arrays, after.weight, after.expected)
    given = np.flatnonzero(present & chosen)
    place = candidates.pool[candidates.unit[given]].astype(np.int64) * len(after.weight) + candidates.partner[given]
    after.received[:] += np.bincount(place, minlength=len(after.received))
    return after


def _decided(candidates: Candidates, given: Flags) -> Flags:
    """Every pair of the units that have a pair in `given`."""
    units = np.zeros(candidates.units, dtype=np.bool_)
    units[candidates.unit[given]] = True
    return np.repeat(units, np.diff(candidates.indptr))


def _line(candidates: Candidates) -> Ints:
    """Units in the order they are served."""
    return np.argsort(candidates.turn, kind="stable")


@njit(cache=True, nogil=True)
def _designate(line, indptr, partner, present, pool, weight, expected, received, chosen):
    """Give every unit of `line` to the partner that is next, and mark it."""
    partners = len(weight)
    for unit in line:
        first, last, base = indptr[unit], indptr[unit + 1], np.int64(pool[unit]) * partners
        owe(partner, first, last, present, base, weight, expected)
        e = next_in_turn(partner, first, last, present, base, weight, expected, received)
        if e != NOBODY:
            chosen[e] = True
            received[base + partner[e]] += 1


@njit(cache=True, nogil=True)
def _owe_all(indptr, partner, present, pool, weight, expected):
    for unit in range(len(indptr) - 1):
        base = np.int64(pool[unit]) * len(weight)
        owe(partner, indptr[unit], indptr[unit + 1], present, base, weight, expected)


@njit(cache=True, nogil=True)
def owe(partner, first, last, present, base, weight, expected):
    """Add one unit to what the partners present among pairs first to last are owed, by weight; exactly one unit."""
    total, count = 0, 0
    for e in range(first, last):
        if present[e]:
            total += weight[partner[e]]
            count += 1
    if count == 0:
        return
    is_even = total == 0
    total = count if is_even else total
    rest = NANOS
    for e in range(first, last):
        if present[e]:
            share = NANOS * (1 if is_even else weight[partner[e]]) // total
            expected[base + partner[e]] += share
            rest -= share
    for e in range(first, last):
        if rest > 0 and present[e] and (is_even or weight[partner[e]] > 0):
            expected[base + partner[e]] += 1
            rest -= 1


@njit(cache=True, nogil=True)
def next_in_turn(partner, first, last, present, base, weight, expected, received):
    """The pair whose partner is next, or NOBODY; the unit in question is in `expected` already."""
    count, total = 0, 0
    for e in range(first, last):
        if present[e]:
            total += weight[partner[e]]
            count += 1 if weight[partner[e]] > 0 else 0
    is_even = total == 0
    if is_even:
        for e in range(first, last):
            count += 1 if present[e] else 0
    margin = NANOS // (2 * count - 2) if count > 1 else 0
    soonest, time_left, pace = NOBODY, 0, 1
    most, richest = NOBODY, 0
    for e in range(first, last):
        w = 1 if is_even else weight[partner[e]]
        if not present[e] or w == 0:
            continue
        place = base + partner[e]
        credit = expected[place] - received[place] * NANOS
        if most == NOBODY or credit > richest:
            most, richest = e, credit
        left = NANOS - margin - credit
        # left / w < time_left / pace, without division; a credit of thousands of units is cut to fit
        left = max(left, -(NANOS * 1000))
        if credit >= margin and (soonest == NOBODY or left * pace < time_left * w):
            soonest, time_left, pace = e, left, w
    return soonest if soonest != NOBODY else most
