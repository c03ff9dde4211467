"""From scores to a decision: tie band, the order of goals, the assignment, what the band cost. Plain arrays.

Goals, each before the next: claims of precedence are honoured; as many units as possible find a partner (objective
`coverage_then_value`); the total of banded scores is greatest; tiebreaks. The first three become one number by bonuses:
by a conformal decomposition an assignment that is not best in a higher goal has an improving way through the partners
that visits each once, so a bonus need only outweigh what one such way can lose. Where the numbers would leave int64,
scores are divided first and what that can lose is part of the bound. Tiebreaks are exact (`ties`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing_jobs.routing.assignment import Solution, solve
from routing_jobs.routing.instance import LIMIT, Ints

MICROS = 1_000_000
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Candidates:
    """The pairs that may be chosen, sorted by unit, then partner. All arrays have one entry a pair.

    Attributes:
        unit: 0 to n-1.
        partner: 0 to m-1.
        score: Above 0.
        tie: Greater wins among equal scores.
        is_claim: Precedence names this partner for this unit.
        holds_slot: False for pairs of units that take no slot.
    """

    unit: Ints
    partner: Ints
    score: Ints
    tie: Ints
    is_claim: Flags
    holds_slot: Flags


@dataclass(frozen=True)
class SlotWorth:
    """What one more slot at each partner would have changed, goal by goal.

    Attributes:
        price: int64[m], what it would add to the total the solver saw, bonuses included; the certificate's dual price.
        claims: Claims it would honour, more than now.
        leads: Units it would place, more than now (a claim may cost one).
        value: Scores it would add, or cost where it places a unit.
    """

    price: Ints
    claims: Ints
    leads: Ints
    value: Ints


@dataclass(frozen=True)
class Decision:
    """What was chosen, and the certificate in score units.

    Attributes:
        is_assigned: Per pair.
        banded_score: Per pair, what was maximised.
        rank: Per pair, 1 = the unit's own first choice.
        worth: Per partner, what one more slot would have changed.
        objective: Total banded score of the assigned pairs.
        upper_bound: No assignment that is as good in the goals before has a greater total.
        gap: (upper_bound - objective) / upper_bound, 0.0 when there is nothing to route.
        band_cost: What the tie band gave up: the greatest total of plain scores less the total chosen.
        coverage_bonus: Added to each score, after division.
        claim_bonus: Added to each score of a claim, after division.
        divisor: What scores were divided by; 1 unless they were too large.
    """

    is_assigned: Flags
    banded_score: Ints
    rank: Ints
    worth: SlotWorth
    objective: int
    upper_bound: int
    gap: float
    band_cost: int
    coverage_bonus: int
    claim_bonus: int
    divisor: int


@dataclass(frozen=True)
class _Bonuses:
    coverage: int
    claim: int
    divisor: int

    def applied(self, score: Ints, is_claim: Flags) -> Ints:
        total: Ints = np.maximum(score // self.divisor, 1) + self.coverage + self.claim * is_claim
        return total

    def split(self, price: Ints) -> SlotWorth:
        """Tell the goals in a price apart.

        One more slot places at most one more unit, and a claim is worth two placed units exactly, so the count of whole
        bonuses in a price says both; what is left is value, small beside a bonus.
        """
        nothing = np.zeros_like(price)
        unit = self.coverage or self.claim
        if not unit:
            return SlotWorth(price, nothing, nothing, price * self.divisor)
        count = (price + unit // 2) // unit
        if not self.coverage:
            claims, leads = count, nothing
        elif not self.claim:
            claims, leads = nothing, count
        else:
            claims, leads = count // 2, count % 2
        return SlotWorth(price, claims, leads, (price - count * unit) * self.divisor)


def decide(candidates: Candidates, capacity: Ints, tie_band: float, *, coverage_first: bool) -> Decision:
    """Choose at most one partner for each unit, within capacity (int64[m]), for the goals above.

    `tie_band` is a share: pairs within it of their unit's best available score count as equal to the best.
    """
    available = ~candidates.holds_slot | (capacity[candidates.partner] > 0)
    banded = band(candidates, available, tie_band)
    wish = _dense(candidates.tie, len(capacity) - 1 - candidates.partner, len(capacity))
    bonuses = _bonuses(candidates, banded, capacity, coverage_first)
    chosen, solution = _choose(candidates, bonuses.applied(banded, candidates.is_claim), wish, capacity)
    best = chosen
    if np.any(banded != candidates.score):
        plain = bonuses.applied(candidates.score, candidates.is_claim)
        best, _ = _choose(candidates, plain, np.zeros_like(wish), capacity)
    objective = int(banded[chosen].sum())
    bound = _bound(candidates, banded, chosen, solution, bonuses)
    return Decision(
        is_assigned=chosen,
        banded_score=banded,
        rank=_ranks(candidates, banded, wish),
        worth=bonuses.split(solution.price),
        objective=objective,
        upper_bound=bound,
        gap=(bound - objective) / bound if bound else 0.0,
        band_cost=max(int(candidates.score[best].sum()) - int(candidates.score[chosen].sum()), 0),
        coverage_bonus=bonuses.coverage,
        claim_bonus=bonuses.claim,
        divisor=bonuses.divisor,
    )


def band(candidates: Candidates, available: Flags, tie_band: float) -> Ints:
    """Scores, those within the band of the unit's best available score raised to it."""
    score = candidates.score
    if not len(score):
        return score
    starts = np.flatnonzero(np.concatenate(([True], candidates.unit[1:] != candidates.unit[:-1])))
    best = np.maximum.reduceat(np.where(available, score, 0), starts)
    best = np.repeat(best, np.diff(np.concatenate((starts, [len(score)]))))
    share = round(tie_band * MICROS)
    width = best // MICROS * share + best % MICROS * share // MICROS
    return np.where((score >= best - width) & (score < best), best, score)


def _bonuses(candidates: Candidates, score: Ints, capacity: Ints, coverage_first: bool) -> _Bonuses:
    if not len(score):
        return _Bonuses(0, 0, 1)
    units = int(candidates.unit[-1]) + 1
    reach = min(units, int(np.count_nonzero(capacity))) + 1
    has_claims = bool(candidates.is_claim.any())
    divisor = 1
    while True:
        greatest = max(int(score.max()) // divisor, 1)
        coverage = reach * greatest + 1 if coverage_first else 0
        claim = (2 * coverage if coverage_first else reach * greatest + 1) if has_claims else 0
        if (greatest + coverage + claim) * units < LIMIT:
            return _Bonuses(coverage, claim, divisor)
        divisor *= 2


def _choose(candidates: Candidates, score: Ints, wish: Ints, capacity: Ints) -> tuple[Flags, Solution]:
    """Units without a slot take their best pair; the others share the slots."""
    chosen = np.zeros(len(score), dtype=bool)
    free = np.flatnonzero(~candidates.holds_slot)
    if len(free):
        order = free[np.lexsort((-wish[free], -score[free], candidates.unit[free]))]
        chosen[order[np.unique(candidates.unit[order], return_index=True)[1]]] = True
    bound = np.flatnonzero(candidates.holds_slot)
    units = int(candidates.unit[-1]) + 1 if len(score) else 0
    counts = np.bincount(candidates.unit[bound], minlength=units)
    indptr = np.concatenate(([0], np.cumsum(counts)))
    partner = candidates.partner[bound]
    solution = solve(indptr, partner, score[bound], capacity, preference=wish[bound])
    chosen[bound] = solution.assigned[candidates.unit[bound]] == partner
    return chosen, solution


def _bound(candidates: Candidates, banded: Ints, chosen: Flags, solution: Solution, bonuses: _Bonuses) -> int:
    """The solver's bound in plain score units; division can hide less than one divisor a unit."""
    slots = chosen & candidates.holds_slot
    granted = bonuses.coverage * int(slots.sum()) + bonuses.claim * int(candidates.is_claim[slots].sum())
    free = int(banded[chosen & ~candidates.holds_slot].sum())
    hidden = (bonuses.divisor - 1) * len(np.unique(candidates.unit[candidates.holds_slot]))
    return bonuses.divisor * (solution.upper_bound - granted) + hidden + free


def _dense(first: Ints, second: Ints, spread: int) -> Ints:
    """The order of (first, second) as small integers from 0; `second` is below `spread`."""
    if not len(first):
        return np.empty(0, dtype=np.int64)
    levels = np.unique(first, return_inverse=True)[1].astype(np.int64)
    order: Ints = np.unique(levels * max(spread, 1) + second, return_inverse=True)[1].astype(np.int64)
    return order


def _ranks(candidates: Candidates, banded: Ints, wish: Ints) -> Ints:
    order = np.lexsort((-wish, -banded, ~candidates.is_claim, candidates.unit))
    unit = candidates.unit[order]
    starts = np.flatnonzero(np.concatenate(([True], unit[1:] != unit[:-1]))) if len(unit) else np.empty(0, np.int64)
    first = np.repeat(starts, np.diff(np.concatenate((starts, [len(unit)]))))
    rank = np.empty(len(unit), dtype=np.int64)
    rank[order] = np.arange(len(unit)) - first + 1
    return rank
