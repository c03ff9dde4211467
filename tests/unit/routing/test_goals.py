"""Claims, then coverage, then value, on instances too large to try everything: against another library's solver."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ortools.graph.python import min_cost_flow

from routing_jobs.routing.areas import part_of, parts_of, whole, with_guests
from routing_jobs.routing.coverage import most_placed
from routing_jobs.routing.goals import best, problem

UNIT, CLAIM = 10**7, 10**10  # beyond any sum of scores, and of units


def instance(seed, units, partners):
    """(indptr, partner, score, is_claim, capacity): few slots, some units with one choice, some claims."""
    random = np.random.default_rng(seed)
    rows = [
        np.sort(random.choice(partners, random.integers(0, min(partners, 4) + 1), replace=False)) for _ in range(units)
    ]
    indptr = np.concatenate(([0], np.cumsum([len(row) for row in rows]))).astype(np.int64)
    partner = np.concatenate([*rows, np.empty(0)]).astype(np.int32)
    is_claim = np.zeros(len(partner), dtype=bool)
    for unit in range(units):
        if len(rows[unit]) and random.random() < 0.15:
            is_claim[indptr[unit] + random.integers(len(rows[unit]))] = True
    return indptr, partner, random.integers(1, 1000, len(partner)), is_claim, random.integers(0, 6, partners)


def flow(indptr, partner, weight, capacity):
    """The greatest total weight, by min-cost flow."""
    units, partners = len(indptr) - 1, len(capacity)
    graph = min_cost_flow.SimpleMinCostFlow()
    unit = np.repeat(np.arange(units), np.diff(indptr))
    sink = units + partners
    if len(partner):
        graph.add_arcs_with_capacity_and_unit_cost(unit, units + partner, np.ones(len(unit), np.int64), -weight)
    graph.add_arcs_with_capacity_and_unit_cost(
        units + np.arange(partners), np.full(partners, sink), capacity, np.zeros(partners, np.int64)
    )
    graph.add_arcs_with_capacity_and_unit_cost(
        np.arange(units), np.full(units, sink), np.ones(units, np.int64), np.zeros(units, np.int64)
    )
    for node in range(units):
        graph.set_node_supply(node, 1)
    graph.set_node_supply(sink, -units)
    assert graph.solve() == graph.OPTIMAL
    return -graph.optimal_cost()


def solved(arrays, coverage_first, extra=None):
    """(claims, placed, value) and prices of each goal; `extra` is a partner that gets one slot more."""
    indptr, partner, score, is_claim, capacity = arrays
    slots = capacity.copy()
    if extra is not None:
        slots[extra] += 1
    room = whole(slots)
    part = part_of(partner, np.full(len(partner), -1, np.int32), len(slots))
    parts = parts_of(room, part)
    starts, every, is_guest = with_guests(indptr, part, parts)
    given_ = problem(starts, every, is_claim, is_guest, parts, slots, coverage_first=coverage_first)
    found = best(given_, score)
    unit = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
    chosen = found.at[unit] == partner
    assert np.all(np.bincount(partner[chosen], minlength=len(slots)) <= slots)
    assert found.objective == found.bound == int(score[chosen].sum())
    return (int(is_claim[chosen].sum()), int(chosen.sum()), found.objective), found


@settings(deadline=None, max_examples=150)
@given(st.integers(0, 10**6), st.integers(1, 120), st.integers(1, 12), st.booleans())
def test_the_goals_in_their_order_equal_min_cost_flow_with_weights(seed, units, partners, coverage_first):
    arrays = instance(seed, units, partners)
    indptr, partner, score, is_claim, capacity = arrays
    reached, _ = solved(arrays, coverage_first)
    weight = score + (UNIT if coverage_first else 0) + CLAIM * is_claim
    total = reached[2] + (UNIT * reached[1] if coverage_first else 0) + CLAIM * reached[0]
    assert total == flow(indptr, partner, weight, capacity)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10**6), st.integers(1, 40), st.integers(1, 6), st.booleans())
def test_a_price_is_what_one_more_slot_adds_in_every_goal(seed, units, partners, coverage_first):
    arrays = instance(seed, units, partners)
    now, found = solved(arrays, coverage_first)
    for p in range(partners):
        then, _ = solved(arrays, coverage_first, extra=p)
        gained = [after - before for before, after in zip(now, then, strict=True)]
        assert gained[0] == found.claims[p]
        if coverage_first:
            assert gained[1] == found.leads[p]
        assert gained[2] == found.value[p]


@settings(deadline=None, max_examples=80)
@given(st.integers(0, 10**6), st.integers(1, 300), st.integers(1, 15))
def test_as_many_are_placed_as_a_flow_can_place(seed, units, partners):
    indptr, partner, _, _, capacity = instance(seed, units, partners)
    room = whole(capacity)
    part = part_of(partner, np.full(len(partner), -1, np.int32), len(capacity))
    parts = parts_of(room, part)
    placed = most_placed(*with_guests(indptr, part, parts), parts, capacity)
    assert placed == flow(indptr, partner, np.ones(len(partner), np.int64), capacity)


@pytest.mark.parametrize("claims_first", [True, False])
def test_more_claims_than_slots_leave_the_partner_to_its_claimants(claims_first):
    # units 0 and 1 claim P0, which has one slot; unit 2 is worth far more there and has no claim
    indptr, partner = np.array([0, 1, 3, 4]), np.array([0, 0, 1, 0], dtype=np.int32)
    score, is_claim = np.array([5, 4, 3, 900]), np.array([True, True, False, False]) & claims_first
    reached, found = solved((indptr, partner, score, is_claim, np.array([1, 1])), coverage_first=True)
    assert reached == ((1, 2, 5 + 3) if claims_first else (0, 2, 903))
    assert found.claims.tolist() == ([1, 0] if claims_first else [0, 0])
