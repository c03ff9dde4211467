"""Pairs that come in any order, batch by batch, put into rows by counting, never by a sort of all of them. Plain arrays.

n units, each a row of the result in CSR form; E pairs in all.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from routing_jobs.routing.instance import Indices, Ints

Codes = NDArray[np.uint8]
_LONG = 64  # entries from which a row is sorted by a sort rather than by insertion


def row_starts(counts: Ints) -> Ints:
    """int64[n+1]: where each row begins, from its number of pairs, int64[n]."""
    return np.concatenate(([0], np.cumsum(counts))).astype(np.int64)


def count_rows(counts: Ints, unit: Indices) -> None:
    """Add the pairs of one batch to `counts`, int64[n]."""
    _count(counts, unit)


def places(free: Ints, unit: Indices) -> Ints:
    """int64[batch]: the place of each pair of a batch; `free`, int64[n], the next free place of each row, moves on."""
    return np.asarray(_places(free, unit))


def order_within_rows(indptr: Ints, partner: Indices) -> Ints:
    """int64[E]: the positions in which the pairs of each row stand by rising partner; partners of a row are distinct."""
    return np.asarray(_ordered(indptr, partner))


def note_hurdles(
    unit: Indices,
    partner: Indices,
    code: Codes,
    claimant: Indices,
    furthest: Codes,
    own: Codes,
) -> None:
    """Take in a batch: the greatest code of each unit into `furthest`, the code of its claimant, int32[n], into `own`."""
    _note(unit, partner, code, claimant, furthest, own)


@njit(cache=True, nogil=True)
def _count(counts: Ints, unit: Indices) -> None:
    for u in unit:
        counts[u] += 1


@njit(cache=True, nogil=True)
def _places(free: Ints, unit: Indices) -> Ints:
    place = np.empty(len(unit), np.int64)
    for e in range(len(unit)):
        place[e] = free[unit[e]]
        free[unit[e]] += 1
    return place


@njit(cache=True, nogil=True)
def _ordered(indptr: Ints, partner: Indices) -> Ints:
    order = np.empty(len(partner), np.int64)
    for unit in range(len(indptr) - 1):
        first, last = indptr[unit], indptr[unit + 1]
        if last - first > _LONG:
            order[first:last] = first + np.argsort(partner[first:last])
            continue
        for e in range(first, last):
            k = e
            while k > first and partner[order[k - 1]] > partner[e]:
                order[k] = order[k - 1]
                k -= 1
            order[k] = e
    return order


@njit(cache=True, nogil=True)
def _note(unit: Indices, partner: Indices, code: Codes, claimant: Indices, furthest: Codes, own: Codes) -> None:
    for e in range(len(unit)):
        u = unit[e]
        furthest[u] = max(furthest[u], code[e])
        if partner[e] == claimant[u]:
            own[u] = code[e]
