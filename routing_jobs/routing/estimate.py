"""Prices close to the optimal ones, from samples of the units: where the exact search starts.

A tenth of the units, with a tenth of the slots, pays nearly the same prices as all of them. So a small sample is
auctioned first; then, on ever larger samples, Newton's method moves all prices at once towards those at which every
partner gets what it can take. How far loads follow prices is read off the units that are nearly indifferent between two
partners. Where many units are indifferent at one price, loads jump there, and the smoothed dual takes over (`smooth`).
Lives here: those estimates, none of which anything relies on for being right. Not here: the exact optimum (`repair`).

Sources: Bertsekas and Castanon 1989 (auction with similar objects); Kitagawa, Merigot, Thibert 2019 (Newton's method for
semi-discrete transport).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numba import njit

from routing_jobs.routing.auction import auction, demand
from routing_jobs.routing.instance import Indices, Ints
from routing_jobs.routing.smooth import CLOSED, Candidates, Market, follow, indifferent, narrow

_SMALL = 20_000  # units an auction alone prices in milliseconds
_COARSE, _MIDDLE = 1 / 32, 1 / 4
_WINDOWS = {_MIDDLE: (0.3, 0.2, 0.15, 0.1), 1.0: (0.15, 0.1, 0.06)}  # share of units taken as nearly indifferent
_WIDE, _NARROW = 8, 32  # a typical worth over the widths of the smoothed dual
_ROUGH, _FINE = 0.02, 0.005  # share of units and slots that may be left unmatched by it, of a sample and of all
_ENOUGH = 0.05  # and by prices without smoothing
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Estimate:
    """Prices near the optimal ones.

    Attributes:
        price: int64[m]; those of partners without slots are CLOSED.
        allowed: int64[m], at least 1: how far off each of them may be.
    """

    price: Ints
    allowed: Ints


def estimates(candidates: Candidates, capacity: Ints, least: Ints) -> Iterator[Estimate]:
    """Prices from ever more units, each nearer to the optimal ones than the one before; the last from all units.

    The worth of candidate e is factor * score[e]; no price is below least[p] (int64[m]).
    """
    indptr, _, score, factor = candidates
    units = len(indptr) - 1
    price = np.where(capacity > 0, least, CLOSED)
    typical = max(int(np.median(score[:: max(len(score) // 10_000, 1)])) * factor, 1) if len(score) else 1
    if units <= _SMALL:
        fine = max(typical // 1_000, 1)
        _auctioned(candidates, capacity, price, 1.0, fine)
        yield Estimate(price, np.full_like(price, fine))
        return
    width = max(typical // 50, 1)
    _auctioned(candidates, capacity, price, max(_COARSE, _SMALL / units), width)
    balanced = price.copy()
    for portion, windows in _WINDOWS.items():
        width, off = _balance(candidates, capacity, balanced, least, portion, windows, width)
        if off > _ENOUGH:
            yield from _smoothed(candidates, capacity, price.copy(), least, typical)
            return
        yield Estimate(balanced.copy(), np.full_like(price, width))


def _smoothed(candidates: Candidates, capacity: Ints, price: Ints, least: Ints, typical: int) -> Iterator[Estimate]:
    """The same along the smoothed dual's way from `price`, which moves."""
    units = len(candidates[0]) - 1
    wide, width = max(typical // _WIDE, 1), max(typical // _NARROW, 1)
    sample, slots = _sample(units, _MIDDLE), capacity.astype(np.float64)
    follow(Market(candidates, sample, slots * (len(sample) / units), least), price, (wide, width), _ROUGH)
    yield Estimate(price.copy(), np.full_like(price, width))
    market = Market(candidates, np.arange(units, dtype=np.int32), slots, least)
    shares = follow(market, price, (width,), _FINE)
    narrow(market, price, shares, width, 0)
    # The fewer units hang between a partner and others, the further its price may be off.
    loose = 3.0 / (0.1 + indifferent(shares, len(capacity)) + 0.01 * np.minimum(capacity, units))
    yield Estimate(price, np.maximum((0.5 * width * (1.0 + loose)).astype(np.int64), 1))


def _sample(units: int, portion: float) -> Indices:
    """Numbers of about that portion of the units, the same ones every time."""
    spread = (np.arange(units, dtype=np.uint64) * _GOLDEN) >> np.uint64(40)
    return np.flatnonzero(spread < portion * 2**24).astype(np.int32)


def _auctioned(candidates: Candidates, capacity: Ints, price: Ints, portion: float, allowance: int) -> None:
    """Auction a portion of the units to as large a portion of the slots, into `price`."""
    indptr, partner, score, factor = candidates
    sample = _sample(len(indptr) - 1, portion)
    wanted = demand(indptr, partner, sample, len(capacity)) + 1  # nobody fills more than that
    slots = np.minimum(np.ceil(capacity * portion).astype(np.int64), wanted)
    auction(indptr, partner, score, factor, sample, slots, price, allowance)


def _balance(
    candidates: Candidates,
    capacity: Ints,
    price: Ints,
    least: Ints,
    portion: float,
    windows: tuple[float, ...],
    width: int,
) -> tuple[int, float]:
    """Move `price` in place, a step for each window, while that helps.

    Returns the width of the last step that helped, and the share of units and slots that do not match.

    Where many units are indifferent at once, as with few distinct scores, loads jump and no step helps.
    """
    indptr, partner, score, factor = candidates
    sample = _sample(len(indptr) - 1, portion)
    size = len(sample)
    slots = capacity * (size / (len(indptr) - 1))
    first, second = np.empty(size, np.int32), np.empty(size, np.int32)
    margin = np.empty(size, np.int64)
    before, least_off, tried = price.copy(), size + 1.0, width
    for share in (*windows, 0.0):
        _two_best(indptr, partner, score, factor, sample, price, first, second, margin)
        off = _imbalance(first, slots, price, least)
        if off > least_off:
            price[:] = before
            break
        before[:], least_off, width = price, off, tried
        if share == 0.0:
            break
        tried = max(int(np.partition(margin, int(share * size))[int(share * size)]), 1)
        if tried >= CLOSED:  # so few have a second choice that none of these would move with the price
            break
        move = _newton_step(first, second, margin, tried, slots, price, least)
        down, up = _bounds(first, margin, tried, slots, price - least)
        price += np.rint(np.clip(move, -down, up)).astype(np.int64)
        np.maximum(price, least, out=price)
    return width, least_off / size


@njit(cache=True, nogil=True)
def _imbalance(first, slots, price, least):
    """How many units and slots do not match: too many units, or slots free at a price above the least."""
    load = np.zeros(len(slots))
    for place in first:
        if place >= 0:
            load[place] += 1.0
    off = 0.0
    for p in range(len(slots)):
        if load[p] > slots[p] or (price[p] > least[p] and slots[p] > 0):
            off += abs(load[p] - slots[p])
    return off


@njit(cache=True, nogil=True)
def _two_best(indptr, partner, score, factor, units, price, first, second, margin):
    """The best and second-best choice of each unit, -1 = no partner, and the difference of what they leave it."""
    for i in range(len(units)):
        best, runner = 0, -(1 << 62)
        at, other = -1, -1
        for e in range(indptr[units[i]], indptr[units[i] + 1]):
            p = partner[e]
            surplus = factor * score[e] - price[p]
            if surplus > best:
                runner, other, best, at = best, at, surplus, p
            elif surplus > runner:
                runner, other = surplus, p
        first[i], second[i], margin[i] = at, other, best - runner


@njit(cache=True, nogil=True)
def _bounds(first, margin, width, slots, height):
    """How far each price may fall and rise in one step, float64[m] each.

    Twice the width in which loads are known to follow prices; where a partner has far too many units, up to where the
    surplus would leave if no other price moved; where far too few, down by the share of its slots left free.
    """
    partners = len(slots)
    load = np.zeros(partners + 1, np.int64)
    for place in first:
        load[place + 1] += 1
    load[0] = 0
    ends = np.cumsum(load)
    grouped = np.empty(ends[-1], np.int64)
    fill = ends[:-1].copy()
    down, up = np.full(partners, 2.0 * width), np.full(partners, 2.0 * width)
    for i in range(len(first)):
        p = first[i]
        if p >= 0:
            grouped[fill[p]] = margin[i]
            fill[p] += 1
    for p in range(partners):
        units = ends[p + 1] - ends[p]
        if units > 1.1 * slots[p] + 1 and slots[p] > 0:
            leaving = min(units - 1, np.int64(units - slots[p]))
            up[p] = max(up[p], float(np.partition(grouped[ends[p] : ends[p + 1]], leaving)[leaving]))
        elif units < 0.9 * slots[p] - 1:
            down[p] = max(down[p], 0.5 * height[p] * (1.0 - units / slots[p]))
    return down, up


@njit(cache=True, nogil=True)
def _newton_step(first, second, margin, width, slots, price, least):
    """Price changes float64[m] that would balance loads and slots if loads moved in proportion, by conjugate gradients.

    A unit within `width` of indifference between a and b is a boundary between them: raising a's price over b's by x
    moves x / (2 * width) of it.
    """
    partners = len(slots)
    weight = 0.5 / width
    one, two, diagonal = _boundaries(first, second, margin, width, partners)
    surplus, moves = np.zeros(partners), np.zeros(partners, np.bool_)
    for place in first:
        if place >= 0:
            surplus[place] += 1.0
    for p in range(partners):
        surplus[p] -= slots[p]
        moves[p] = slots[p] > 0 and (price[p] > least[p] or surplus[p] > 0)
        diagonal[p] = weight * (diagonal[p] + 0.01 * max(slots[p], 1.0))
        if not moves[p]:
            surplus[p] = 0.0
    answer, residual = np.zeros(partners), surplus
    scaled = residual / diagonal
    direction = scaled.copy()
    strength = (residual * scaled).sum()
    enough = 1e-6 * strength
    for _ in range(60):
        if strength <= enough:
            break
        image = np.where(moves, diagonal * direction, 0.0)
        for j in range(len(one)):
            a, b = one[j], two[j]
            if moves[a] and moves[b]:
                image[a] -= weight * direction[b]
                image[b] -= weight * direction[a]
        bend = (direction * image).sum()
        if not bend > 0.0:  # nothing left that loads would follow
            break
        length = strength / bend
        answer += length * direction
        residual -= length * image
        scaled = residual / diagonal
        before, strength = strength, (residual * scaled).sum()
        direction = scaled + (strength / before) * direction
    return answer


@njit(cache=True, nogil=True)
def _boundaries(first, second, margin, width, partners):
    """The units nearly indifferent between two partners (one, two), and for each partner those with it as a choice."""
    one, two = np.empty(len(first), np.int32), np.empty(len(first), np.int32)
    count = np.zeros(partners)
    pairs = 0
    for i in range(len(first)):
        if margin[i] > width:
            continue
        a, b = first[i], second[i]
        if a >= 0:
            count[a] += 1.0
        if b >= 0:
            count[b] += 1.0
        if a >= 0 and b >= 0:
            one[pairs], two[pairs] = a, b
            pairs += 1
    return one[:pairs], two[:pairs], count
