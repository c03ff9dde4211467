"""Intervals against scipy and against the table of the paper they come from."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from routing_jobs.publish.report.intervals import Rate, difference


@given(st.integers(0, 300).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials))))
@settings(deadline=None, max_examples=60)
def test_the_interval_of_a_rate_is_wilsons(case):
    successes, trials = case
    rate = Rate(successes, trials)
    if not trials:
        assert (rate.value, rate.lower, rate.upper) == (None, None, None)
        return
    expected = binomtest(successes, trials).proportion_ci(method="wilson")
    assert (rate.lower, rate.upper) == (pytest.approx(expected.low, abs=1e-12), pytest.approx(expected.high, abs=1e-12))


@pytest.mark.parametrize(
    ("now", "before", "lower", "upper"),
    [  # Newcombe 1998, "Interval estimation for the difference between independent proportions", table II, method 10
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0000),
        ((10, 10), (0, 10), 0.6075, 1.0000),
    ],
)
def test_the_interval_of_a_difference_is_newcombes(now, before, lower, upper):
    gap, found_lower, found_upper = difference(Rate(*now), Rate(*before))
    assert gap == now[0] / now[1] - before[0] / before[1]
    assert (found_lower, found_upper) == (pytest.approx(lower, abs=5e-5), pytest.approx(upper, abs=5e-5))


def test_without_trials_there_is_no_difference():
    assert difference(Rate(0, 0), Rate(1, 2)) is None
    assert difference(Rate(1, 2), Rate(0, 0)) is None
