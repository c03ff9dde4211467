"""Chooses among assignments of equal total where scores are too large to carry the preference in their low digits.

Optimal prices show every optimal assignment at once (complementary slackness): an assignment is optimal exactly when it
uses only tight candidates (score - price = the unit's best), serves every unit whose best is above 0, and fills every
partner whose price is above 0. The second goal is maximised on that face, as an assignment problem of its own in which
serving and filling earn a bonus no preference can outweigh. Exact however large the scores are.
"""

import numpy as np
from numpy.typing import NDArray

from routing_jobs.routing.estimate import estimates
from routing_jobs.routing.instance import LIMIT, Indices, Instance, Ints
from routing_jobs.routing.repair import optimum

Booleans = NDArray[np.bool_]


def prefer(instance: Instance, assigned: Indices, price: Ints, preference: Ints) -> Indices:
    """The optimal assignment with the greatest sum of preference.

    Args:
        instance: n units, E candidates.
        assigned: int32[n], an optimal assignment; m = none.
        price: int64[m], optimal prices.
        preference: int64[E], 0 or more.

    Returns:
        int32[n], of the same total score; m = none.

    Raises:
        ValueError: The preferences are so large that their sums would leave int64.
    """
    if preference.max(initial=0) == 0:
        return assigned
    surplus = _surplus(instance, assigned, price)
    tight = (instance.score - price[instance.partner] == surplus[instance.unit]) & (
        instance.capacity[instance.partner] > 0
    )
    partners = np.bincount(instance.unit[tight], minlength=instance.units)
    may_stay_alone = surplus == 0
    has_choice = (partners > 1) | (partners == 1) & may_stay_alone
    if not has_choice.any():
        return assigned
    return _on_face(instance, assigned, price, preference, tight & has_choice[instance.unit], surplus)


def _surplus(instance: Instance, assigned: Indices, price: Ints) -> Ints:
    """What each unit gains beyond the price of its partner; 0 for a unit without one."""
    surplus = np.zeros(instance.units, dtype=np.int64)
    chosen = np.flatnonzero(instance.partner == assigned[instance.unit])
    surplus[instance.unit[chosen]] = instance.score[chosen] - price[instance.partner[chosen]]
    return surplus


def _on_face(
    instance: Instance, assigned: Indices, price: Ints, preference: Ints, kept: Booleans, surplus: Ints
) -> Indices:
    """Solve for the units of the candidates `kept`, which have a choice; the others stay, and keep their slots."""
    counts = np.bincount(instance.unit[kept], minlength=instance.units)
    movable = np.flatnonzero(counts)
    staying = assigned[(counts == 0) & (assigned < instance.partners)]
    wish = preference[kept]
    if wish.max() == 0:
        return assigned
    # A way from any assignment to one on the face need not move more than one unit a partner, and one more.
    bonus = min(len(movable), instance.partners + 1) * int(wish.max()) + 1
    if 3 * bonus * len(movable) >= LIMIT:
        raise ValueError(
            f"preference {int(wish.max())} is too large for {len(movable)} tied units; use smaller numbers"
        )
    demanded = (surplus[instance.unit[kept]] > 0).astype(np.int64) + (price[instance.partner[kept]] > 0)
    free = instance.capacity - np.bincount(staying, minlength=instance.partners)
    start = np.concatenate(([0], np.cumsum(counts[movable])))
    worth = wish + bonus * demanded
    result = assigned.copy()
    candidates, least = (start, instance.partner[kept], worth, 1), np.zeros_like(free)
    *_, estimate = estimates(candidates, free, least)
    result[movable] = optimum(candidates, free, least, estimate).at
    return result
