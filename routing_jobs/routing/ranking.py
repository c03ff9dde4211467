"""In which order a unit would ask its partners: tie band, tiebreaks, ranks. Plain arrays.

Lives here: the order within each unit. Not here: which pairs exist (`candidates`), who is chosen (`decision`).
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from routing_jobs.routing.instance import LIMIT, Indices, Ints
from routing_jobs.routing.pairs import Candidates, Flags

MICROS = 1_000_000
_WIDEST_TABLE = 1 << 22  # spans of values up to here are ranked by a table instead of a sort


def band(candidates: Candidates, available: Flags, tie_band: float) -> Ints:
    """int64[E]: scores, those within the share `tie_band` of the unit's best available score raised to it."""
    return np.asarray(_raised(candidates.indptr, candidates.score, available, round(tie_band * MICROS)))


def equals(candidates: Candidates, available: Flags, banded: Ints) -> Flags:
    """bool[E]: the available pairs a unit has no reason to tell apart: best banded score, then best tie.

    None for a unit with a claim that can be met: the claim decides, and turns have no say.
    """
    arrays = candidates.indptr, candidates.tie, candidates.is_claim
    return np.asarray(_alike(*arrays, available, banded))


def preference(candidates: Candidates, designated: Flags, partners: int, units: int) -> Ints:
    """int64[E], 0 or more: what decides between equal totals: ties, then turns (`designated`), then partner index.

    A level of ties outweighs any number of turns that one exchange of units among partners can cost; where numbers that
    large would not fit (many levels, partners and units at once), any one turn, and where even those would not, levels
    near each other count as one.
    """
    lower = (partners - 1) - candidates.partner.astype(np.int64)
    lower[designated] += partners
    levels = dense(candidates.tie)
    if not levels.size or levels.max() == 0:
        return lower
    exchange = min(units, partners) + 1
    most = LIMIT // (3 * exchange * max(units, 1))  # what `ties` can still weigh
    step = 2 * partners * exchange + 1
    if (int(levels.max()) + 1) * step >= most:
        step = 2 * partners
    while (int(levels.max()) + 1) * step >= most and levels.max() > 0:
        levels //= 2
    return levels * step + lower


def own_order(candidates: Candidates, banded: Ints, wish: Ints) -> Ints:
    """int64[E]: each unit's positions, its first choice first: claims, then banded scores, then preferences."""
    return np.asarray(_ordered(candidates.indptr, candidates.is_claim, banded, wish))


def ranks(candidates: Candidates, order: Ints) -> Indices:
    """int32[E]: 1 for the unit's own first choice."""
    rank: Indices = np.empty(len(order), dtype=np.int32)
    start = np.repeat(candidates.indptr[:-1], np.diff(candidates.indptr))
    rank[order] = np.arange(len(order)) - start + 1
    return rank


def dense(values: NDArray[np.int64]) -> Ints:
    """The order of `values` as integers from 0 without gaps, equal values alike."""
    if not values.size:
        return np.empty(0, dtype=np.int64)
    least, span = int(values.min()), int(values.max()) - int(values.min())
    if span >= _WIDEST_TABLE:
        return np.unique(values, return_inverse=True)[1].astype(np.int64)
    is_there = np.zeros(span + 1, dtype=np.int64)
    is_there[values - least] = 1
    level: Ints = (np.cumsum(is_there) - 1)[values - least]
    return level


@njit(cache=True, nogil=True)
def _raised(indptr, score, available, share):
    banded = score.copy()
    for unit in range(len(indptr) - 1):
        best = 0
        for e in range(indptr[unit], indptr[unit + 1]):
            if available[e]:
                best = max(best, score[e])
        least = best - (best // MICROS * share + best % MICROS * share // MICROS)
        for e in range(indptr[unit], indptr[unit + 1]):
            if least <= score[e] < best:
                banded[e] = best
    return banded


@njit(cache=True, nogil=True)
def _alike(indptr, tie, is_claim, available, banded):
    alike = np.zeros(len(tie), np.bool_)
    for unit in range(len(indptr) - 1):
        first = -1
        for e in range(indptr[unit], indptr[unit + 1]):
            if not available[e]:
                continue
            if is_claim[e]:
                first = -1
                break
            if first < 0 or banded[e] > banded[first] or (banded[e] == banded[first] and tie[e] > tie[first]):
                first = e
        if first < 0:
            continue
        for e in range(indptr[unit], indptr[unit + 1]):
            alike[e] = available[e] and banded[e] == banded[first] and tie[e] == tie[first]
    return alike


@njit(cache=True, nogil=True)
def _ordered(indptr, is_claim, banded, wish):
    """Three stable sorts a unit, the least important first; short rows by insertion."""
    order = np.empty(len(banded), np.int64)
    for unit in range(len(indptr) - 1):
        first, last = indptr[unit], indptr[unit + 1]
        if last - first > 48:
            by_wish = np.argsort(-wish[first:last], kind="mergesort")
            by_score = by_wish[np.argsort(-banded[first:last][by_wish], kind="mergesort")]
            by_claim = by_score[np.argsort(~is_claim[first:last][by_score], kind="mergesort")]
            order[first:last] = first + by_claim
            continue
        for e in range(first, last):
            k = e
            while k > first and _goes_before(e, order[k - 1], is_claim, banded, wish):
                order[k] = order[k - 1]
                k -= 1
            order[k] = e
    return order


@njit(cache=True, nogil=True)
def _goes_before(one, other, is_claim, banded, wish):
    if is_claim[one] != is_claim[other]:
        return is_claim[one]
    if banded[one] != banded[other]:
        return banded[one] > banded[other]
    return wish[one] > wish[other]
