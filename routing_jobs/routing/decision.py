"""From candidates to a decision, in the mode the rulebook asks for, with the bound it is measured against.

optimal      claims of precedence are honoured; as many units as possible find a partner (`coverage_first`); the total
             of banded scores is greatest; tiebreaks; whose turn it is. Exact, with prices as proof.
waterfall    one unit after the other takes its best free partner (`queue`)
round_robin  one unit after the other goes to the partner whose turn it is (`queue`, `turns`)

The last two are reported against the greatest total, and the greatest number of units placed, that the same slots allow.
"""

from dataclasses import dataclass

import numpy as np

from routing_jobs.routing.areas import Parts, Room, Shared, part_of, parts_of, share
from routing_jobs.routing.goals import Bonuses, SlotWorth, bonuses
from routing_jobs.routing.instance import Indices, Ints
from routing_jobs.routing.pairs import Candidates, Flags
from routing_jobs.routing.queue import round_robin, waterfall
from routing_jobs.routing.ranking import band, equals, own_order, preference, ranks
from routing_jobs.routing.turns import Rotation, designated, settled


@dataclass(frozen=True)
class Policy:
    """How units are given to partners: `mode`; `tie_band`, a share of a unit's best score; whether placing goes first."""

    mode: str
    tie_band: float
    coverage_first: bool


@dataclass(frozen=True)
class Decision:
    """What was chosen, and what it is measured against, in score units.

    Attributes:
        is_assigned: bool[E].
        banded_score: int64[E], what was maximised; the plain score in round_robin, where scores have no say.
        rank: int32[E], 1 = the unit's own first choice.
        worth: Per partner, what one more slot would have changed in the best assignment.
        area_price: int64[k], what one more slot in a limited territory would add beyond its partner's price.
        objective: Total banded score of the assigned pairs.
        upper_bound: No assignment has a greater total (optimal: none that is as good in the goals before).
        band_cost: What the tie band gave up: the greatest total of plain scores less the total chosen; optimal only.
        most_units: The greatest number of units the slots allow to place; None in mode optimal, which places them.
        bonuses: What the solver saw beside scores.
        certified: The solver's own bound, bonuses included: slots times price, of partners and of limited territories,
            and each unit's best beyond prices.
        rotation: How far turns have come.
    """

    is_assigned: Flags
    banded_score: Ints
    rank: Indices
    worth: SlotWorth
    area_price: Ints
    objective: int
    upper_bound: int
    band_cost: int
    most_units: int | None
    bonuses: Bonuses
    certified: int
    rotation: Rotation

    @property
    def gap(self) -> float:
        """(upper_bound - objective) / upper_bound, 0.0 when there is nothing to route."""
        return (self.upper_bound - self.objective) / self.upper_bound if self.upper_bound else 0.0


def decide(candidates: Candidates, room: Room, policy: Policy, rotation: Rotation) -> Decision:
    """Choose at most one partner for each unit, within `room`."""
    if policy.mode == "optimal":
        return _optimal(candidates, room, policy, rotation)
    return _one_by_one(candidates, room, policy, rotation)


def _optimal(candidates: Candidates, room: Room, policy: Policy, rotation: Rotation) -> Decision:
    available, partners = _available(candidates, room), len(room.partner)
    parts = parts_of(room, part_of(candidates.partner, candidates.area, partners))
    banded = band(candidates, available, policy.tie_band)
    alike = equals(candidates, available, banded)
    wish = preference(candidates, designated(candidates, alike, rotation), partners, candidates.units)
    order = own_order(candidates, banded, wish)
    first = policy.coverage_first
    weighed = bonuses(candidates, banded, parts, coverage_first=first, claims_first=True)
    seen = weighed.applied(banded, candidates.is_claim)
    chosen, shared = _choose(candidates, seen, wish, order, room, parts, weighed.lure)
    best = chosen
    if np.any(banded != candidates.score):
        plain = weighed.applied(candidates.score, candidates.is_claim)
        nothing = np.zeros_like(wish)
        plain_order = own_order(candidates, candidates.score, nothing)
        best, _ = _choose(candidates, plain, nothing, plain_order, room, parts, weighed.lure)
    return Decision(
        is_assigned=chosen,
        banded_score=banded,
        rank=ranks(candidates, order),
        worth=weighed.split(shared.price),
        area_price=shared.area_price,
        objective=int(banded[chosen].sum()),
        upper_bound=_bound(candidates, banded, chosen, shared, weighed),
        band_cost=max(int(candidates.score[best].sum()) - int(candidates.score[chosen].sum()), 0),
        most_units=None,
        bonuses=weighed,
        certified=shared.upper_bound,
        rotation=settled(candidates, alike, chosen, rotation),
    )


def _one_by_one(candidates: Candidates, room: Room, policy: Policy, rotation: Rotation) -> Decision:
    available, partners = _available(candidates, room), len(room.partner)
    parts = parts_of(room, part_of(candidates.partner, candidates.area, partners))
    is_waterfall = policy.mode == "waterfall"
    banded = band(candidates, available, policy.tie_band) if is_waterfall else candidates.score
    alike = equals(candidates, available, banded)
    turn = designated(candidates, alike, rotation) if is_waterfall else np.zeros_like(alike)
    order = own_order(candidates, banded, preference(candidates, turn, partners, candidates.units))
    if is_waterfall:
        chosen = waterfall(candidates, room, order)
        rotation = settled(candidates, alike, chosen, rotation)
    else:
        chosen, rotation = round_robin(candidates, room, order, rotation)
    weighed = bonuses(candidates, banded, parts, coverage_first=False, claims_first=False)
    nothing = np.zeros(len(banded), dtype=np.int64)
    seen = weighed.applied(banded, candidates.is_claim)
    best, shared = _choose(candidates, seen, nothing, order, room, parts, weighed.lure)
    return Decision(
        is_assigned=chosen,
        banded_score=banded,
        rank=ranks(candidates, order),
        worth=weighed.split(shared.price),
        area_price=shared.area_price,
        objective=int(banded[chosen].sum()),
        upper_bound=_bound(candidates, banded, best, shared, weighed),
        band_cost=0,
        most_units=_most_units(candidates, room, parts),
        bonuses=weighed,
        certified=shared.upper_bound,
        rotation=rotation,
    )


def _available(candidates: Candidates, room: Room) -> Flags:
    return ~candidates.pair_holds_slot | room.allows(candidates.partner, candidates.area)


def _choose(
    candidates: Candidates, score: Ints, wish: Ints, order: Ints, room: Room, parts: Parts, lure: int
) -> tuple[Flags, Shared]:
    """Units without a slot take the first of their order; the others share the slots."""
    part = part_of(candidates.partner, candidates.area, len(room.partner))
    free = np.flatnonzero(~candidates.holds_slot & (np.diff(candidates.indptr) > 0))
    if not len(free):
        shared = share(candidates.indptr, part, score, wish, room, parts, lure)
        return shared.chosen, shared
    bound = candidates.pair_holds_slot
    counts = np.where(candidates.holds_slot, np.diff(candidates.indptr), 0)
    start = np.concatenate(([0], np.cumsum(counts)))
    shared = share(start, part[bound], score[bound], wish[bound], room, parts, lure)
    chosen = np.zeros(len(score), dtype=bool)
    chosen[order[candidates.indptr[free]]] = True
    chosen[bound] = shared.chosen
    return chosen, shared


def _bound(candidates: Candidates, banded: Ints, chosen: Flags, shared: Shared, weighed: Bonuses) -> int:
    """The solver's bound in plain score units; units without a slot have their best already."""
    free = int(banded[chosen & ~candidates.pair_holds_slot].sum())
    unbonused = shared.upper_bound - weighed.granted(candidates, chosen)
    return weighed.divisor * unbonused + weighed.hidden(candidates) + free


def _most_units(candidates: Candidates, room: Room, parts: Parts) -> int:
    one = np.ones(len(candidates.partner), dtype=np.int64)
    order = np.arange(len(one), dtype=np.int64)
    chosen, _ = _choose(candidates, one, np.zeros_like(one), order, room, parts, parts.reach + 1)
    return int(chosen.sum())
