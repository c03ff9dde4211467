"""The order of goals against trying everything; band, ranks, and the bound when scores are too large."""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from routing_jobs.routing.ranking import Candidates, band, decide


def candidates(pairs):
    """pairs: (unit, partner, score, tie, is_claim, holds_slot), sorted here."""
    rows = sorted(pairs)
    columns = list(zip(*rows, strict=True)) or [()] * 6
    ints = [np.array(column, dtype=np.int64) for column in columns[:4]]
    return Candidates(*ints, *(np.array(column, dtype=bool) for column in columns[4:]))


def goals(found, chosen, banded, coverage_first):
    """(claims, coverage, total), the order in which assignments are compared."""
    slots = chosen & found.holds_slot
    return (
        int(found.is_claim[slots].sum()),
        int(slots.sum()) if coverage_first else 0,
        int(banded[chosen].sum()),
    )


def best_by_trying(found, capacity, banded, coverage_first):
    units = sorted(set(found.unit.tolist()))
    options = [[None, *np.flatnonzero(found.unit == unit)] for unit in units]
    best = None
    for choice in itertools.product(*options):
        chosen = np.zeros(len(found.unit), dtype=bool)
        chosen[[position for position in choice if position is not None]] = True
        load = np.bincount(found.partner[chosen & found.holds_slot], minlength=len(capacity))
        if np.all(load <= capacity):
            value = goals(found, chosen, banded, coverage_first)
            best = value if best is None else max(best, value)
    return best


@st.composite
def cases(draw):
    partners = draw(st.integers(1, 3))
    pairs = []
    for unit in range(draw(st.integers(1, 5))):
        claimed = draw(st.integers(-3, partners - 1))
        for partner in draw(st.sets(st.integers(0, partners - 1), min_size=1)):
            pairs.append((unit, partner, draw(st.integers(1, 40)), draw(st.integers(0, 2)), partner == claimed, True))
    return candidates(pairs), np.array(draw(st.lists(st.integers(0, 2), min_size=partners, max_size=partners)))


@settings(deadline=None, max_examples=120)
@given(cases(), st.booleans(), st.sampled_from([0.0, 0.2]))
def test_claims_then_coverage_then_value_exactly(case, coverage_first, tie_band):
    found, capacity = case
    decision = decide(found, capacity, tie_band, coverage_first=coverage_first)
    reached = goals(found, decision.is_assigned, decision.banded_score, coverage_first)
    assert reached == best_by_trying(found, capacity, decision.banded_score, coverage_first)
    assert decision.objective == decision.upper_bound == reached[2]
    assert decision.gap == 0.0
    plain = best_by_trying(found, capacity, found.score, coverage_first)
    assert decision.band_cost == plain[2] - int(found.score[decision.is_assigned].sum())


@settings(deadline=None, max_examples=40)
@given(cases(), st.integers(10**17, 10**18))
def test_scores_too_large_are_divided_and_the_bound_says_what_that_may_hide(case, factor):
    found, capacity = case
    large = Candidates(
        found.unit, found.partner, found.score * (factor // 40) + 1, found.tie, found.is_claim, found.holds_slot
    )
    decision = decide(large, capacity, 0.0, coverage_first=True)
    claims, coverage, best = best_by_trying(large, capacity, large.score, True)
    reached = goals(large, decision.is_assigned, large.score, True)
    assert reached[:2] == (claims, coverage)
    assert decision.objective == reached[2] <= best <= decision.upper_bound
    assert decision.upper_bound - decision.objective <= decision.divisor * len(set(large.unit.tolist()))


def test_units_without_a_slot_get_their_best_and_take_nothing():
    found = candidates([(0, 0, 5, 0, False, False), (0, 1, 9, 0, False, False), (1, 1, 3, 0, False, True)])
    decision = decide(found, np.array([1, 1]), 0.0, coverage_first=True)
    assert decision.is_assigned.tolist() == [False, True, True]
    assert (decision.objective, decision.upper_bound) == (12, 12)


def test_the_band_raises_what_is_near_the_best_that_is_available():
    found = candidates([(0, p, score, 0, False, True) for p, score in enumerate([100, 95, 94, 120])])
    available = np.array([True, True, True, False])
    assert band(found, available, 0.05).tolist() == [100, 100, 94, 120]
    assert band(found, available, 0.0).tolist() == [100, 95, 94, 120]


def test_the_band_is_exact_for_the_largest_scores():
    best = 2**61
    found = candidates([(0, 0, best, 0, False, True), (0, 1, best - best // 20, 0, False, True)])
    assert band(found, np.array([True, True]), 0.05).tolist() == [best, best]


def test_ties_go_by_tie_then_by_the_order_of_partners_and_ranks_say_so():
    found = candidates([(0, 0, 7, 0, False, True), (0, 1, 7, 1, False, True), (0, 2, 7, 1, False, True)])
    decision = decide(found, np.array([1, 1, 1]), 0.0, coverage_first=True)
    assert decision.rank.tolist() == [3, 1, 2]
    assert decision.is_assigned.tolist() == [False, True, False]


def test_a_claim_ranks_first():
    found = candidates([(0, 0, 90, 0, False, True), (0, 1, 1, 0, True, True)])
    assert decide(found, np.array([1, 1]), 0.0, coverage_first=True).rank.tolist() == [2, 1]


def test_nothing_to_decide():
    decision = decide(candidates([]), np.array([2, 2]), 0.05, coverage_first=True)
    assert (decision.objective, decision.upper_bound, decision.gap) == (0, 0, 0.0)


def test_a_price_is_told_apart_into_claims_leads_and_value():
    # P0 has one slot; unit 0 has a claim on it, unit 1 can go nowhere else, unit 2 has P1 too
    found = candidates(
        [(0, 0, 5, 0, True, True), (1, 0, 30, 0, False, True), (2, 0, 20, 0, False, True), (2, 1, 12, 0, False, True)]
    )
    worth = decide(found, np.array([1, 1]), 0.0, coverage_first=True).worth
    assert (worth.claims.tolist(), worth.leads.tolist(), worth.value.tolist()) == ([0, 0], [1, 0], [30, 0])
    worth = decide(found, np.array([2, 1]), 0.0, coverage_first=True).worth
    assert (worth.claims.tolist(), worth.leads.tolist(), worth.value.tolist()) == ([0, 0], [0, 0], [8, 0])
    worth = decide(found, np.array([0, 1]), 0.0, coverage_first=True).worth
    assert (worth.claims.tolist(), worth.leads.tolist(), worth.value.tolist()) == ([1, 0], [1, 0], [5, 0])
