"""The life table: at each distinct duration, how many were still waiting and what happened to them.

Every curve of this room is worked from it, for one sample or many groups at once. Not here: the curves (`survival`).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True)
class LifeTable:
    """One entry per group and distinct duration, ascending."""

    group: Codes
    time: Floats
    at_risk: Codes
    events: Codes  # of the cause asked for
    all_events: Codes  # of any cause


def life_table(times: Floats, causes: Codes, group: Codes | None = None, *, of_interest: int) -> LifeTable:
    """Counts checked durations and causes (0 censored) per group code; None takes all rows as group 0."""
    codes = np.zeros(len(times), dtype=np.int64) if group is None else group
    if not len(times):
        nothing = np.zeros(0, dtype=np.int64)
        return LifeTable(nothing, np.zeros(0), nothing, nothing, nothing)
    order = _by_group_and_time(times, codes)
    codes, times, causes = codes[order], times[order], causes[order]
    is_new = np.r_[True, (codes[1:] != codes[:-1]) | (times[1:] != times[:-1])]
    first = np.flatnonzero(is_new)
    group_end = np.searchsorted(codes, codes[first], side="right")
    return LifeTable(
        group=codes[first],
        time=times[first],
        at_risk=group_end - first,
        events=np.add.reduceat((causes == of_interest).astype(np.int64), first),
        all_events=np.add.reduceat((causes != 0).astype(np.int64), first),
    )


def _by_group_and_time(times: Floats, codes: Codes) -> Codes:
    """The order of `np.lexsort((times, codes))`, in a third of its time: few groups sort by radix, sorted times at once."""
    by_time = np.argsort(times, kind="stable")
    few = codes.astype(np.uint16) if codes.max(initial=0) < 2**16 else codes
    return by_time[np.argsort(few[by_time], kind="stable")]


def running(values: Floats, group: Codes, how: str) -> Floats:
    """Cumulative sum or product that starts anew in each group, so that no rounding leaks into the next."""
    grouped = pd.Series(values).groupby(group, sort=False)
    running = grouped.cumprod() if how == "product" else grouped.cumsum()
    return np.asarray(running, dtype=np.float64)


def checked_sample(duration: ArrayLike, causes: Codes) -> tuple[Floats, Codes]:
    """Durations and causes of the same length, the durations numbers >= 0; else ValueError."""
    times = np.asarray(duration, dtype=np.float64)
    if times.ndim != 1 or times.shape != causes.shape:
        shapes = f"duration has shape {times.shape}, the events {causes.shape}"
        raise ValueError(f"{shapes}: one value each per row")
    wrong = np.flatnonzero(~(np.isfinite(times) & (times >= 0)))
    if wrong.size:
        raise ValueError(f"row {wrong[0]}: duration {times[wrong[0]]}: expected a number >= 0")
    return times, causes


def flags_of(is_observed: ArrayLike) -> Codes:
    """Booleans as causes: 1 observed, 0 censored; anything else is a ValueError."""
    flags = causes_of(is_observed)
    wrong = np.flatnonzero((flags != 0) & (flags != 1))
    if wrong.size:
        raise ValueError(f"row {wrong[0]}: is_observed {flags[wrong[0]]}: expected true or false")
    return flags


def causes_of(cause: ArrayLike) -> Codes:
    """Event codes as whole numbers, none missing; else ValueError."""
    given = np.asarray(cause)
    if given.dtype.kind in "biu":  # nothing to find wrong, and a million codes take a second as objects
        return given.ravel().astype(np.int64)
    values = pd.Series(np.asarray(cause, dtype=object).ravel())
    missing = np.flatnonzero(values.isna())
    if missing.size:
        raise ValueError(f"row {missing[0]}: no event code: expected 0 (censored) or the code of an event")
    numbers = np.asarray(values, dtype=np.float64)
    wrong = np.flatnonzero(numbers != np.floor(numbers))
    if wrong.size:
        raise ValueError(f"row {wrong[0]}: event code {numbers[wrong[0]]}: expected a whole number")
    return numbers.astype(np.int64)


def checked_cause(of_interest: int) -> int:
    """A cause one can ask for; 0 is a ValueError."""
    if of_interest == 0:
        raise ValueError("of_interest 0: 0 means censored, expected the code of an event")
    return of_interest
