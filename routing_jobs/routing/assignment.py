"""`solve`: the assignment of greatest total score within the partners' capacities, with the proof that it is.

Lives here: the order of the steps, and the certificate. Not here: the checks of the input (`instance`), the search for
an optimum (`estimate`, `repair`), its smallest prices (`prices`), what to do where scores leave no room for ties
(`ties`); what scores mean is none of this module's business.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import ArrayLike

from routing_jobs.routing.instance import Indices, Instance, Ints, validated
from routing_jobs.routing.prices import smallest_prices
from routing_jobs.routing.repair import optimum
from routing_jobs.routing.ties import prefer

_ROOM = 2**60  # what a worth stays below: sums of a few, and prices above all of them, fit into int64


@dataclass(frozen=True)
class Solution:
    """An assignment and its certificate: no assignment's total exceeds `upper_bound`.

    Attributes:
        assigned: int32[n], the partner of each unit; -1 = none.
        objective: Total score of the assignment.
        upper_bound: sum of capacity * price, plus each unit's best max(0, score - price).
        gap: (upper_bound - objective) / upper_bound; 0.0 for an instance without value.
        price: int64[m], what one more slot at the partner would add to the total (the smallest optimal dual prices).
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
) -> Solution:
    """Assign units to partners so that the total score is greatest.

    n units, m partners, E candidates in CSR form: the candidates of unit u are positions indptr[u] to indptr[u + 1].
    Each unit goes to at most one of its candidates, each partner takes at most its capacity. The same arrays give the
    same bytes. Among assignments of equal total one with the greatest sum of `preference` is taken; by default that of
    the smallest sum of partner indices, so an earlier partner wins a tie.

    Args:
        indptr: int64[n+1], from 0 to E, never falling.
        partner: int32[E], 0 to m-1, each at most once a unit.
        score: int64[E], above 0.
        capacity: int64[m], 0 or more.
        preference: int64[E], 0 or more; decides among assignments of equal total and nothing else.

    Returns:
        The assignment with its certificate and prices.

    Raises:
        ValueError: An array is of the wrong shape or type, or a row or value is outside what is said above, or
            max(score) * n reaches 2**62. The message names the row or value.
    """
    instance = validated(indptr, partner, score, capacity)
    wish = None if preference is None else _checked_preference(instance, preference)
    return certified(instance, *_optimal(instance, wish))


def _optimal(instance: Instance, wish: Ints | None) -> tuple[Indices, Ints]:
    """The preferred optimal assignment, int32[n], m = none, and the smallest optimal prices int64[m].

    Scores are multiplied so that all preferences along one way between partners weigh less than one unit of score: the
    best for the sum is then the best for the scores, and among those for the preferences.
    """
    partners = instance.partners
    greatest = partners - 1 if wish is None else int(wish.max(initial=0))
    factor = 2 * (partners + 1) * greatest + 1
    nothing = np.zeros(partners, dtype=np.int64)
    arrays = instance.indptr, instance.partner
    if instance.score.size and (int(instance.score.max()) + 1) * factor >= _ROOM:
        found = optimum(*arrays, instance.score, 1, instance.capacity, nothing)
        price = smallest_prices(*arrays, instance.score, 1, nothing, found)
        return prefer(instance, found.at, price, _by_index(instance) if wish is None else wish), price
    if wish is None:  # the preference of a partner is the same for all units: a price that may be below 0 by as much
        least = np.arange(partners, dtype=np.int64) - greatest
        found = optimum(*arrays, instance.score, factor, instance.capacity, least)
        price = smallest_prices(*arrays, instance.score, factor, least, found) - least
    else:
        worth = instance.score * factor + wish
        found = optimum(*arrays, worth, 1, instance.capacity, nothing)
        price = smallest_prices(*arrays, worth, 1, nothing, found)
    return found.at, (price + factor // 2) // factor


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


def _by_index(instance: Instance) -> Ints:
    return (instance.partners - 1 - instance.partner).astype(np.int64)


def _checked_preference(instance: Instance, preference: ArrayLike) -> Ints:
    checked = np.asarray(preference)
    if checked.shape != instance.partner.shape or (checked.size and checked.dtype.kind not in "iu"):
        raise ValueError(f"preference is {checked.dtype}{list(checked.shape)}; expected one integer a candidate")
    if checked.size and checked.min() < 0:
        raise ValueError(f"preference[{int(checked.argmin())}] = {checked.min()}; expected 0 or more")
    return checked.astype(np.int64)
