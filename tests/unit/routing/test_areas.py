"""Slots of a partner and fewer of them in a territory: against trying everything, in every mode."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pairs_world import candidates, equal_turns

from routing_jobs.routing.areas import Room
from routing_jobs.routing.decision import Policy, decide


@st.composite
def nested(draw):
    """Units of which each partner takes some in a limited territory of its own; capacities of both."""
    partners, areas = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    owner = np.array(draw(st.lists(st.integers(0, partners - 1), min_size=areas, max_size=areas)), dtype=np.int32)
    pairs, area = [], []
    for unit in range(draw(st.integers(1, 5))):
        for partner in sorted(draw(st.sets(st.integers(0, partners - 1), min_size=1))):
            pairs.append((unit, partner, draw(st.integers(1, 40)), draw(st.integers(0, 1)), False, True))
            area.append(draw(st.sampled_from([-1, *np.flatnonzero(owner == partner).tolist()])))
    room = Room(
        np.array(draw(st.lists(st.integers(0, 3), min_size=partners, max_size=partners))),
        np.array(draw(st.lists(st.integers(0, 2), min_size=areas, max_size=areas))),
        owner,
    )
    return candidates(pairs, area=area), room


def fits(found, room, chosen):
    load = np.bincount(found.partner[chosen], minlength=len(room.partner))
    inside = found.area[chosen]
    return np.all(load <= room.partner) and np.all(
        np.bincount(inside[inside >= 0], minlength=len(room.area)) <= room.area
    )


def assignments(found, room):
    options = [[None, *range(found.indptr[unit], found.indptr[unit + 1])] for unit in range(found.units)]
    for choice in itertools.product(*options):
        chosen = np.zeros(len(found.partner), dtype=bool)
        chosen[[position for position in choice if position is not None]] = True
        if fits(found, room, chosen):
            yield chosen


@settings(deadline=None, max_examples=200)
@given(nested(), st.booleans())
def test_optimal_within_both_limits_with_prices_that_prove_it(case, coverage_first):
    found, room = case
    decision = decide(found, room, Policy("optimal", 0.0, coverage_first), equal_turns(len(room.partner)))
    every = [(int(c.sum()) if coverage_first else 0, int(found.score[c].sum())) for c in assignments(found, room)]
    chosen = decision.is_assigned
    assert fits(found, room, chosen)
    assert (int(chosen.sum()) if coverage_first else 0, int(found.score[chosen].sum())) == max(every)
    assert decision.gap == 0.0
    # weak duality from the prices alone, goal by goal: a unit placed counts more than any score
    many = 10**6
    price = decision.worth.value + many * decision.worth.leads
    area_price = decision.area_worth.value + many * decision.area_worth.leads
    seen = found.score + (many if coverage_first else 0)
    asked = seen - price[found.partner]
    limited = found.area >= 0
    asked[limited] -= area_price[found.area[limited]]
    best = np.zeros(found.units, dtype=np.int64)
    np.maximum.at(best, found.unit, np.maximum(asked, 0))
    rent = int(room.partner @ price) + int(np.minimum(room.area, room.partner[room.owner]) @ area_price)
    assert (price >= 0).all()
    assert (area_price >= 0).all()
    assert rent + int(best.sum()) == int(seen[chosen].sum())


@settings(deadline=None, max_examples=80)
@given(nested(), st.sampled_from(["waterfall", "round_robin"]))
def test_one_by_one_keeps_both_limits_and_is_measured_against_the_best(case, mode):
    found, room = case
    decision = decide(found, room, Policy(mode, 0.0, coverage_first=True), equal_turns(len(room.partner)))
    assert fits(found, room, decision.is_assigned)
    every = list(assignments(found, room))
    assert decision.upper_bound == max(int(found.score[chosen].sum()) for chosen in every)
    assert decision.most_units == max(int(chosen.sum()) for chosen in every)


def test_a_limited_territory_leaves_the_partners_other_slots_alone():
    rows = [(unit, 0, 10 - unit, 0, False, True) for unit in range(4)]
    found = candidates(rows, area=[0, 0, 0, -1])
    room = Room(np.array([3]), np.array([1]), np.array([0], dtype=np.int32))
    decision = decide(found, room, Policy("optimal", 0.0, coverage_first=True), equal_turns(1))
    assert decision.is_assigned.tolist() == [True, False, False, True]
    assert (decision.worth.leads.tolist(), decision.worth.value.tolist()) == ([0], [0])  # a slot more helps nobody ...
    assert (decision.area_worth.leads.tolist(), decision.area_worth.value.tolist()) == ([1], [9])  # ... but there


@pytest.mark.parametrize("slots", [0, 1])
def test_a_partner_without_slots_has_none_in_its_territories(slots):
    found = candidates([(0, 0, 5, 0, False, True)], area=[0])
    room = Room(np.array([slots]), np.array([4]), np.array([0], dtype=np.int32))
    decision = decide(found, room, Policy("optimal", 0.0, coverage_first=True), equal_turns(1))
    assert decision.is_assigned.tolist() == [bool(slots)]
