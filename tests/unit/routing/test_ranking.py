"""The order in which a unit would ask its partners: band, equals, ranks."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from pairs_world import candidates

from routing_jobs.routing.ranking import band, dense, equals, own_order, preference, ranks


def one_unit(scores, ties=None, claims=None):
    ties, claims = ties or [0] * len(scores), claims or [False] * len(scores)
    rows = zip(scores, ties, claims, strict=True)
    return candidates([(0, p, score, tie, claim, True) for p, (score, tie, claim) in enumerate(rows)])


def test_the_band_raises_what_is_near_the_best_that_is_available():
    found = one_unit([100, 95, 94, 120])
    available = np.array([True, True, True, False])
    assert band(found, available, 0.05).tolist() == [100, 100, 94, 120]
    assert band(found, available, 0.0).tolist() == [100, 95, 94, 120]


def test_the_band_is_exact_for_the_largest_scores():
    best = 2**61
    found = one_unit([best, best - best // 20])
    assert band(found, np.array([True, True]), 0.05).tolist() == [best, best]


def test_equals_share_the_best_banded_score_and_the_best_tie():
    found = one_unit([7, 7, 7, 9, 7], ties=[1, 2, 2, 5, 2])
    available = np.array([True, True, True, False, True])
    assert equals(found, available, found.score).tolist() == [False, True, True, False, True]


def test_a_claim_that_can_be_met_leaves_no_equals_and_one_that_cannot_does():
    found = one_unit([7, 7, 7], claims=[False, True, False])
    assert not equals(found, np.array([True, True, True]), found.score).any()
    assert equals(found, np.array([True, False, True]), found.score).tolist() == [True, False, True]


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.integers(1, 4), st.integers(0, 10**7)), min_size=1, max_size=80, unique=True)
)
def test_ranks_are_those_of_a_plain_sort(rows):
    wish = np.array([row[2] for row in rows])
    found = one_unit([row[1] for row in rows], claims=[row[0] for row in rows])
    expected = sorted(range(len(rows)), key=lambda e: (not rows[e][0], -rows[e][1], -rows[e][2], e))
    order = own_order(found, found.score, wish)
    assert [rows[e] for e in order] == [rows[e] for e in expected]
    assert [int(np.flatnonzero(order == e)[0]) + 1 for e in range(len(rows))] == ranks(found, order).tolist()


@settings(deadline=None)
@given(st.lists(st.one_of(st.integers(-3, 3), st.integers(-(2**61), 2**61)), max_size=30))
def test_dense_keeps_the_order_without_gaps(values):
    level = {value: number for number, value in enumerate(sorted(set(values)))}
    assert dense(np.array(values, dtype=np.int64)).tolist() == [level[value] for value in values]


def test_preferences_stay_small_enough_to_be_added_up_and_keep_their_order():
    partners = 3_000
    found = one_unit([1] * partners, ties=list(range(partners)))
    nobody = np.zeros(partners, dtype=bool)
    exact = preference(found, nobody, partners, 10)
    crowded = preference(found, nobody, partners, 10**6)
    for wish in (exact, crowded):
        assert np.all(np.diff(wish) > 0)  # a better tie is always preferred
    assert exact.max() > crowded.max()
    assert 3 * (partners + 1) * int(crowded.max()) * 10**6 < 2**62
    huge = preference(found, nobody, partners, 10**9)
    assert 3 * (partners + 1) * int(huge.max()) * 10**9 < 2**62
    assert np.all(np.diff(huge // (2 * partners)) >= 0)
