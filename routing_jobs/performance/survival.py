"""How long things take when some are still waiting: the share still waiting, or done, after each duration.

An offer nobody has answered yet is not missing, it is *censored*: all that is known is that the answer takes longer
than the time watched so far. Lives here: Kaplan-Meier curves, Aalen-Johansen incidence of one outcome where others
compete with it, their 95 % intervals. Not here: the counting (`life_table`), percentiles read off the curves
(`percentiles`), what counts as an answer, business minutes, success rates (`rates`).

Sources: Kaplan and Meier 1958; Greenwood 1926 (variance); Kalbfleisch and Prentice, The Statistical Analysis of
Failure Time Data, 2nd ed., 1.4 (log-log interval); Aalen 1978 and Marubini and Valsecchi, Analysing Survival Data, 10.2
(incidence with competing events and its variance).
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from routing_jobs.performance.life_table import (
    Floats,
    LifeTable,
    causes_of,
    checked_cause,
    checked_sample,
    flags_of,
    life_table,
    running,
)

Z_95 = 1.959963984540054  # the 97.5 % point of the standard normal


def kaplan_meier(duration: ArrayLike, is_observed: ArrayLike) -> pd.DataFrame:
    """Share still waiting after each duration, by Kaplan-Meier.

    Args:
        duration: n times >= 0 in any unit, to the event or, where there was none, as long as was watched.
        is_observed: n booleans (or 0/1): True where the event happened, False where it is censored.

    Returns:
        One row per distinct duration, ascending: time, at_risk (waiting just before; those censored at
        that very time count), events, survival, lower, upper: the log-log 95 % interval with Greenwood's
        variance. Before the first event the interval is [1, 1]; where survival reaches 0 it is [0, 0].

    Raises:
        ValueError: Lengths differ, or a row holds a negative or missing duration or a flag that is no boolean.
    """
    steps = life_table(*checked_sample(duration, flags_of(is_observed)), of_interest=1)
    return survival_curves(steps).drop(columns="group")


def cumulative_incidence(duration: ArrayLike, cause: ArrayLike, of_interest: int = 1) -> pd.DataFrame:
    """Share for which one kind of event has happened by each duration, others competing (Aalen-Johansen).

    One minus Kaplan-Meier would pretend that whoever declined could still accept.

    Args:
        duration: n times >= 0.
        cause: n integers: 0 censored, `of_interest` the event, any other value an event that rules it out.
        of_interest: The cause whose incidence is asked for; not 0.

    Returns:
        One row per distinct duration, ascending: time, at_risk, events (of that cause), incidence,
        lower, upper (log-log 95 %). Before the first such event all three are 0.

    Raises:
        ValueError: As `kaplan_meier`, a cause that is no integer, or `of_interest` 0.
    """
    steps = life_table(*checked_sample(duration, causes_of(cause)), of_interest=checked_cause(of_interest))
    return incidence_curves(steps).drop(columns="group")


def survival_curves(steps: LifeTable) -> pd.DataFrame:
    """`kaplan_meier` for every group of a life table of observed events, with the group code as first column."""
    survival = running(1 - steps.all_events / steps.at_risk, steps.group, "product")
    error = survival * np.sqrt(running(_greenwood_terms(steps), steps.group, "sum"))
    return _curves(steps, "survival", survival, error)


def incidence_curves(steps: LifeTable) -> pd.DataFrame:
    """`cumulative_incidence` for every group of a life table, with the group code as first column."""
    n, d = steps.at_risk.astype(np.float64), steps.events.astype(np.float64)
    after = running(1 - steps.all_events / steps.at_risk, steps.group, "product")
    starts = np.r_[True, steps.group[1:] != steps.group[:-1]][: len(n)]
    before = np.where(starts, 1.0, np.r_[1.0, after[:-1]][: len(n)])
    incidence = np.minimum(running(before * d / n, steps.group, "sum"), 1.0)
    return _curves(steps, "incidence", incidence, np.sqrt(_incidence_variance(steps, before, incidence)))


def _incidence_variance(steps: LifeTable, before: Floats, incidence: Floats) -> Floats:
    """The variance of F(t): over steps s <= t, the sum of (F(t) - F(s))^2 a + b - 2 (F(t) - F(s)) c.

    Squares and products are multiplied out, so that running sums over the steps do it. `before` is the survival just
    before each step.
    """
    n, d = steps.at_risk.astype(np.float64), steps.events.astype(np.float64)
    a = _greenwood_terms(steps)
    b = before**2 * d * (n - d) / n**3
    c = before * d / n**2

    def total(terms: Floats) -> Floats:
        return running(terms, steps.group, "sum")

    squares = incidence**2 * total(a) - 2 * incidence * total(a * incidence) + total(a * incidence**2)
    products = incidence * total(c) - total(c * incidence)
    return np.maximum(squares + total(b) - 2 * products, 0.0)


def _curves(steps: LifeTable, name: str, share: Floats, standard_error: Floats) -> pd.DataFrame:
    lower, upper = _log_log_interval(share, standard_error)
    counts = {"group": steps.group, "time": steps.time, "at_risk": steps.at_risk, "events": steps.events}
    return pd.DataFrame(counts | {name: share, "lower": lower, "upper": upper})


def _greenwood_terms(steps: LifeTable) -> Floats:
    """Greenwood's d / (n (n - d)) per step; 0 where nobody is left, which is at most a group's last step."""
    n, d = steps.at_risk.astype(np.float64), steps.all_events.astype(np.float64)
    return np.divide(d, n * (n - d), out=np.zeros_like(d), where=n > d)


def _log_log_interval(share: Floats, standard_error: Floats) -> tuple[Floats, Floats]:
    """95 % interval of a share in (0, 1), symmetric in log(-log(share)); 0 and 1 stay points."""
    inside = (share > 0) & (share < 1)
    log_share = np.log(share, out=np.full_like(share, -1.0), where=inside)
    width = Z_95 * standard_error / (np.where(inside, share, 1.0) * np.abs(log_share))
    with np.errstate(over="ignore"):  # a share of almost 1 with a wide error: exp(-inf) is the right 0
        lower = np.where(inside, np.exp(log_share * np.exp(width)), share)
    upper = np.where(inside, np.exp(log_share * np.exp(-width)), share)
    return lower, upper
