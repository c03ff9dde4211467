"""How long things take when some are still waiting: survival and incidence curves, and their percentiles.

An offer nobody has answered yet is not missing, it is *censored*: all that is known is that the answer
takes longer than the time watched so far. Lives here: Kaplan-Meier curves, Aalen-Johansen incidence of
one outcome where others compete with it, 95 % intervals, percentiles, for one sample or for many groups
in one pass. Not here: what counts as an answer, business minutes (`routing_jobs.sla`), success rates
(`rates`).

Sources: Kaplan and Meier 1958; Greenwood 1926 (variance); Kalbfleisch and Prentice, The Statistical
Analysis of Failure Time Data, 2nd ed., 1.4 (log-log interval); Brookmeyer and Crowley 1982 (interval of
a percentile); Aalen 1978 and Marubini and Valsecchi, Analysing Survival Data, 10.2 (incidence with
competing events and its variance).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

Z_95 = 1.959963984540054  # the 97.5 % point of the standard normal
# A survival of exactly one half comes out of a product of fractions as 0.5 and a few ulps more or less.
CROSSING_TOLERANCE = 1e-10


@dataclass(frozen=True)
class _Steps:
    """The life table: one entry per group and distinct duration, ascending."""

    group: Codes
    time: Floats
    at_risk: Codes
    events: Codes  # of the cause asked for
    all_events: Codes  # of any cause


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
        ValueError: Lengths differ, or a row holds a negative or missing duration or a flag that is no
        boolean.
    """
    steps = _steps(*_sample(duration, _flags(is_observed)), of_interest=1)
    return _survival_frame(steps).drop(columns="group")


def cumulative_incidence(duration: ArrayLike, cause: ArrayLike, of_interest: int = 1) -> pd.DataFrame:
    """Share for which one kind of event has happened by each duration, others competing (Aalen-Johansen).

    One minus Kaplan-Meier would pretend that whoever declined could still accept.

    Args:
        duration: n times >= 0.
        cause: n integers: 0 censored, `of_interest` the event, any other value an event that rules it
        out.
        of_interest: The cause whose incidence is asked for; not 0.

    Returns:
        One row per distinct duration, ascending: time, at_risk, events (of that cause), incidence,
        lower, upper (log-log 95 %). Before the first such event all three are 0.

    Raises:
        ValueError: As `kaplan_meier`, a cause that is no integer, or `of_interest` 0.
    """
    steps = _steps(*_sample(duration, _causes(cause)), of_interest=_interest(of_interest))
    return _incidence_frame(steps).drop(columns="group")


def survival_percentiles(
    duration: ArrayLike,
    is_observed: ArrayLike,
    group: ArrayLike | None = None,
    probabilities: Sequence[float] = (0.5, 0.9),
) -> pd.DataFrame:
    """Times by which given shares have had the event, per group, with 95 % intervals.

    Args:
        duration: n times, as for `kaplan_meier`.
        is_observed: n booleans, as for `kaplan_meier`.
        group: n keys that sort (numbers or text), none missing; None takes all rows as one group named 0.
        probabilities: Shares strictly between 0 and 1.

    Returns:
        One row per group, index the sorted keys: n, events, then for each probability (0.9 as p90) p90,
        p90_lower, p90_upper. NaN means not reached: too few have had the event yet. The interval is
        Brookmeyer and Crowley's on the log-log scale; a curve that has come down to 0 says nothing of
        its own spread, so it closes no interval.

    Raises:
        ValueError: As `kaplan_meier`, or a probability outside (0, 1), or a missing group.
    """
    times, flags = _sample(duration, _flags(is_observed))
    codes, keys = _groups(group, len(times))
    curve = _survival_frame(_steps(times, flags, codes, of_interest=1))
    certain = curve["survival"].to_numpy() == 0
    bounds = {
        "": 1 - curve["survival"].to_numpy(),
        "_lower": np.where(certain, 0.0, 1 - curve["lower"].to_numpy()),
        "_upper": np.where(certain, 0.0, 1 - curve["upper"].to_numpy()),
    }
    return _percentile_frame(curve, bounds, codes, keys, probabilities)


def incidence_percentiles(
    duration: ArrayLike,
    cause: ArrayLike,
    group: ArrayLike | None = None,
    probabilities: Sequence[float] = (0.5, 0.9),
    of_interest: int = 1,
) -> pd.DataFrame:
    """Times by which given shares have had one kind of event where others compete, per group.

    With 40 % declined, the time by which 90 % have accepted is never reached, however fast the others
    were.

    Args:
        duration: n times, as for `cumulative_incidence`.
        cause: n integers, as for `cumulative_incidence`.
        group: As for `survival_percentiles`.
        probabilities: As for `survival_percentiles`.
        of_interest: As for `cumulative_incidence`.

    Returns:
        As `survival_percentiles`, from the incidence of `of_interest`; events counts that cause only.

    Raises:
        ValueError: As `cumulative_incidence` and `survival_percentiles`.
    """
    times, causes = _sample(duration, _causes(cause))
    codes, keys = _groups(group, len(times))
    curve = _incidence_frame(_steps(times, causes, codes, of_interest=_interest(of_interest)))
    certain = curve["incidence"].to_numpy() >= 1 - CROSSING_TOLERANCE
    bounds = {
        "": curve["incidence"].to_numpy(),
        "_lower": np.where(certain, 0.0, curve["upper"].to_numpy()),
        "_upper": np.where(certain, 0.0, curve["lower"].to_numpy()),
    }
    return _percentile_frame(curve, bounds, codes, keys, probabilities)


def _sample(duration: ArrayLike, causes: Codes) -> tuple[Floats, Codes]:
    times = np.asarray(duration, dtype=np.float64)
    if times.ndim != 1 or times.shape != causes.shape:
        shapes = f"duration has shape {times.shape}, the events {causes.shape}"
        raise ValueError(f"{shapes}: one value each per row")
    wrong = np.flatnonzero(~(np.isfinite(times) & (times >= 0)))
    if wrong.size:
        raise ValueError(f"row {wrong[0]}: duration {times[wrong[0]]}: expected a number >= 0")
    return times, causes


def _flags(is_observed: ArrayLike) -> Codes:
    flags = _causes(is_observed)
    wrong = np.flatnonzero((flags != 0) & (flags != 1))
    if wrong.size:
        raise ValueError(f"row {wrong[0]}: is_observed {flags[wrong[0]]}: expected true or false")
    return flags


def _causes(cause: ArrayLike) -> Codes:
    values = pd.Series(np.asarray(cause, dtype=object).ravel())
    missing = np.flatnonzero(values.isna())
    if missing.size:
        raise ValueError(f"row {missing[0]}: no event code: expected 0 (censored) or the code of an event")
    numbers = np.asarray(values, dtype=np.float64)
    wrong = np.flatnonzero(numbers != np.floor(numbers))
    if wrong.size:
        raise ValueError(f"row {wrong[0]}: event code {numbers[wrong[0]]}: expected a whole number")
    return numbers.astype(np.int64)


def _interest(of_interest: int) -> int:
    if of_interest == 0:
        raise ValueError("of_interest 0: 0 means censored, expected the code of an event")
    return of_interest


def _groups(group: ArrayLike | None, n: int) -> "tuple[Codes, pd.Index[Any]]":
    if group is None:
        return np.zeros(n, dtype=np.int64), pd.RangeIndex(1 if n else 0)
    codes, keys = pd.factorize(pd.Series(group).reset_index(drop=True), sort=True)
    if len(codes) != n:
        raise ValueError(f"group has {len(codes)} rows, duration {n}: one key per row")
    missing = np.flatnonzero(codes < 0)
    if missing.size:
        raise ValueError(f"row {missing[0]}: group is missing")
    return codes.astype(np.int64), pd.Index(keys)


def _steps(times: Floats, causes: Codes, group: Codes | None = None, *, of_interest: int) -> _Steps:
    codes = np.zeros(len(times), dtype=np.int64) if group is None else group
    if not len(times):
        nothing = np.zeros(0, dtype=np.int64)
        return _Steps(nothing, np.zeros(0), nothing, nothing, nothing)
    order = np.lexsort((times, codes))
    codes, times, causes = codes[order], times[order], causes[order]
    is_new = np.r_[True, (codes[1:] != codes[:-1]) | (times[1:] != times[:-1])]
    first = np.flatnonzero(is_new)
    group_end = np.searchsorted(codes, codes[first], side="right")
    return _Steps(
        group=codes[first],
        time=times[first],
        at_risk=group_end - first,
        events=np.add.reduceat((causes == of_interest).astype(np.int64), first),
        all_events=np.add.reduceat((causes != 0).astype(np.int64), first),
    )


def _running(values: Floats, group: Codes, how: str) -> Floats:
    """Cumulative sum or product that starts anew in each group, so that no rounding leaks into the next."""
    grouped = pd.Series(values).groupby(group, sort=False)
    running = grouped.cumprod() if how == "product" else grouped.cumsum()
    return np.asarray(running, dtype=np.float64)


def _greenwood_terms(steps: _Steps) -> Floats:
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


def _survival_frame(steps: _Steps) -> pd.DataFrame:
    survival = _running(1 - steps.all_events / steps.at_risk, steps.group, "product")
    error = survival * np.sqrt(_running(_greenwood_terms(steps), steps.group, "sum"))
    lower, upper = _log_log_interval(survival, error)
    return pd.DataFrame(
        {
            "group": steps.group,
            "time": steps.time,
            "at_risk": steps.at_risk,
            "events": steps.events,
            "survival": survival,
            "lower": lower,
            "upper": upper,
        }
    )


def _incidence_frame(steps: _Steps) -> pd.DataFrame:
    n, d = steps.at_risk.astype(np.float64), steps.events.astype(np.float64)
    after = _running(1 - steps.all_events / steps.at_risk, steps.group, "product")
    starts = np.r_[True, steps.group[1:] != steps.group[:-1]][: len(n)]
    before = np.where(starts, 1.0, np.r_[1.0, after[:-1]][: len(n)])
    incidence = _running(before * d / n, steps.group, "sum")

    # Var F(t) = sum (F(t) - F(s))^2 a + sum b - 2 sum (F(t) - F(s)) c, each square multiplied out so
    # that running sums over s <= t do it: a, b and c are the variance terms of one step (Marubini and
    # Valsecchi, 10.14).
    a, c = _greenwood_terms(steps), before * d / n**2
    b = before**2 * d * (n - d) / n**3
    total = {
        name: _running(values, steps.group, "sum")
        for name, values in {
            "a": a,
            "aF": a * incidence,
            "aFF": a * incidence**2,
            "b": b,
            "c": c,
            "cF": c * incidence,
        }.items()
    }
    variance = (
        incidence**2 * total["a"]
        - 2 * incidence * total["aF"]
        + total["aFF"]
        + total["b"]
        - 2 * (incidence * total["c"] - total["cF"])
    )
    lower, upper = _log_log_interval(np.minimum(incidence, 1.0), np.sqrt(np.maximum(variance, 0.0)))
    return pd.DataFrame(
        {
            "group": steps.group,
            "time": steps.time,
            "at_risk": steps.at_risk,
            "events": steps.events,
            "incidence": np.minimum(incidence, 1.0),
            "lower": lower,
            "upper": upper,
        }
    )


def _percentile_frame(
    curve: pd.DataFrame,
    reached: dict[str, Floats],
    codes: Codes,
    keys: "pd.Index[Any]",
    probabilities: Sequence[float],
) -> pd.DataFrame:
    """Reads off `curve`, per group, the first time each share in `reached` is at least each probability."""
    group, time = curve["group"].to_numpy(), curve["time"].to_numpy()
    events = np.bincount(group, weights=curve["events"].to_numpy(), minlength=len(keys)).astype(np.int64)
    columns: dict[str, NDArray[Any]] = {"n": np.bincount(codes, minlength=len(keys)), "events": events}
    for probability in probabilities:
        if not 0 < probability < 1:
            raise ValueError(f"probability {probability}: expected a share strictly between 0 and 1")
        for suffix, share in reached.items():
            crossing = np.flatnonzero(share >= probability - CROSSING_TOLERANCE)
            groups, first = np.unique(group[crossing], return_index=True)
            at = np.full(len(keys), np.nan)
            at[groups] = time[crossing[first]]
            columns[f"p{100 * probability:g}{suffix}"] = at
    return pd.DataFrame(columns, index=keys)
