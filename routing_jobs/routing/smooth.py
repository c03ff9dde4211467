"""The dual with its corners rounded off, and Newton's method on it.

A unit that is nearly indifferent between places is shared out among them: of places with surplus s_j it takes the shares
x that maximise sum(s_j * x_j) - width / 2 * sum(x_j ** 2) over the simplex. Loads then follow prices without jumps, also
where thousands of units are indifferent at one price, and Newton's method moves all prices at once to those that balance
loads and slots. The narrower the width, the nearer to prices of the problem itself. Lives here: loads at given prices,
steps of prices and of width. Not here: which widths and units (`estimate`). Nothing relies on these prices being right.

Sources: Michelot 1986 (projection onto the simplex); Basu, Ghoting, Mazumder, Pan 2020 (the smoothed dual); Hestenes and
Stiefel 1952 (conjugate gradients).
"""

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from routing_jobs.routing.instance import Indices, Ints

CLOSED = 2**61  # the price of a partner without slots: above every worth
_OUTSIDE = -1
_STEPS, _SHORTER = 8, (1.0, 0.3, 0.1, 0.03)  # Newton steps for one width, and the shares of a step that are tried
_FURTHEST = 4  # widths a price may move in one step
_ROUNDS, _PRECISION = 40, 1e-5  # of conjugate gradients
_DAMPING = 0.01  # share of a partner's slots taken as indifferent: bounds the step where no unit is
Floats = NDArray[np.float64]
Candidates = tuple[Ints, Indices, Ints, int]  # indptr, partner, score, factor


@dataclass(frozen=True)
class Market:
    """Some units and their share of the slots.

    Attributes:
        candidates: Of all units; the worth of candidate e is factor * score[e].
        units: int32[k], the units that take part.
        slots: float64[m].
        least: int64[m], no price is below it.
    """

    candidates: Candidates
    units: Indices
    slots: Floats
    least: Ints


@dataclass(frozen=True)
class Shares:
    """How the units of a market spread at some prices.

    Attributes:
        value: The smoothed dual: what slots cost and units gain.
        load: float64[m], shares of units at each partner.
        even: float64[m], what the loads would be if every unit split evenly among the places it takes shares of.
        start: int64[], beginning and end in `place` of the places of each unit that takes more than one.
        place: int32[], partners; _OUTSIDE = nowhere.
    """

    value: float
    load: Floats
    even: Floats
    start: Ints
    place: Indices


def follow(market: Market, price: Ints, widths: tuple[int, ...], tolerance: float) -> Shares:
    """Move `price` in place along the balanced prices of ever narrower widths; the shares at the last of them.

    Every width is left when no more than `tolerance` of the units and slots do not match, or no step helps.
    """
    shares = spread(market, price, widths[0])
    for width, narrower in zip(widths, (*widths[1:], None), strict=True):
        shares = _balance(market, price, shares, width, tolerance)
        if narrower is not None:
            narrow(market, price, shares, width, narrower)
            shares = spread(market, price, narrower)
    return shares


def narrow(market: Market, price: Ints, shares: Shares, width: int, narrower: int) -> None:
    """Move `price` in place from balance at `width` towards balance at a narrower one; 0 = the problem itself."""
    price[:] = _moved(market, price, _step(market, price, shares, width, narrower))


def mismatch(market: Market, price: Ints, load: Floats) -> float:
    """Share of units and slots that do not match: too many units, or slots free at a price above the least."""
    excess = load - market.slots
    must_fill = (price > market.least) & (market.slots > 0)
    off = np.where(must_fill, np.abs(excess), np.maximum(excess, 0.0))
    return float(off.sum()) / max(len(market.units), 1)


def spread(market: Market, price: Ints, width: int) -> Shares:
    """The shares of the market's units at `price`."""
    partners, size = len(price), len(market.units)
    load, even = np.zeros(partners), np.zeros(partners)
    start, place = np.zeros(size + 1, np.int64), np.empty(4 * size + partners + 1, np.int32)
    gained, kept = _spread(*market.candidates, market.units, price, width, load, even, start, place)
    is_open = market.slots > 0
    value = gained + float((market.slots[is_open] * price[is_open]).sum())
    return Shares(value, load, even, start[: kept + 1], place[: start[kept]])


def _balance(market: Market, price: Ints, shares: Shares, width: int, tolerance: float) -> Shares:
    """Newton's method on the smoothed dual, with shorter steps where a full one does not lower it."""
    for _ in range(_STEPS):
        if mismatch(market, price, shares.load) <= tolerance:
            break
        step = _step(market, price, shares, width, width)
        for part in _SHORTER:
            there = _moved(market, price, part * step)
            found = spread(market, there, width)
            if found.value <= shares.value:
                break
        else:
            break
        price[:], shares = there, found
    return shares


def _moved(market: Market, price: Ints, step: Floats) -> Ints:
    """The prices after a step."""
    there = price + np.rint(step).astype(np.int64)
    return np.where(market.slots > 0, np.maximum(there, market.least), CLOSED)


def _step(market: Market, price: Ints, shares: Shares, width: int, narrower: int) -> Floats:
    """The change of prices float64[m] to those that balance at the `narrower` width, to first order."""
    excess = shares.load - market.slots
    moves = (market.slots > 0) & ((price > market.least) | (excess > 0))
    wanted = excess + (width - narrower) / width * (shares.load - shares.even)
    wanted[~moves] = 0.0
    step = _conjugate_gradients(shares.start, shares.place, moves, market.slots, wanted, width)
    return np.clip(step, -_FURTHEST * width, _FURTHEST * width)


@njit(cache=True, nogil=True)
def _spread(indptr, partner, score, factor, units, price, width, load, even, start, place):
    """Write loads, even loads and places; returns what the units gain, and how many take shares of several places."""
    near, who = np.empty(len(price) + 1, np.int64), np.empty(len(price) + 1, np.int32)
    gained, kept = 0.0, 0
    for unit in units:
        best, size, floor = 0, 1, -width
        near[0], who[0] = 0, _OUTSIDE
        for e in range(indptr[unit], indptr[unit + 1]):
            surplus = factor * score[e] - price[partner[e]]
            if surplus > floor:
                near[size], who[size] = surplus, partner[e]
                size += 1
                if surplus > best:
                    best, floor = surplus, surplus - width
        size, level = _threshold(near, who, size, best, width)
        gained += best
        for a in range(size):
            below = float(near[a] - best)
            share = (below - level) / width
            gained += share * (below - 0.5 * width * share)
            if who[a] != _OUTSIDE:
                load[who[a]] += share
                even[who[a]] += 1.0 / size
        if size > 1 and start[kept] + size <= len(place):
            place[start[kept] : start[kept] + size] = who[:size]
            kept += 1
            start[kept] = start[kept - 1] + size
    return gained, kept


@njit(cache=True, nogil=True)
def _threshold(near, who, size, best, width):
    """Keep the places a unit takes shares of; their number, and the surplus below `best` at which shares end."""
    level, is_done = -1.0 * width, False
    while not is_done:
        total, kept = 0.0, 0
        for a in range(size):
            below = float(near[a] - best)
            if below > level:
                near[kept], who[kept] = near[a], who[a]
                total += below
                kept += 1
        raised = (total - width) / kept
        is_done, level, size = raised == level, raised, kept
    return size, level


@njit(cache=True, nogil=True)
def _conjugate_gradients(start, place, moves, slots, wanted, width):
    """The change of prices that takes `wanted` off the loads, were the places with shares to stay the same."""
    diagonal = _DAMPING * np.maximum(slots, 1.0)
    for i in range(len(start) - 1):
        apart = 1.0 - 1.0 / (start[i + 1] - start[i])
        for k in range(start[i], start[i + 1]):
            if place[k] != _OUTSIDE:
                diagonal[place[k]] += apart
    answer, residual = np.zeros(len(slots)), wanted.copy()
    scaled = residual / diagonal
    direction = scaled.copy()
    strength = (residual * scaled).sum()
    enough = _PRECISION * strength
    for _ in range(_ROUNDS):
        if strength <= enough:
            break
        image = _image(start, place, moves, diagonal, direction)
        length = strength / (direction * image).sum()
        answer += length * direction
        residual -= length * image
        scaled = residual / diagonal
        before, strength = strength, (residual * scaled).sum()
        direction = scaled + (strength / before) * direction
    return width * answer


@njit(cache=True, nogil=True)
def _image(start, place, moves, diagonal, direction):
    """What a change of prices by `direction` takes off the loads, times the width."""
    image = diagonal * direction
    for i in range(len(start) - 1):
        first, last = start[i], start[i + 1]
        total = 0.0
        for k in range(first, last):
            if place[k] != _OUTSIDE:
                total += direction[place[k]]
        for k in range(first, last):
            p = place[k]
            if p != _OUTSIDE:
                image[p] -= (total - direction[p]) / (last - first)
    return np.where(moves, image, 0.0)


def indifferent(shares: Shares, partners: int) -> Ints:
    """How many units are nearly indifferent between each partner and another place, int64[m]."""
    return np.bincount(shares.place[shares.place != _OUTSIDE], minlength=partners)
