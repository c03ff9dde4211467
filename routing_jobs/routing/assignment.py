"""`solve`: the assignment of greatest total score within the partners' capacities, with the proof that it is.

Lives here: the order of the steps, and the certificate. Not here: the checks of the input (`instance`), the search for
an optimum (`optimum`), prices (`prices`), ties (`ties`); what scores mean is none of this module's business.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from routing_jobs.routing.instance import Indices, Instance, Ints, validated
from routing_jobs.routing.optimum import find_assignment
from routing_jobs.routing.prices import chosen_positions, improve
from routing_jobs.routing.ties import prefer


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
    chosen = _checked_preference(instance, preference)
    assigned, price = improve(instance, find_assignment(instance))
    assigned = prefer(instance, assigned, price, chosen)
    return certified(instance, assigned, price)


def certified(instance: Instance, assigned: Indices, price: Ints) -> Solution:
    """The assignment with objective, bound and gap; AssertionError if it breaks a capacity or names a non-candidate."""
    position = chosen_positions(instance, assigned)
    placed = assigned >= 0
    load = np.bincount(assigned[placed], minlength=instance.partners)
    if np.any(load > instance.capacity) or np.any(position[placed] < 0):
        raise AssertionError("the assignment breaks a capacity or leaves the candidates")
    objective = int(instance.score[position[placed]].sum())
    bound = upper_bound(instance, price)
    gap = (bound - objective) / bound if bound else 0.0
    return Solution(assigned, objective, bound, gap, price, bound == objective)


def upper_bound(instance: Instance, price: Ints) -> int:
    """What no assignment can exceed, whatever the prices >= 0 are (weak duality): integers, one pass."""
    best = np.zeros(instance.units, dtype=np.int64)
    filled = np.flatnonzero(np.diff(instance.indptr) > 0)
    if filled.size:
        surplus = instance.score - price[instance.partner]
        best[filled] = np.maximum(np.maximum.reduceat(surplus, instance.indptr[filled]), 0)
    priced = np.flatnonzero(price)
    slots = sum(int(instance.capacity[p]) * int(price[p]) for p in priced)
    return slots + int(best.sum())


def _checked_preference(instance: Instance, preference: ArrayLike | None) -> NDArray[np.int64]:
    if preference is None:
        return (instance.partners - 1 - instance.partner).astype(np.int64)
    checked = np.asarray(preference)
    if checked.shape != instance.partner.shape or (checked.size and checked.dtype.kind not in "iu"):
        raise ValueError(f"preference is {checked.dtype}{list(checked.shape)}; expected one integer a candidate")
    if checked.size and checked.min() < 0:
        raise ValueError(f"preference[{int(checked.argmin())}] = {checked.min()}; expected 0 or more")
    return checked.astype(np.int64)
