"""From candidates to a decision, in the mode the rulebook asks for, with the bound it is measured against.

optimal      claims of precedence are honoured; as many units as possible find a partner (`coverage_first`); the total
             of banded scores is greatest; tiebreaks; whose turn it is. Exact, with prices as proof (`goals`).
waterfall    one unit after the other takes its best free partner (`queue`)
round_robin  one unit after the other goes to the partner whose turn it is (`queue`, `turns`)

The last two are reported against the greatest total, and the greatest number of units placed, that the same slots allow.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from routing_jobs.routing.areas import Room, apart, part_of, parts_of, with_guests
from routing_jobs.routing.coverage import most_placed
from routing_jobs.routing.goals import LARGEST, Problem, best, problem
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
class SlotWorth:
    """What one more slot would have changed, goal by goal; one value a partner (int64[m]) or limited territory (int64[k]).

    Attributes:
        claims: Claims it would meet, more than now.
        leads: Units it would place, more than now.
        value: Scores it would add, below 0 where that is what placing a unit costs.
    """

    claims: Ints
    leads: Ints
    value: Ints


@dataclass(frozen=True)
class Decision:
    """What was chosen, and what it is measured against, in score units.

    Attributes:
        is_assigned: bool[E].
        banded_score: int64[E], what was maximised; the plain score in round_robin, where scores have no say.
        rank: int32[E], 1 = the unit's own first choice.
        worth: Of a slot more at each partner, in the best assignment.
        area_worth: Of a slot more in each limited territory, beyond that of its partner.
        objective: Total banded score of the assigned pairs.
        upper_bound: No assignment has a greater total (optimal: none that is as good in the goals before).
        band_cost: What the tie band gave up: the greatest total of plain scores less the total chosen; optimal only.
        most_units: The greatest number of units the slots allow to place; None in mode optimal.
        divisor: What scores were divided by to fit; 1 unless they were too large. What that hides is in upper_bound.
        certified: The bound by prices alone, in divided scores: slots times price, and what units gain at best.
        rotation: How far turns have come.
    """

    is_assigned: Flags
    banded_score: Ints
    rank: Indices
    worth: SlotWorth
    area_worth: SlotWorth
    objective: int
    upper_bound: int
    band_cost: int
    most_units: int | None
    divisor: int
    certified: int
    rotation: Rotation

    @property
    def gap(self) -> float:
        """(upper_bound - objective) / upper_bound, 0.0 when there is nothing to route."""
        return (self.upper_bound - self.objective) / self.upper_bound if self.upper_bound else 0.0


def decide(candidates: Candidates, room: Room, policy: Policy, rotation: Rotation) -> Decision:
    """Choose at most one partner for each unit, within `room`."""
    wants = _wants(candidates, room, policy, rotation)
    if policy.mode == "optimal":
        return _optimal(candidates, room, policy, rotation, wants)
    return _one_by_one(candidates, room, policy, rotation, wants)


def chosen(candidates: Candidates, room: Room, policy: Policy, rotation: Rotation) -> Flags:
    """bool[E]: the pairs `decide` chooses, without what they are measured against."""
    wants = _wants(candidates, room, policy, rotation)
    if policy.mode == "optimal":
        sharing = _sharing(candidates, room, coverage_first=policy.coverage_first, claims_first=True)
        return _best(candidates, sharing, wants.score, wants.order, wants.wish).chosen
    return _served(candidates, room, policy, rotation, wants)[0]


@dataclass(frozen=True)
class _Wants:
    """What units would ask for: scores with the band, pairs alike, preferences, each unit's own order; all [E]."""

    score: Ints
    alike: Flags
    wish: Ints
    order: Ints


def _wants(candidates: Candidates, room: Room, policy: Policy, rotation: Rotation) -> _Wants:
    available = ~candidates.pair_holds_slot | room.allows(candidates.partner, candidates.area)
    has_say = policy.mode != "round_robin"
    score = band(candidates, available, policy.tie_band) if has_say else candidates.score
    alike = equals(candidates, available, score)
    turn = designated(candidates, alike, rotation) if has_say else np.zeros_like(alike)
    wish = preference(candidates, turn, len(room.partner), candidates.units)
    return _Wants(score, alike, wish, own_order(candidates, score, wish))


def _optimal(candidates: Candidates, room: Room, policy: Policy, rotation: Rotation, wants: _Wants) -> Decision:
    sharing = _sharing(candidates, room, coverage_first=policy.coverage_first, claims_first=True)
    score = candidates.score
    with ThreadPoolExecutor(1) as beside:  # compiled code lets other threads run
        without_band = None
        if np.any(wants.score != score):
            by_score = own_order(candidates, score, wants.wish) if not candidates.holds_slot.all() else wants.order
            without_band = beside.submit(_best, candidates, sharing, score, by_score)
        found = _best(candidates, sharing, wants.score, wants.order, wants.wish)
        plain = found if without_band is None else without_band.result()
    band_cost = int(score[plain.chosen].sum()) - int(score[found.chosen].sum())
    rotation = settled(candidates, wants.alike, found.chosen, rotation)
    return _decision(candidates, wants, found.chosen, found, max(band_cost, 0), None, rotation)


def _one_by_one(candidates: Candidates, room: Room, policy: Policy, rotation: Rotation, wants: _Wants) -> Decision:
    pairs, rotation = _served(candidates, room, policy, rotation, wants)
    sharing = _sharing(candidates, room, coverage_first=False, claims_first=False)
    order = wants.order
    if not candidates.holds_slot.all():  # units without a slot: the bound knows no claims, theirs neither
        unclaimed = replace(candidates, is_claim=np.zeros_like(candidates.is_claim))
        order = own_order(unclaimed, wants.score, wants.wish)
    bound = _best(candidates, sharing, wants.score, order)
    return _decision(candidates, wants, pairs, bound, 0, _most_units(candidates, sharing), rotation)


def _served(
    candidates: Candidates, room: Room, policy: Policy, rotation: Rotation, wants: _Wants
) -> tuple[Flags, Rotation]:
    if policy.mode == "round_robin":
        return round_robin(candidates, room, wants.order, rotation)
    pairs = waterfall(candidates, room, wants.order)
    return pairs, settled(candidates, wants.alike, pairs, rotation)


def _decision(
    candidates: Candidates,
    wants: _Wants,
    pairs: Flags,
    best_found: "_Best",
    band_cost: int,
    most_units: int | None,
    rotation: Rotation,
) -> Decision:
    return Decision(
        is_assigned=pairs,
        banded_score=wants.score,
        rank=ranks(candidates, wants.order),
        worth=best_found.worth,
        area_worth=best_found.area_worth,
        objective=int(wants.score[pairs].sum()),
        upper_bound=best_found.bound,
        band_cost=band_cost,
        most_units=most_units,
        divisor=best_found.divisor,
        certified=best_found.certified,
        rotation=rotation,
    )


@dataclass(frozen=True)
class _Sharing:
    """The units that take a slot, as a problem of `goals`: guests are its last units, their pairs its last pairs.

    Attributes:
        problem: As the solver takes it.
        room: Free slots.
        pairs: Positions of its pairs among the candidates.
        units: How many units have pairs.
    """

    problem: Problem
    room: Room
    pairs: Ints | slice
    units: int


def _sharing(candidates: Candidates, room: Room, *, coverage_first: bool, claims_first: bool) -> _Sharing:
    start, pairs = candidates.indptr, cast("Ints | slice", slice(None))
    if not candidates.holds_slot.all():
        start = np.concatenate(([0], np.cumsum(np.where(candidates.holds_slot, np.diff(start), 0))))
        pairs = np.flatnonzero(candidates.pair_holds_slot)
    part = part_of(candidates.partner[pairs], candidates.area[pairs], len(room.partner))
    parts = parts_of(room, part)
    indptr, every, is_guest = with_guests(start, part, parts)
    is_claim = np.zeros(len(every), dtype=np.bool_)
    is_claim[: len(part)] = candidates.is_claim[pairs] & claims_first
    given = problem(indptr, every, is_claim, is_guest, parts, room.partner, coverage_first=coverage_first)
    return _Sharing(given, room, pairs, int(np.count_nonzero(np.diff(start))))


@dataclass(frozen=True)
class _Best:
    """The best assignment of all units: the pairs chosen, what slots are worth, the bound in scores."""

    chosen: Flags
    worth: SlotWorth
    area_worth: SlotWorth
    bound: int
    divisor: int
    certified: int


def _best(candidates: Candidates, sharing: _Sharing, score: Ints, order: Ints, wish: Ints | None = None) -> _Best:
    """Units without a slot take the first of `order`; the others share the slots."""
    given, pairs = sharing.problem, sharing.pairs
    divisor = _divisor(score, len(given.parts.capacity), candidates.units)
    seen = score[pairs] if divisor == 1 else np.maximum(score[pairs] // divisor, 1)
    shared = len(seen)
    if shared < len(given.part):  # guests are worth more than anybody else, which is where they end up anyway
        lure = np.full(len(given.part) - shared, 2 * int(seen.max(initial=1)), dtype=np.int64)
        seen = np.concatenate((seen, lure))
        wish = None if wish is None else np.concatenate((wish[pairs], np.zeros_like(lure)))
    elif wish is not None:
        wish = wish[pairs]
    found = best(given, seen, wish)
    chosen = np.zeros(len(score), dtype=np.bool_)
    chosen[pairs] = found.at[candidates.unit[pairs]] == given.part[:shared]
    free = np.flatnonzero(~candidates.holds_slot & (np.diff(candidates.indptr) > 0))
    chosen[order[candidates.indptr[free]]] = True
    # division can hide less than one divisor a unit
    hidden = (divisor - 1) * sharing.units
    bound = divisor * found.bound + hidden + int(score[chosen & ~candidates.pair_holds_slot].sum())
    own, beyond = apart((found.claims, found.leads, found.value), given.parts, sharing.room)
    return _Best(chosen, _worth(own, divisor), _worth(beyond, divisor), bound, divisor, found.bound)


def _worth(prices: tuple[Ints, ...], divisor: int) -> SlotWorth:
    claims, leads, value = prices
    return SlotWorth(claims, leads, value * divisor)


def _divisor(score: Ints, parts: int, units: int) -> int:
    """What scores have to be divided by so that their sum, and a bonus beyond any exchange of units, fit into int64."""
    divisor = 1
    while max(parts + 4, units // 4) * (int(score.max(initial=0)) // divisor + 1) >= LARGEST:
        divisor *= 2
    return divisor


def _most_units(candidates: Candidates, sharing: _Sharing) -> int:
    given = sharing.problem
    free = int(np.count_nonzero(~candidates.holds_slot & (np.diff(candidates.indptr) > 0)))
    return most_placed(given.indptr, given.part, given.is_guest, given.parts, sharing.room.partner) + free
