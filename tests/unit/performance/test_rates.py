"""shrink_rates against an independent maximisation, published data, and cases without a finite maximum."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from routing_jobs.performance import shrink_rates

# Tumours in 71 groups of rats: Tarone 1982, Biometrics 38; table 5.1 of Gelman et al., Bayesian Data
# Analysis, 3rd ed.
RAT_TUMOURS = (
    [0] * 14
    + [1] * 8
    + [2] * 9
    + [1, 5, 2, 5, 3, 2, 7, 7, 3, 3, 2, 9, 10]
    + [4] * 7
    + [10, 4, 4, 4, 5, 11, 12, 5, 5, 6, 5, 6, 6, 6, 6, 16, 15, 15, 9, 4]
)
RATS = (
    [20] * 7
    + [19] * 4
    + [18, 18, 17]
    + [20] * 4
    + [19, 19, 18, 18]
    + [25, 24, 23]
    + [20] * 6
    + [10, 49, 19, 46, 27, 17, 49, 47, 20, 20, 13, 48, 50]
    + [20] * 7
    + [48, 19, 19, 19, 22, 46, 49, 20, 20, 23, 19, 22, 20, 20, 20, 52, 46, 47, 24, 14]
)

counts = st.lists(
    st.integers(0, 30).flatmap(lambda t: st.tuples(st.integers(0, t), st.just(t))), min_size=1, max_size=12
)


def log_likelihood(prior, successes, trials):
    """Without a gamma function: the chance of each outcome in turn, as drawn from Polya's urn."""
    alpha, beta = prior
    terms = 0.0
    for s, t in zip(successes, trials, strict=True):
        terms += np.log(alpha + np.arange(s)).sum() + np.log(beta + np.arange(t - s)).sum()
        terms -= np.log(alpha + beta + np.arange(t)).sum()
    return terms


def independent_maximum(successes, trials, starts=((0.0, 0.0), (4.0, 4.0), (-2.0, -2.0))):
    def loss(log_parameters):
        return -log_likelihood(np.exp(log_parameters), successes, trials)

    runs = [optimize.minimize(loss, x, method="Nelder-Mead", tol=1e-9) for x in starts]
    best = min(runs, key=lambda run: run.fun)
    return np.exp(best.x), -best.fun


def test_rat_tumours_have_the_published_totals():
    assert (len(RATS), sum(RAT_TUMOURS), sum(RATS)) == (71, 267, 1739)


def test_rat_tumours_agree_with_an_independent_maximum_likelihood_fit():
    shrunk = shrink_rates(RAT_TUMOURS, RATS)
    prior, _ = independent_maximum(np.array(RAT_TUMOURS), np.array(RATS))
    assert shrunk.attrs["prior"] == pytest.approx(tuple(prior), rel=1e-5)
    # Gelman et al. report the mode of the hyperparameters near (2.4, 14) and the last group's mean near 0.21.
    assert shrunk.attrs["prior"] == pytest.approx((2.4, 14.0), rel=0.05)
    assert shrunk["rate"].iloc[-1] == pytest.approx(0.21, abs=0.005)


def test_rates_and_intervals_are_those_of_the_posterior_beta():
    shrunk = shrink_rates(RAT_TUMOURS, RATS)
    alpha, beta = shrunk.attrs["prior"]
    posterior = stats.beta(alpha + np.array(RAT_TUMOURS), beta + np.array(RATS) - np.array(RAT_TUMOURS))
    np.testing.assert_allclose(shrunk["rate"], posterior.mean(), rtol=1e-12)
    np.testing.assert_allclose(shrunk["lower"], posterior.ppf(0.025), rtol=1e-8)
    np.testing.assert_allclose(shrunk["upper"], posterior.ppf(0.975), rtol=1e-8)


@settings(deadline=None, max_examples=15)
@given(counts)
def test_no_other_prior_is_likelier(rows):
    successes, trials = np.array(rows).T
    if not trials.sum():
        return
    found = log_likelihood(shrink_rates(successes, trials).attrs["prior"], successes, trials)
    _, best = independent_maximum(successes, trials)
    assert found >= best - 1e-6


@settings(deadline=None, max_examples=60)
@given(counts, st.floats(1e-9, 1.0))
def test_never_nan_and_always_between_own_rate_and_prior_mean(rows, weight):
    successes, trials = np.array(rows).T * weight
    shrunk = shrink_rates(successes, trials)
    alpha, beta = shrunk.attrs["prior"]
    assert alpha > 0 and beta > 0 and np.isfinite([alpha, beta]).all()
    assert np.isfinite(shrunk.to_numpy()).all()
    assert (shrunk["lower"] <= shrunk["rate"]).all() and (shrunk["rate"] <= shrunk["upper"]).all()
    assert ((shrunk >= 0) & (shrunk <= 1)).all().all()
    mean = alpha / (alpha + beta)
    own = np.divide(successes, trials, out=np.full(len(trials), mean), where=trials > 0)
    assert (np.minimum(own, mean) - 1e-7 <= shrunk["rate"]).all()
    assert (shrunk["rate"] <= np.maximum(own, mean) + 1e-7).all()


@pytest.mark.parametrize(
    ("successes", "trials", "pooled"),
    [
        ([5, 10, 20], [10, 20, 40], 0.5),  # equal rates
        ([5, 4, 6, 5], [10, 10, 10, 10], 0.5),  # less spread than chance gives
        ([7], [10], 0.7),  # a single partner
        ([1, 0, 0, 0], [1, 1, 1, 1], 0.25),  # one trial each says nothing about spread
        ([3, 8], [3, 8], 1.0),
        ([0, 0], [3, 8], 0.0),
        ([0, 0.5, 0.25], [0, 1.0, 0.5], 0.5),
    ],
)
def test_without_over_dispersion_everyone_gets_the_pooled_rate(successes, trials, pooled):
    shrunk = shrink_rates(successes, trials)
    assert shrunk["rate"].tolist() == [pooled] * len(trials)
    assert shrunk["lower"].nunique() == shrunk["upper"].nunique() == 1
    alpha, beta = shrunk.attrs["prior"]
    assert alpha / (alpha + beta) == pytest.approx(pooled)


def test_the_pooled_interval_is_that_of_jeffreys():
    shrunk = shrink_rates([5, 10, 20], [10, 20, 40])
    lower, upper = stats.beta(35.5, 35.5).ppf([0.025, 0.975])
    assert (shrunk["lower"][0], shrunk["upper"][0]) == pytest.approx((lower, upper))


def test_without_any_trial_nothing_is_known():
    shrunk = shrink_rates([0, 0], [0, 0])
    assert shrunk.attrs["prior"] == (1, 1)
    assert shrunk.to_numpy() == pytest.approx(np.array([[0.5, 0.025, 0.975]] * 2))


def test_a_partner_without_trials_gets_the_mean_of_the_prior():
    shrunk = shrink_rates([0, 1, 9, 4, 0], [10, 10, 10, 10, 0])
    alpha, beta = shrunk.attrs["prior"]
    assert shrunk["rate"].iloc[-1] == pytest.approx(alpha / (alpha + beta))


def test_all_or_nothing_partners_are_not_shrunk():
    shrunk = shrink_rates([10, 0, 10, 0], [10, 10, 10, 10])
    assert shrunk["rate"].to_numpy() == pytest.approx([1, 0, 1, 0], abs=1e-6)


def test_strength_is_recovered_from_many_simulated_partners():
    generator = np.random.default_rng(7)
    rates = generator.beta(3, 9, size=4000)
    trials = generator.integers(1, 80, size=4000)
    shrunk = shrink_rates(generator.binomial(trials, rates), trials)
    assert shrunk.attrs["prior"] == pytest.approx((3, 9), rel=0.08)


def test_weighted_counts_shrink_as_their_weight_says():
    heavy = shrink_rates([40, 4, 30, 16], [50, 40, 35, 90])
    light = shrink_rates(np.array([40, 4, 30, 16]) / 8.0, np.array([50, 40, 35, 90]) / 8.0)
    assert np.ptp(light["rate"]) < np.ptp(heavy["rate"])


def test_an_outcome_decades_old_is_no_trouble():
    shrunk = shrink_rates([1e-19, 0.0, 0.0], [1e-19, 12.0, 3.0])
    assert np.isfinite(shrunk.to_numpy()).all()


def test_the_order_of_rows_changes_nothing():
    forwards = shrink_rates(RAT_TUMOURS, RATS)
    backwards = shrink_rates(RAT_TUMOURS[::-1], RATS[::-1])
    assert forwards.attrs == backwards.attrs
    assert (forwards.to_numpy() == backwards.to_numpy()[::-1]).all()


@pytest.mark.parametrize(
    ("successes", "trials", "told"),
    [
        ([1, 3], [2, 2], "row 1: 3.0 successes in 2.0 trials"),
        ([1, -1], [2, 2], "row 1: -1.0"),
        ([1, np.nan], [2, 2], "row 1: nan"),
        ([1], [2, 2], "one value each per row"),
    ],
)
def test_wrong_counts_are_named(successes, trials, told):
    with pytest.raises(ValueError, match=told):
        shrink_rates(successes, trials)
