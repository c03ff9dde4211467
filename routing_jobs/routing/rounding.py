"""From prices to an assignment within capacities, at once and not far from the best.

Every unit asks for its best place. Where too many ask, those who lose least by going elsewhere go; they, and the units
without a place, then take the best that is left, whoever has most to gain first. Prices near the optimal ones leave
little to lose. Lives here: that assignment. Not here: how good it is, which `assignment` proves.
"""

import numpy as np
from numba import njit

from routing_jobs.routing.instance import Indices, Ints
from routing_jobs.routing.smooth import CLOSED, Candidates


def rounded(candidates: Candidates, capacity: Ints, price: Ints, asked: Indices) -> Indices:
    """An assignment int32[n] within capacities, m = none, of units that ask for the places `asked` at `price`."""
    partners = len(capacity)
    at = asked.copy()
    at[_crowded_out(candidates, capacity, price, asked)] = partners
    room = capacity - np.bincount(at, minlength=partners + 1)[:-1]
    waiting = np.flatnonzero(at == partners).astype(np.int32)
    best = np.empty(len(waiting), np.int64)
    _best_left(*candidates, waiting, price, room, best)
    waiting, best = waiting[best > -CLOSED], best[best > -CLOSED]
    _place(*candidates, waiting[np.lexsort((waiting, -best))], price, room, at)
    return at


def _crowded_out(candidates: Candidates, capacity: Ints, price: Ints, asked: Indices) -> Indices:
    """The units beyond the capacity of the place they ask for: those that lose least elsewhere, then the last ones."""
    load = np.bincount(asked, minlength=len(capacity) + 1)
    crowded = np.flatnonzero(np.append(load[:-1] > capacity, False)[asked]).astype(np.int32)
    loss = np.empty(len(crowded), np.int64)
    _write_loss(*candidates, crowded, price, asked, loss)
    order = crowded[np.lexsort((crowded, -loss, asked[crowded]))]
    place = asked[order]
    rank = np.arange(len(order)) - np.searchsorted(place, place)
    return order[rank >= capacity[place]]


@njit(cache=True, nogil=True)
def _write_loss(indptr, partner, score, factor, units, price, asked, loss):
    """Write what each unit would lose by going to the best of all other places."""
    for i in range(len(units)):
        own, other = 0, 0
        for e in range(indptr[units[i]], indptr[units[i] + 1]):
            surplus = factor * score[e] - price[partner[e]]
            if partner[e] == asked[units[i]]:
                own = surplus
            elif surplus > other:
                other = surplus
        loss[i] = own - other


@njit(cache=True, nogil=True)
def _best_left(indptr, partner, score, factor, units, price, room, best):
    """Write the best surplus of each unit among partners with room."""
    for i in range(len(units)):
        best[i] = -CLOSED
        for e in range(indptr[units[i]], indptr[units[i] + 1]):
            if room[partner[e]] > 0:
                best[i] = max(best[i], factor * score[e] - price[partner[e]])


@njit(cache=True, nogil=True)
def _place(indptr, partner, score, factor, units, price, room, at):
    """Let the units, in their order, take the best place with room."""
    for unit in units:
        best, choice = -CLOSED, -1
        for e in range(indptr[unit], indptr[unit + 1]):
            p = partner[e]
            if room[p] > 0 and factor * score[e] - price[p] > best:
                best, choice = factor * score[e] - price[p], p
        if choice >= 0:
            at[unit] = choice
            room[choice] -= 1
