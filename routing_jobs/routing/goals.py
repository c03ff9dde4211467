"""Several goals as one number: claims, then coverage, then value, by bonuses on the score; and back.

By a conformal decomposition an assignment that is not best in a higher goal has an improving way through the partners
that visits each once, so a bonus need only outweigh what one such way can lose. Where the numbers would leave int64,
scores are divided first, and what that can lose is part of the bound.
"""

from dataclasses import dataclass

import numpy as np

from routing_jobs.routing.areas import Parts
from routing_jobs.routing.instance import LIMIT, Ints
from routing_jobs.routing.pairs import Candidates, Flags


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
class Bonuses:
    """What is added to each divided score, and to a claim's beyond that; `lure` is what a guest scores (`areas`)."""

    coverage: int
    claim: int
    divisor: int
    lure: int

    def applied(self, score: Ints, is_claim: Flags) -> Ints:
        """The scores as the solver sees them, int64[E]."""
        total: Ints = np.maximum(score // self.divisor, 1) if self.divisor > 1 else score
        return total + self.coverage + self.claim * is_claim

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

    def granted(self, candidates: Candidates, chosen: Flags) -> int:
        """The bonuses in a total of the chosen pairs, those of units without a slot left out."""
        slots = chosen & candidates.pair_holds_slot
        return self.coverage * int(slots.sum()) + self.claim * int(candidates.is_claim[slots].sum())

    def hidden(self, candidates: Candidates) -> int:
        """What division can lose at most: less than one divisor a unit that takes a slot."""
        counted = np.diff(candidates.indptr) > 0
        return (self.divisor - 1) * int((counted & candidates.holds_slot).sum())


def bonuses(candidates: Candidates, score: Ints, parts: Parts, *, coverage_first: bool, claims_first: bool) -> Bonuses:
    """The smallest bonuses that put claims before coverage and coverage before value, where asked for."""
    if not len(score):
        return Bonuses(0, 0, 1, 0)
    guests = int(parts.guests.sum())
    reach = min(candidates.units + guests + 1, parts.reach)
    has_claims = claims_first and bool(candidates.is_claim.any())
    most, divisor = int(score.max()), 1
    while True:
        greatest = max(most // divisor, 1)
        coverage = reach * greatest + 1 if coverage_first else 0
        claim = (2 * coverage if coverage_first else reach * greatest + 1) if has_claims else 0
        lure = reach * (greatest + coverage + claim) + 1 if guests else 0
        if max(greatest + coverage + claim, lure) * (candidates.units + guests) < LIMIT:
            return Bonuses(coverage, claim, divisor, lure)
        divisor *= 2
