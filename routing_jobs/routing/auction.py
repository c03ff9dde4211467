"""The forward auction: prices rise by units' bids until nobody bids any more.

Lives here: the bids, one heap of them per partner. Not here: which units and slots take part (`estimate`).

Source: Bertsekas and Castanon 1989 (auction with similar objects).
"""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def demand(indptr, partner, units, partners):
    """How many of `units` have each partner among their candidates, int64[m]."""
    count = np.zeros(partners, np.int64)
    for unit in units:
        for e in range(indptr[unit], indptr[unit + 1]):
            count[partner[e]] += 1
    return count


@njit(cache=True, nogil=True)
def auction(indptr, partner, score, factor, units, slots, price, allowance):
    """Raise `price` int64[m] in place until each of `units` has its best place, up to `allowance`, within `slots`.

    Each unit bids up to indifference plus the allowance; the lowest of too many bids leaves and bids again.
    """
    base = np.zeros(len(slots) + 1, np.int64)
    for p in range(len(slots)):
        base[p + 1] = base[p] + slots[p]
    bid, bidder = np.empty(base[-1], np.int64), np.empty(base[-1], np.int32)
    taken = np.zeros(len(slots), np.int64)
    for start in units:
        unit = start
        while True:
            best, runner, at, worth = 0, 0, -1, 0
            for e in range(indptr[unit], indptr[unit + 1]):
                p = partner[e]
                own = factor * score[e]
                surplus = own - price[p]
                if surplus > runner:
                    if surplus > best:
                        runner, best, at, worth = best, surplus, p, own
                    else:
                        runner = surplus
            if at < 0:
                break
            low, size = base[at], slots[at]
            offer = worth - runner + allowance
            if taken[at] < size:
                _sift_up(bid, bidder, low, taken[at], offer, unit)
                taken[at] += 1
                if taken[at] == size:
                    price[at] = max(price[at], bid[low])
                break
            unit, leaving = bidder[low], unit
            _sift_down(bid, bidder, low, size, offer, leaving)
            price[at] = max(price[at], bid[low])


@njit(cache=True, nogil=True)
def _sift_up(bid, bidder, low, place, offer, unit):
    while place > 0:
        above = (place - 1) >> 1
        if bid[low + above] <= offer:
            break
        bid[low + place], bidder[low + place] = bid[low + above], bidder[low + above]
        place = above
    bid[low + place], bidder[low + place] = offer, unit


@njit(cache=True, nogil=True)
def _sift_down(bid, bidder, low, size, offer, unit):
    place = 0
    while True:
        below = 2 * place + 1
        if below >= size:
            break
        if below + 1 < size and bid[low + below + 1] < bid[low + below]:
            below += 1
        if bid[low + below] >= offer:
            break
        bid[low + place], bidder[low + place] = bid[low + below], bidder[low + below]
        place = below
    bid[low + place], bidder[low + place] = offer, unit
