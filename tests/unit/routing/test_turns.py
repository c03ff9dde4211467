"""Whose turn it is: shares match weights within one unit, over any cut into batches; absence neither earns nor costs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pairs_world import candidates, decided

from routing_jobs.routing.decision import Policy
from routing_jobs.routing.turns import NANOS, designated, new_rotation, settled

ROUND_ROBIN = Policy("round_robin", 0.0, coverage_first=True)


def batch(units, partners, score=lambda p: 1):
    return candidates([(unit, p, score(p), 0, False, True) for unit in range(units) for p in partners])


def carried(rotation):
    """A rotation as the next batch finds it: only what is owed is kept."""
    return new_rotation(rotation.weight, 1, rotation.expected - NANOS * rotation.received)


@settings(deadline=None, max_examples=60)
@given(
    weights=st.lists(st.integers(0, 50), min_size=1, max_size=6).filter(any),
    batches=st.lists(st.integers(1, 7), min_size=1, max_size=12),
    mode=st.sampled_from(["optimal", "waterfall", "round_robin"]),
)
def test_over_many_small_batches_shares_match_weights_within_one_unit(weights, batches, mode):
    partners = len(weights)
    rotation, got, came = new_rotation(weights, 1), np.zeros(partners), 0
    for units in batches:
        found = batch(units, range(partners))
        decision = decided(found, np.full(partners, units), Policy(mode, 0.0, coverage_first=True), rotation)
        got += np.bincount(found.partner[decision.is_assigned], minlength=partners)
        came += units
        owed = np.array(weights) / sum(weights) * came
        assert np.abs(got - owed).max() < 1 + 1e-3  # weights are rounded to millionths of the greatest
        rotation = carried(decision.rotation)
        assert rotation.expected.sum() == 0


@settings(deadline=None, max_examples=40)
@given(st.integers(2, 5), st.integers(1, 40), st.integers(1, 40), st.data())
def test_back_from_a_pause_a_partner_gets_the_average_and_no_flood(partners, before, during, data):
    rotation = new_rotation(np.ones(partners), 1)
    for units, present in ((before, range(partners)), (during, range(1, partners)), (4 * partners, range(partners))):
        found = batch(units, present)
        decision = decided(found, np.full(partners, units), ROUND_ROBIN, rotation)
        rotation = carried(decision.rotation)
    returned = int((found.partner[decision.is_assigned] == 0).sum())
    assert 3 <= returned <= 5  # 4 on average


def test_a_full_partner_is_passed_over_and_owed_nothing_for_it():
    found = batch(6, range(3))
    decision = decided(found, np.array([1, 9, 9]), ROUND_ROBIN, new_rotation(np.ones(3), 1))
    assert np.bincount(found.partner[decision.is_assigned], minlength=3).tolist() == [1, 3, 2]
    credit = decision.rotation.expected - NANOS * decision.rotation.received
    assert abs(credit[0]) < NANOS
    assert credit.sum() == 0


def test_pools_take_turns_apart():
    rows = [(unit, p, 1, 0, False, True) for unit in range(4) for p in range(2)]
    found = candidates(rows, pool=[0, 1, 0, 1])
    decision = decided(found, np.array([9, 9]), ROUND_ROBIN, new_rotation(np.ones(2), 2))
    assert found.partner[decision.is_assigned].tolist() == [0, 0, 1, 1]
    assert decision.rotation.received.reshape(2, 2).tolist() == [[1, 1], [1, 1]]


def test_all_weights_zero_means_equal_shares_and_a_zero_among_others_means_nothing():
    found = batch(4, range(2))
    none = decided(found, np.array([9, 9]), ROUND_ROBIN, new_rotation([0, 0], 1))
    assert np.bincount(found.partner[none.is_assigned], minlength=2).tolist() == [2, 2]
    some = decided(found, np.array([9, 9]), ROUND_ROBIN, new_rotation([0, 3], 1))
    assert np.bincount(found.partner[some.is_assigned], minlength=2).tolist() == [0, 4]
    alone = decided(batch(2, [0]), np.array([9, 9]), ROUND_ROBIN, new_rotation([0, 3], 1))
    assert alone.is_assigned.all()


@pytest.mark.parametrize("mode", ["optimal", "waterfall", "round_robin"])
def test_no_capacity_at_all_crashes_nothing(mode):
    decision = decided(
        batch(3, range(2)), np.zeros(2, dtype=np.int64), Policy(mode, 0.0, False), new_rotation([1, 1], 1)
    )
    assert not decision.is_assigned.any()
    assert not decision.rotation.expected.any()


def test_only_decisions_among_equals_count():
    found = candidates([(0, 0, 9, 0, False, True), (0, 1, 5, 0, False, True)])
    alike = np.array([True, False])
    rotation = new_rotation([1, 1], 1)
    assert designated(found, alike, rotation).tolist() == [True, False]
    elsewhere = settled(found, alike, np.array([False, True]), rotation)
    assert not elsewhere.expected.any()
    assert not elsewhere.received.any()


def test_a_negative_weight_is_refused():
    with pytest.raises(ValueError, match=r"weight -1\.0 of partner 1"):
        new_rotation([1, -1], 1)
