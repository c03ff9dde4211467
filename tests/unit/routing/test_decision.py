"""Every mode against trying everything, or against the plainest loop that does the same."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pairs_world import candidates, cases, decided, equal_turns

from routing_jobs.routing.areas import whole
from routing_jobs.routing.decision import Policy, chosen

OPTIMAL = Policy("optimal", 0.0, coverage_first=True)


def goals(found, chosen, banded, coverage_first):
    """(claims, coverage, total), the order in which assignments are compared."""
    slots = chosen & found.pair_holds_slot
    return (
        int(found.is_claim[slots].sum()),
        int(slots.sum()) if coverage_first else 0,
        int(banded[chosen].sum()),
    )


def assignments(found, capacity):
    """Every set of pairs that breaks no capacity, as bool[E]."""
    options = [[None, *range(found.indptr[unit], found.indptr[unit + 1])] for unit in range(found.units)]
    for choice in itertools.product(*options):
        chosen = np.zeros(len(found.partner), dtype=bool)
        chosen[[position for position in choice if position is not None]] = True
        load = np.bincount(found.partner[chosen & found.pair_holds_slot], minlength=len(capacity))
        if np.all(load <= capacity):
            yield chosen


def best_by_trying(found, capacity, banded, coverage_first):
    return max(goals(found, chosen, banded, coverage_first) for chosen in assignments(found, capacity))


@settings(deadline=None, max_examples=120)
@given(cases(), st.booleans(), st.sampled_from([0.0, 0.2]))
def test_claims_then_coverage_then_value_then_ties_exactly(case, coverage_first, tie_band):
    found, capacity = case
    decision = decided(found, capacity, Policy("optimal", tie_band, coverage_first), equal_turns(len(capacity)))
    banded = decision.banded_score
    reached = goals(found, decision.is_assigned, banded, coverage_first)
    assert reached == best_by_trying(found, capacity, banded, coverage_first)
    assert decision.objective == decision.upper_bound == reached[2]
    assert decision.gap == 0.0
    plain = best_by_trying(found, capacity, found.score, coverage_first)
    assert decision.band_cost == plain[2] - int(found.score[decision.is_assigned].sum())
    ties = [
        int(found.tie[chosen].sum())
        for chosen in assignments(found, capacity)
        if goals(found, chosen, banded, coverage_first) == reached
    ]
    levels = sorted(set(found.tie.tolist()))
    if levels == list(range(len(levels))):  # ties are compared by their order; then that is their sum
        assert int(found.tie[decision.is_assigned].sum()) == max(ties)


@settings(deadline=None, max_examples=40)
@given(cases(), st.integers(10**17, 10**18))
def test_scores_too_large_are_divided_and_the_bound_says_what_that_may_hide(case, factor):
    found, capacity = case
    large = replace(found, score=found.score * (factor // 40) + 1)
    decision = decided(large, capacity, OPTIMAL, equal_turns(len(capacity)))
    claims, coverage, best = best_by_trying(large, capacity, large.score, True)
    reached = goals(large, decision.is_assigned, large.score, True)
    assert reached[:2] == (claims, coverage)
    assert decision.objective == reached[2] <= best <= decision.upper_bound
    assert decision.upper_bound - decision.objective <= decision.divisor * large.units


def plain_waterfall(found, capacity, banded, wish_order):
    """One unit after the other, claims first; the plainest loop."""
    room, chosen = capacity.tolist(), np.zeros(len(found.partner), dtype=bool)
    line = sorted(range(found.units), key=lambda unit: found.turn[unit])
    for claims_only in (True, False):
        for unit in line:
            positions = list(range(found.indptr[unit], found.indptr[unit + 1]))
            if chosen[positions].any():
                continue
            for e in sorted(positions, key=lambda e: (not found.is_claim[e], -banded[e], wish_order(e))):
                if claims_only and not found.is_claim[e]:
                    continue
                if room[found.partner[e]] > 0:
                    room[found.partner[e]] -= 1
                    chosen[e] = True
                    break
    return chosen


@settings(deadline=None, max_examples=120)
@given(cases(), st.data())
def test_waterfall_is_one_unit_after_the_other_and_says_what_it_gave_up(case, data):
    found, capacity = case
    turn = np.array(data.draw(st.permutations(range(found.units))), dtype=np.int32)
    distinct = np.arange(len(found.tie), dtype=np.int64)[::-1].copy()  # no two alike: turns have no say
    found = replace(found, turn=turn, tie=distinct)
    decision = decided(found, capacity, Policy("waterfall", 0.0, coverage_first=True), equal_turns(len(capacity)))
    expected = plain_waterfall(found, capacity, found.score, lambda e: -found.tie[e])
    assert decision.is_assigned.tolist() == expected.tolist()
    totals = [int(found.score[chosen].sum()) for chosen in assignments(found, capacity)]
    counts = [int(chosen.sum()) for chosen in assignments(found, capacity)]
    assert decision.upper_bound == max(totals) >= decision.objective == int(found.score[expected].sum())
    assert decision.most_units == max(counts) >= int(expected.sum())


@settings(deadline=None, max_examples=80)
@given(cases(claims=False), st.sampled_from(["waterfall", "round_robin"]))
def test_no_unit_waits_while_a_partner_it_may_go_to_has_room(case, mode):
    found, capacity = case
    decision = decided(found, capacity, Policy(mode, 0.0, coverage_first=True), equal_turns(len(capacity)))
    load = np.bincount(found.partner[decision.is_assigned], minlength=len(capacity))
    assert np.all(load <= capacity)
    for unit in range(found.units):
        positions = slice(found.indptr[unit], found.indptr[unit + 1])
        assert decision.is_assigned[positions].sum() <= 1
        if not decision.is_assigned[positions].any():
            assert np.all(load[found.partner[positions]] == capacity[found.partner[positions]])


def test_round_robin_goes_round_whatever_the_scores_say():
    found = candidates([(unit, p, 100 - 40 * p, 0, False, True) for unit in range(6) for p in range(3)])
    decision = decided(found, np.array([9, 9, 9]), Policy("round_robin", 0.05, coverage_first=True), equal_turns(3))
    assert sorted(found.partner[decision.is_assigned].tolist()) == [0, 0, 1, 1, 2, 2]
    assert found.partner[decision.is_assigned][:3].tolist() == [0, 1, 2]
    assert (decision.objective, decision.upper_bound, decision.most_units) == (2 * (100 + 60 + 20), 600, 6)


@pytest.mark.parametrize("mode", ["optimal", "waterfall"])
def test_among_equals_turns_decide_within_one_batch(mode):
    found = candidates([(unit, p, 50, 0, False, True) for unit in range(9) for p in range(3)])
    decision = decided(found, np.array([9, 9, 9]), Policy(mode, 0.05, coverage_first=True), equal_turns(3))
    assert np.bincount(found.partner[decision.is_assigned]).tolist() == [3, 3, 3]
    assert decision.rotation.received.tolist() == [3, 3, 3]


def test_turns_never_cost_value_or_a_better_tie():
    found = candidates([(unit, p, 50 + p, 0, False, True) for unit in range(4) for p in range(2)])
    decision = decided(found, np.array([9, 9]), OPTIMAL, equal_turns(2))
    assert found.partner[decision.is_assigned].tolist() == [1, 1, 1, 1]
    tied = candidates([(unit, p, 50, p, False, True) for unit in range(4) for p in range(2)])
    decision = decided(tied, np.array([9, 9]), OPTIMAL, equal_turns(2))
    assert tied.partner[decision.is_assigned].tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize("mode", ["optimal", "waterfall", "round_robin"])
def test_units_without_a_slot_take_nothing(mode):
    found = candidates([(0, 0, 5, 0, False, False), (0, 1, 9, 0, False, False), (1, 1, 3, 0, False, True)])
    decision = decided(found, np.array([0, 1]), Policy(mode, 0.0, coverage_first=True), equal_turns(2))
    assert decision.is_assigned[2]
    assert decision.is_assigned[:2].sum() == 1
    assert decision.upper_bound == 12


@pytest.mark.parametrize(("mode", "bound"), [("optimal", 5), ("waterfall", 9), ("round_robin", 9)])
def test_a_claim_of_a_unit_without_a_slot_costs_what_the_bound_says(mode, bound):
    found = candidates([(0, 0, 5, 0, True, False), (0, 1, 9, 0, False, False)])
    decision = decided(found, np.array([0, 1]), Policy(mode, 0.0, coverage_first=True), equal_turns(2))
    assert decision.is_assigned.tolist() == [True, False]
    assert (decision.objective, decision.upper_bound) == (5, bound)  # only optimal puts claims before scores


@pytest.mark.parametrize("mode", ["optimal", "waterfall", "round_robin"])
def test_a_claim_goes_before_everything(mode):
    found = candidates([(0, 0, 90, 0, False, True), (0, 1, 1, 0, True, True), (1, 1, 99, 0, False, True)])
    decision = decided(found, np.array([1, 1]), Policy(mode, 0.0, coverage_first=True), equal_turns(2))
    assert decision.is_assigned.tolist() == [False, True, False]
    assert decision.rank.tolist() == [2, 1, 1]


@pytest.mark.parametrize("mode", ["optimal", "waterfall", "round_robin"])
def test_nothing_to_decide(mode):
    decision = decided(candidates([]), np.array([2, 2]), Policy(mode, 0.05, coverage_first=True), equal_turns(2))
    assert (decision.objective, decision.upper_bound, decision.gap) == (0, 0, 0.0)


def test_ties_go_by_tie_then_by_the_order_of_partners_and_ranks_say_so():
    found = candidates([(0, 0, 7, 0, False, True), (0, 1, 7, 1, False, True), (0, 2, 7, 1, False, True)])
    decision = decided(found, np.array([1, 1, 1]), OPTIMAL, equal_turns(3))
    assert decision.rank.tolist() == [3, 1, 2]
    assert decision.is_assigned.tolist() == [False, True, False]


def test_a_price_is_told_apart_into_claims_leads_and_value():
    # P0 has one slot; unit 0 has a claim on it, unit 1 can go nowhere else, unit 2 has P1 too
    found = candidates(
        [(0, 0, 5, 0, True, True), (1, 0, 30, 0, False, True), (2, 0, 20, 0, False, True), (2, 1, 12, 0, False, True)]
    )
    expected = {
        (1, 1): ([0, 0], [1, 0], [30, 0]),
        (2, 1): ([0, 0], [0, 0], [8, 0]),
        (0, 1): ([1, 0], [1, 0], [5, 0]),
    }
    for capacity, parts in expected.items():
        worth = decided(found, np.array(capacity), OPTIMAL, equal_turns(2)).worth
        assert (worth.claims.tolist(), worth.leads.tolist(), worth.value.tolist()) == parts


@settings(deadline=None, max_examples=60)
@given(cases(), st.sampled_from(["optimal", "waterfall", "round_robin"]))
def test_what_is_chosen_does_not_depend_on_what_it_is_measured_against(case, mode):
    found, capacity = case
    policy, turns = Policy(mode, 0.1, coverage_first=True), equal_turns(len(capacity))
    decision = decided(found, capacity, policy, turns)
    assert chosen(found, whole(capacity), policy, turns).tolist() == decision.is_assigned.tolist()
