"""Percentiles of waiting times when some are still waiting: the median and the like, per group, or "not reached".

Never the percentile of those who have answered: that is always too good. Not here: the curves (`survival`).

Source of the intervals: Brookmeyer and Crowley 1982, on the log-log scale.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from routing_jobs.performance.life_table import (
    Codes,
    Floats,
    causes_of,
    checked_cause,
    checked_sample,
    flags_of,
    life_table,
)
from routing_jobs.performance.survival import incidence_curves, survival_curves

# A survival of exactly one half comes out of a product of fractions as 0.5 and a few ulps more or less.
CROSSING_TOLERANCE = 1e-10


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
    times, flags = checked_sample(duration, flags_of(is_observed))
    codes, keys = _groups(group, len(times))
    curve = survival_curves(life_table(times, flags, codes, of_interest=1))
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

    With 40 % declined, the time by which 90 % have accepted is never reached, however fast the others were.

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
    times, causes = checked_sample(duration, causes_of(cause))
    codes, keys = _groups(group, len(times))
    curve = incidence_curves(life_table(times, causes, codes, of_interest=checked_cause(of_interest)))
    certain = curve["incidence"].to_numpy() >= 1 - CROSSING_TOLERANCE
    bounds = {
        "": curve["incidence"].to_numpy(),
        "_lower": np.where(certain, 0.0, curve["upper"].to_numpy()),
        "_upper": np.where(certain, 0.0, curve["lower"].to_numpy()),
    }
    return _percentile_frame(curve, bounds, codes, keys, probabilities)


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
            # the first of each group: the curve's groups ascend, so that nothing needs sorting
            first = crossing[np.flatnonzero(np.diff(group[crossing], prepend=-1))]
            at = np.full(len(keys), np.nan)
            at[group[first]] = time[first]
            columns[f"p{100 * probability:g}{suffix}"] = at
    return pd.DataFrame(columns, index=keys)
