"""Several goals, each before the next: claims met, units placed, value, preferences. Exact, with prices for each.

What the first two goals demand is worked out first (`coverage`): which pairs may be used, which units have to be placed,
which parts filled. The value is then maximised among what keeps to that: first as if nothing were demanded, which is
nearly right, then with a bonus for each demand, from the prices found. A bonus need only outweigh what one exchange of
units, visiting each part once, can lose. Preferences decide among what is equal in all of that (`ties`).

The proof is one pass over all pairs: with a price for each goal, what slots cost and units gain at best adds up to what
was reached, goal by goal (weak duality in the lexicographic order).
"""

from dataclasses import dataclass

import numpy as np
from numba import njit

from routing_jobs.routing.areas import Parts
from routing_jobs.routing.coverage import Demands, demands
from routing_jobs.routing.estimate import Estimate, estimates
from routing_jobs.routing.instance import Indices, Instance, Ints
from routing_jobs.routing.pairs import Flags
from routing_jobs.routing.prices import smallest_prices
from routing_jobs.routing.repair import Settled, optimum
from routing_jobs.routing.ties import prefer

LARGEST = 2**60  # what a worth with its bonus stays below


@dataclass(frozen=True)
class Optimum:
    """The best assignment in the order of the goals, and what proves it. Parts k (`areas`).

    Attributes:
        at: int32[n], the part of each unit; k = nowhere.
        claims: int64[k], claims one more slot would meet.
        leads: int64[k], units one more slot would place.
        value: int64[k], score one more slot would add, below 0 where that is what placing a unit costs.
        objective: Total score, guests left out.
        bound: The same by the prices: no assignment as good in the goals before has a greater total.
    """

    at: Indices
    claims: Ints
    leads: Ints
    value: Ints
    objective: int
    bound: int


@dataclass(frozen=True)
class Problem:
    """Units n (guests included) and where they may go, whatever the scores; `asked` follows from the rest.

    Attributes:
        indptr: int64[n+1].
        part: int32[E], each at most once a unit.
        is_claim: bool[E], at most one a unit.
        is_guest: bool[n], units that have to be placed (`areas`), their scores not counted.
        parts: Capacities.
        coverage_first: Whether placing units goes before value.
        asked: What claims and coverage demand.
    """

    indptr: Ints
    part: Indices
    is_claim: Flags
    is_guest: Flags
    parts: Parts
    coverage_first: bool
    asked: Demands


def problem(
    indptr: Ints, part: Indices, is_claim: Flags, is_guest: Flags, parts: Parts, room: Ints, *, coverage_first: bool
) -> Problem:
    """The problem with its demands; `room` is int64[m], the slots of the partners that own the parts."""
    asked = demands(indptr, part, is_claim, is_guest, parts, room, coverage_first=coverage_first)
    return Problem(indptr, part, is_claim, is_guest, parts, coverage_first, asked)


def best(given: Problem, score: Ints, wish: Ints | None = None) -> Optimum:
    """The best assignment for scores int64[E], above 0, (parts + 4) * max(score) and their sum below 2**60.

    `wish` (int64[E], 0 or more) decides among equals; nothing does by default but that the same input gives the same.
    """
    asked, capacity = given.asked, given.parts.capacity
    start, pairs = _only(given.indptr, asked.kept)
    part = given.part[pairs]
    found, worth, least = _valued(start, part, score[pairs], asked, capacity)
    value = smallest_prices((start, part, worth, 1), least, found)
    at = found.at
    del found
    if wish is not None:
        # a part that has to be full has a price of its own then, however low its slots are valued
        raised = Instance(start, part, worth - least[part], capacity)
        at = prefer(raised, at, value - least, wish[pairs])
    return _proven(given, score, at, value)


def _only(indptr: Ints, kept: Flags) -> tuple[Ints, Ints | slice]:
    if kept.all():
        return indptr, slice(None)
    counts = np.concatenate(([0], np.cumsum(kept)))[indptr]
    return counts.astype(np.int64), np.flatnonzero(kept)


def _valued(start: Ints, part: Indices, score: Ints, asked: Demands, capacity: Ints) -> tuple[Settled, Ints, Ints]:
    """The assignment of greatest score that keeps to the demands; its worths int64[E] and least prices int64[k]."""
    free = np.zeros(len(capacity), dtype=np.int64)
    *_, estimate = estimates((start, part, score, 1), capacity, free)
    found = optimum((start, part, score, 1), capacity, free, estimate)
    if not (asked.must_serve.any() or asked.must_fill.any()):
        return found, score, free
    bonus = (len(capacity) + 1) * int(score.max(initial=0)) + 1
    worth = score + bonus * np.repeat(asked.must_serve, np.diff(start))
    least = -bonus * asked.must_fill.astype(np.int64)
    near = Estimate(found.price[:-1].copy(), np.maximum(estimate.allowed, 1))
    del found
    return optimum((start, part, worth, 1), capacity, least, near), worth, least


def _proven(given: Problem, score: Ints, at: Indices, value: Ints) -> Optimum:
    """The assignment with its proof; AssertionError if it breaks a capacity or is not as good as can be in a goal."""
    capacity, prices = given.parts.capacity, (given.asked.claims, given.asked.leads, value)
    arrays = given.indptr, given.part, score, given.is_claim, given.is_guest
    reached, most = _totals(*arrays, at, *prices, given.coverage_first)
    rent = [sum(int(capacity[p]) * int(price[p]) for p in np.flatnonzero(price)) for price in prices]
    bounds = [int(gained) + paid for gained, paid in zip(most, rent, strict=True)]
    assert np.all(np.bincount(at, minlength=len(capacity) + 1)[:-1] <= capacity), "the assignment breaks a capacity"
    assert bounds[:2] == [int(goal) for goal in reached[:2]], "more claims can be met or units placed"
    return Optimum(at, *prices, int(reached[2]), bounds[2])


@njit(cache=True, nogil=True)
def _totals(indptr, part, score, is_claim, is_guest, at, claims, leads, value, coverage_first):
    """(claims met, units placed, score) reached, and what units gain beyond prices at best, each int64[3].

    A guest gains nothing but that it is placed, which counts before everything else: it takes the cheapest part.
    """
    reached, most = np.zeros(3, np.int64), np.zeros(3, np.int64)
    counts = 1 if coverage_first else 0
    for unit in range(len(at)):
        one, two, three = 0, 0, 0
        is_open = is_guest[unit]
        for e in range(indptr[unit], indptr[unit + 1]):
            p = part[e]
            if is_guest[unit]:
                a, b, c = -claims[p], -leads[p], -value[p]
            else:
                a, b, c = (1 if is_claim[e] else 0) - claims[p], counts - leads[p], score[e] - value[p]
                if p == at[unit]:
                    reached[0] += 1 if is_claim[e] else 0
                    reached[1] += counts
                    reached[2] += score[e]
            if is_open or a > one or (a == one and (b > two or (b == two and c > three))):
                one, two, three = a, b, c
                is_open = False
        most[0] += one
        most[1] += two
        most[2] += three
    return reached, most
