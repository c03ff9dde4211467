"""Success rates that do not mistake luck for skill: each partner's rate, drawn towards what all do.

One win in one offer is not a 100 % partner. `shrink_rates` takes each partner's true rate as drawn from
a Beta distribution common to all, fits that distribution to the partners' own counts, and returns every
partner's posterior mean and interval (empirical Bayes). Lives here: that fit and its degenerate cases.
Not here: which offers count, age decay and mix adjustment of the counts, and time-to-event curves
(`survival`).

With successes s, failures f = t - s, mean m and strength M = alpha + beta, a partner's log likelihood is

    log B(alpha + s, beta + f) - log B(alpha, beta),   alpha = m M,   beta = (1 - m) M

and is maximised over m and M together. For a fixed M it is concave in m, so m is found exactly; M is
then searched over fifteen decades, because the profile over M may have more than one hill. Counts
weighted by age need not be whole: the expression is then the weighted likelihood, each outcome counting
with its weight.

Sources: Skellam 1948; Griffiths 1973 (maximum likelihood); Gelman et al., Bayesian Data Analysis, 3rd
ed., 5.3; Brown, Cai and DasGupta 2001 (Jeffreys interval).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

LOG_STRENGTHS = np.linspace(np.log(1e-7), np.log(1e8), 76)
# Rates that do not differ have no finite strength; they are reported with this one, worth 10^9 trials.
POINT_STRENGTH = 1e9
# Nearer than this the likelihoods of the best strength and of an infinite one are the same number,
# rounding aside.
INDISTINCT = 1e-9
SMALLEST = 1e-9  # a Beta parameter must be above 0


@dataclass(frozen=True)
class _Counts:
    """Distinct (successes, failures) of partners with trials, and how many partners have them."""

    successes: Floats
    failures: Floats
    partners: Floats

    @property
    def trials(self) -> Floats:
        return self.successes + self.failures

    @property
    def pooled(self) -> float:
        return float(self.successes @ self.partners / (self.trials @ self.partners))


def shrink_rates(successes: ArrayLike, trials: ArrayLike) -> pd.DataFrame:
    """Each row's success rate, shrunk towards the rate of all rows as far as the data say they are alike.

    Args:
        successes: n numbers, 0 <= successes <= trials; weighted counts need not be whole.
        trials: n numbers >= 0; 0 gives the mean of the prior.

    Returns:
        A frame in the order (and with the index) of `successes`: rate, the posterior mean; lower and
        upper, the equal-tailed 95 % posterior interval, widened to hold the mean where a very skewed
        posterior leaves it out. `.attrs["prior"]` is (alpha, beta) by maximum likelihood. Never NaN:

        - rows that differ no more than chance explains (one row, all successes, one trial each, ...): the
          maximum lies at infinite strength; every rate is the pooled rate, every interval the Jeffreys
          interval of the pooled counts, and the prior is that mean at a strength of 10^9;
        - no trials at all: the uniform prior, (1, 1).

    Raises:
        ValueError: Lengths differ, or a row is missing, negative, or has more successes than trials.
    """
    s, t = _validated(successes, trials)
    counts = _distinct(s, t)
    if not counts.partners.size:
        return _frame(successes, s, t, 1.0, 1.0)
    mean, strength = _maximum_likelihood(counts)
    if np.isinf(strength):
        return _everyone_alike(successes, len(s), counts)
    return _frame(successes, s, t, mean * strength, (1 - mean) * strength)


def _validated(successes: ArrayLike, trials: ArrayLike) -> tuple[Floats, Floats]:
    s, t = np.asarray(successes, dtype=np.float64), np.asarray(trials, dtype=np.float64)
    if s.ndim != 1 or s.shape != t.shape:
        raise ValueError(f"successes has shape {s.shape}, trials {t.shape}: one value each per row")
    wrong = np.flatnonzero(~(np.isfinite(s) & np.isfinite(t) & (s >= 0) & (t >= s)))
    if wrong.size:
        row = wrong[0]
        found = f"row {row}: {s[row]} successes in {t[row]} trials"
        raise ValueError(f"{found}: expected 0 <= successes <= trials")
    return s, t


def _distinct(s: Floats, t: Floats) -> _Counts:
    """Sorted and merged, so that the fit is quick and the same for any order of rows."""
    has_trials = t > 0
    pairs, partners = np.unique(np.column_stack((s, t - s))[has_trials], axis=0, return_counts=True)
    return _Counts(pairs[:, 0], pairs[:, 1], partners.astype(np.float64))


def _log_rising(a: float, x: Floats) -> Floats:
    """The value of log Gamma(a + x) - log Gamma(a) - x log(a), also where a is so large that they cancel."""
    from scipy.special import gammaln

    if a < 1e3:  # above, Stirling's first correction leaves an error below 3e-12
        return np.asarray(gammaln(a + x) - gammaln(a) - x * np.log(a), dtype=np.float64)
    return np.asarray((a + x - 0.5) * np.log1p(x / a) - x - x / (12 * a * (a + x)), dtype=np.float64)


def _log_likelihood(counts: _Counts, mean: float, strength: float) -> float:
    """The log likelihood of the counts; at infinite strength that of one common rate."""
    common = counts.successes * np.log(mean) + counts.failures * np.log1p(-mean)
    if np.isinf(strength):
        return float(common @ counts.partners)
    spread = (
        _log_rising(mean * strength, counts.successes)
        + _log_rising((1 - mean) * strength, counts.failures)
        - _log_rising(strength, counts.trials)
    )
    return float((common + spread) @ counts.partners)


def _best_mean(counts: _Counts, strength: float) -> float:
    """The mean that maximises the likelihood at one strength: the zero of its (falling) derivative."""
    from scipy.optimize import brentq
    from scipy.special import digamma, expit

    def slope(logit: float) -> float:
        alpha, beta = strength * expit(logit), strength * expit(-logit)
        towards_one = digamma(alpha + counts.successes) - digamma(alpha)
        towards_zero = digamma(beta + counts.failures) - digamma(beta)
        return float((towards_one - towards_zero) @ counts.partners)

    if slope(-300.0) <= 0.0:  # nothing pulls upwards: the likelihood is highest at the lower end
        return float(expit(-34.0))
    if slope(300.0) >= 0.0:
        return float(expit(34.0))
    logit = brentq(slope, -300.0, 300.0, xtol=1e-13)
    return float(expit(np.clip(logit, -34.0, 34.0)))  # beyond, 1 - mean is no longer a number of its own


def _maximum_likelihood(counts: _Counts) -> tuple[float, float]:
    """The mean and strength of highest likelihood; the strength is infinite where rates do not differ."""
    from scipy.optimize import minimize_scalar

    pooled = counts.pooled
    if pooled in (0.0, 1.0):
        return pooled, np.inf

    def loss(log_strength: float) -> float:
        strength = float(np.exp(log_strength))
        return -_log_likelihood(counts, _best_mean(counts, strength), strength)

    losses = [loss(log_strength) for log_strength in LOG_STRENGTHS]
    best = int(np.argmin(losses))
    hill = LOG_STRENGTHS[max(best - 1, 0)], LOG_STRENGTHS[min(best + 1, len(LOG_STRENGTHS) - 1)]
    found = minimize_scalar(loss, bounds=hill, method="bounded", options={"xatol": 1e-9})
    if -found.fun <= _log_likelihood(counts, pooled, np.inf) + INDISTINCT:
        return pooled, np.inf
    strength = float(np.exp(found.x))
    return _best_mean(counts, strength), strength


def _everyone_alike(successes: ArrayLike, n: int, counts: _Counts) -> pd.DataFrame:
    from scipy.special import betaincinv

    pooled = counts.pooled
    total_successes = float(counts.successes @ counts.partners)
    total_failures = float(counts.failures @ counts.partners)
    jeffreys = total_successes + 0.5, total_failures + 0.5
    lower = float(betaincinv(*jeffreys, 0.025)) if total_successes else 0.0
    upper = float(betaincinv(*jeffreys, 0.975)) if total_failures else 1.0
    frame = pd.DataFrame(
        {
            "rate": np.full(n, pooled),
            "lower": np.full(n, min(lower, pooled)),
            "upper": np.full(n, max(upper, pooled)),
        },
        index=_index(successes),
    )
    alpha, beta = pooled * POINT_STRENGTH, (1 - pooled) * POINT_STRENGTH
    frame.attrs["prior"] = (max(alpha, SMALLEST), max(beta, SMALLEST))
    return frame


def _frame(successes: ArrayLike, s: Floats, t: Floats, alpha: float, beta: float) -> pd.DataFrame:
    from scipy.special import betaincinv

    rate = (alpha + s) / (alpha + beta + t)
    lower = np.minimum(betaincinv(alpha + s, beta + t - s, 0.025), rate)
    upper = np.maximum(betaincinv(alpha + s, beta + t - s, 0.975), rate)
    frame = pd.DataFrame({"rate": rate, "lower": lower, "upper": upper}, index=_index(successes))
    frame.attrs["prior"] = (float(alpha), float(beta))
    return frame


def _index(successes: ArrayLike) -> "pd.Index[Any] | None":
    return successes.index if isinstance(successes, pd.Series) else None
