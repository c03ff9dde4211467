"""`solve`: the assignment of greatest total score within the partners' capacities, with the proof that it is.

Lives here: the order of the steps, and the certificate. Not here: the checks of the input (`instance`), the search for
an optimum (`estimate`, `repair`), its smallest prices (`prices`), what to do where scores leave no room for ties
(`ties`), what to make of prices when the search stops early (`rounding`); what scores mean is none of its business.
"""

from dataclasses import dataclass, replace

import numpy as np
from numba import njit
from numpy.typing import ArrayLike

from routing_jobs.routing.estimate import estimates
from routing_jobs.routing.instance import Indices, Instance, Ints, validated
from routing_jobs.routing.prices import price_closed, smallest_prices
from routing_jobs.routing.repair import optimum, settled
from routing_jobs.routing.rounding import rounded
from routing_jobs.routing.ties import prefer

_ROOM = 2**60  # what a worth stays below: sums of a few, and prices above all of them, fit into int64
# Gaps measured after rounding: 0.03 to 0.14 of the share of units and slots that did not match before it.
_HOPELESS = 10.0


@dataclass(frozen=True)
class Solution:
    """An assignment and its certificate: no assignment's total exceeds `upper_bound`.

    Attributes:
        assigned: int32[n], the partner of each unit; -1 = none.
        objective: Total score of the assignment.
        upper_bound: sum of capacity * price, plus each unit's best max(0, score - price).
        gap: (upper_bound - objective) / upper_bound; 0.0 for an instance without value.
        price: int64[m], what one more slot at the partner would add to the total (the smallest optimal dual prices);
            of an answer within a gap, the prices that prove it.
        exact: Whether objective and upper_bound are equal.
    """

    assigned: Indices
    objective: int
    upper_bound: int
    gap: float
    price: Ints
    exact: bool


def solve(
    indptr: ArrayLike,
    partner: ArrayLike,
    score: ArrayLike,
    capacity: ArrayLike,
    *,
    preference: ArrayLike | None = None,
    max_gap: float = 0.0,
) -> Solution:
    """Assign units to partners so that the total score is greatest.

    n units, m partners, E candidates in CSR form: the candidates of unit u are positions indptr[u] to indptr[u + 1].
    Each unit goes to at most one of its candidates, each partner takes at most its capacity. The same arrays give the
    same bytes. Among assignments of equal total one with the greatest sum of `preference` is taken; by default that of
    the smallest sum of partner indices, so an earlier partner wins a tie.

    With a `max_gap` the search stops at the first assignment proven to be that near to the optimum; preferences then
    decide nothing.

    Args:
        indptr: int64[n+1], from 0 to E, never falling.
        partner: int32[E], 0 to m-1, each at most once a unit.
        score: int64[E], above 0.
        capacity: int64[m], 0 or more.
        preference: int64[E], 0 or more; decides among assignments of equal total and nothing else.
        max_gap: Share of the total that may be given up for an earlier answer, 0 to 1; 0 = nothing.

    Returns:
        The assignment with its certificate and prices.

    Raises:
        ValueError: An array is of the wrong shape or type, or a row or value is outside what is said above, or
            max(score) * n reaches 2**62. The message names the row or value.
    """
    if not 0.0 <= max_gap <= 1.0:
        raise ValueError(f"max_gap is {max_gap}; expected 0 to 1")
    instance = validated(indptr, partner, score, capacity)
    wish = None if preference is None else _checked_preference(instance, preference)
    divisor = _common_divisor(instance.score)
    if divisor == 1:
        return _solved(instance, wish, max_gap)
    # so that the same problem in another currency is the same problem, and moves nobody between assignments as good
    small = _solved(replace(instance, score=instance.score // divisor), wish, max_gap)
    objective, upper_bound = small.objective * divisor, small.upper_bound * divisor
    return replace(small, objective=objective, upper_bound=upper_bound, price=small.price * divisor)


def _solved(instance: Instance, wish: Ints | None, max_gap: float) -> Solution:
    weighing = _weighed(instance, wish)
    budget = _Budget(instance, weighing, max_gap)
    candidates = instance.indptr, instance.partner, weighing.score, weighing.factor
    for estimate in estimates(candidates, instance.capacity, weighing.least):
        if max_gap > 0.0 and budget.is_met(*settled(candidates, estimate.price), estimate.price):
            break
    else:
        found = optimum(candidates, instance.capacity, weighing.least, estimate, budget.is_met)
    if budget.nearest is not None:
        return budget.nearest
    price = weighing.in_scores(smallest_prices(candidates, weighing.least, found))
    at = found.at if weighing.unit > 1 else prefer(instance, found.at, price, _wish(instance, wish))
    return certified(instance, at, price)


@njit(cache=True, nogil=True)
def _common_divisor(score):
    """The greatest number that divides all scores; 1 where there are none."""
    divisor = 0
    for value in score:
        rest = value
        while rest:
            divisor, rest = rest, divisor % rest
        if divisor == 1:
            break
    return max(divisor, 1)


@dataclass(frozen=True)
class _Weighing:
    """What the search maximises: scores with preferences in their low digits, where there is room for them.

    Attributes:
        score: int64[E].
        factor: The worth of candidate e is factor * score[e].
        least: int64[m], no price is below it.
        unit: What one unit of the instance's score is worth.
    """

    score: Ints
    factor: int
    least: Ints
    unit: int

    def in_scores(self, price: Ints) -> Ints:
        """Prices of the search, int64[m], in units of score."""
        return (price - self.least + self.unit // 2) // self.unit


class _Budget:
    """What may be given up for an earlier answer; `nearest` is the first assignment that gives up no more."""

    def __init__(self, instance: Instance, weighing: _Weighing, max_gap: float) -> None:
        self.nearest: Solution | None = None
        self._instance, self._weighing, self._max_gap = instance, weighing, max_gap

    def is_met(self, at: Indices, held: Ints, price: Ints) -> bool:
        """Whether an assignment made of units at their best places, worth `held`, at `price` is near enough."""
        if self._max_gap == 0.0:
            return False
        instance, weighing = self._instance, self._weighing
        excess = np.bincount(at, minlength=instance.partners + 1)[:-1] - instance.capacity
        off = np.where(price > weighing.least, np.abs(excess), np.maximum(excess, 0))[instance.capacity > 0].sum()
        if off > _HOPELESS * self._max_gap * instance.units:
            return False
        candidates = instance.indptr, instance.partner, weighing.score, weighing.factor
        prices = np.append(price, 0)
        price_closed(*candidates, weighing.least, at, held, prices)
        near = certified(instance, rounded(candidates, instance.capacity, price, at), weighing.in_scores(prices[:-1]))
        self.nearest = near if near.gap <= self._max_gap else None
        return self.nearest is not None


def _weighed(instance: Instance, wish: Ints | None) -> _Weighing:
    """Scores multiplied so that all preferences along one way between partners weigh less than one unit of score.

    The best for the sum is then the best for the scores, and among those for the preferences.
    """
    partners = instance.partners
    greatest = partners - 1 if wish is None else int(wish.max(initial=0))
    unit = 2 * (partners + 1) * greatest + 1
    nothing = np.zeros(partners, dtype=np.int64)
    if instance.score.size and (int(instance.score.max()) + 1) * unit >= _ROOM:
        return _Weighing(instance.score, 1, nothing, 1)
    if wish is None:  # the preference of a partner is the same for all units: a price that may be below 0 by as much
        return _Weighing(instance.score, unit, np.arange(partners, dtype=np.int64) - greatest, unit)
    return _Weighing(instance.score * unit + wish, 1, nothing, unit)


def certified(instance: Instance, at: Indices, price: Ints) -> Solution:
    """The assignment with objective, bound and gap; AssertionError if it breaks a capacity or names a non-candidate."""
    load = np.bincount(at, minlength=instance.partners + 1)[: instance.partners]
    total, most, strangers = _totals(instance.indptr, instance.partner, instance.score, at, price)
    if np.any(load > instance.capacity) or strangers:
        raise AssertionError("the assignment breaks a capacity or leaves the candidates")
    bound = most + sum(int(instance.capacity[p]) * int(price[p]) for p in np.flatnonzero(price))
    gap = (bound - total) / bound if bound else 0.0
    assigned = np.where(at == instance.partners, -1, at).astype(np.int32)
    return Solution(assigned, int(total), int(bound), gap, price, bound == total)


@njit(cache=True, nogil=True)
def _totals(indptr, partner, score, at, price):
    """Total score, what units would pay beyond prices at best (the units' part of the dual), and units misplaced."""
    total, most, strangers = 0, 0, 0
    for unit in range(len(at)):
        best, own = 0, -1
        for e in range(indptr[unit], indptr[unit + 1]):
            if partner[e] == at[unit]:
                own = score[e]
            best = max(best, score[e] - price[partner[e]])
        most += best
        if own >= 0:
            total += own
        elif at[unit] != len(price):
            strangers += 1
    return total, most, strangers


def _wish(instance: Instance, wish: Ints | None) -> Ints:
    return (instance.partners - 1 - instance.partner).astype(np.int64) if wish is None else wish


def _checked_preference(instance: Instance, preference: ArrayLike) -> Ints:
    checked = np.asarray(preference)
    if checked.shape != instance.partner.shape or (checked.size and checked.dtype.kind not in "iu"):
        raise ValueError(f"preference is {checked.dtype}{list(checked.shape)}; expected one integer a candidate")
    if checked.size and checked.min() < 0:
        raise ValueError(f"preference[{int(checked.argmin())}] = {checked.min()}; expected 0 or more")
    return checked.astype(np.int64)
