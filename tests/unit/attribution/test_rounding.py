"""Credit and revenue as integers: exact sums, fair remainders."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing_jobs.attribution import credit_micros, split_minor


def by_hand(amount, shares):
    """Hamilton's method in fractions: round down, then one each to the largest remainders, earlier rows first."""
    exact = [Fraction(amount) * share for share in shares]
    units = [int(value) for value in exact]
    neediest = sorted(range(len(shares)), key=lambda row: (units[row] - exact[row], row))
    for row in neediest[: amount - sum(units)]:
        units[row] += 1
    return units


def test_thirds_give_the_odd_millionth_to_the_first():
    assert credit_micros([1 / 3] * 3, ["j"] * 3).tolist() == [333_334, 333_333, 333_333]


def test_journeys_do_not_disturb_each_other():
    journey = ["k", "j", "k", "j", "lost", "j"]
    assert credit_micros([0.5, 1 / 3, 0.5, 1 / 3, 0, 1 / 3], journey).tolist() == [
        500_000, 333_334, 500_000, 333_333, 0, 333_333,
    ]  # fmt: skip


def test_a_cent_goes_to_whoever_lost_most_by_rounding():
    micros = np.array([600_000, 250_000, 150_000])
    assert split_minor([10] * 3, micros, [0] * 3).tolist() == [6, 3, 1]  # remainders 0, 0.5, 0.5: the earlier
    assert split_minor([-10] * 3, micros, [0] * 3).tolist() == [-6, -3, -1]
    assert split_minor([1] * 3, micros, [0] * 3).tolist() == [1, 0, 0]
    assert split_minor([10, 10, 7], [500_000, 500_000, 0], ["j", "j", "lost"]).tolist() == [5, 5, 0]


@settings(deadline=None, max_examples=80)
@given(st.lists(st.lists(st.integers(1, 50), min_size=1, max_size=9), min_size=1, max_size=5))
def test_micros_are_those_of_hamiltons_method(weights):
    shares = [Fraction(weight, sum(journey)) for journey in weights for weight in journey]
    keys = [number for number, journey in enumerate(weights) for _ in journey]
    expected = [
        unit for journey in weights for unit in by_hand(1_000_000, [Fraction(w, sum(journey)) for w in journey])
    ]
    assert credit_micros([float(share) for share in shares], keys).tolist() == expected


@settings(deadline=None, max_examples=80)
@given(
    st.lists(st.integers(0, 10**6), min_size=0, max_size=8),
    st.integers(-(10**17), 10**17),
)
def test_revenue_splits_exactly_however_large(cuts, amount):
    edges = [0, *sorted(cuts), 10**6]
    micros = [high - low for low, high in pairwise(edges)]
    found = split_minor([amount] * len(micros), micros, ["j"] * len(micros)).tolist()
    sign = -1 if amount < 0 else 1
    assert found == [sign * unit for unit in by_hand(abs(amount), [Fraction(micro, 10**6) for micro in micros])]
    assert sum(found) == amount


def test_nothing_is_split_into_nothing():
    assert credit_micros([], []).tolist() == []
    assert split_minor([], [], []).tolist() == []


def test_wrong_shares_are_named():
    with pytest.raises(ValueError, match=r"row 1: credit -0\.5"):
        credit_micros([1.5, -0.5], ["j", "j"])
    with pytest.raises(ValueError, match=r"journey 'j': credit sums to 0\.9"):
        credit_micros([0.5, 0.4], ["j", "j"])
    with pytest.raises(ValueError, match="row 1: journey is missing"):
        credit_micros([0.5, 0.5], ["j", None])
    with pytest.raises(ValueError, match="2 shares but 1 journeys"):
        credit_micros([0.5, 0.5], ["j"])
    with pytest.raises(ValueError, match="row 1: amount 8"):
        split_minor([7, 8], [500_000, 500_000], ["j", "j"])
    with pytest.raises(ValueError, match="journey 'j': micros sum to 999999"):
        split_minor([7, 7], [500_000, 499_999], ["j", "j"])
    with pytest.raises(ValueError, match="amount is float64: expected integers"):
        split_minor([7.5], [1_000_000], ["j"])
