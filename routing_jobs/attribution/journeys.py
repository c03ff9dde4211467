"""Touches as journeys: checked, put into a total order, cut to the touches that can earn credit.

A touch can earn credit if its journey converts, it did not come after the conversion, and it lies within the lookback
if there is one. Journeys that do not convert keep all their touches: Markov learns from them. Not here: how credit is
shared (`rules`, `markov`, `shapley`), how a journey is drawn out of an account's history (dbt).
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Codes = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

REQUIRED = ("journey_id", "touched_at", "channel", "is_converting", "converted_at")
MILESTONES = ("lead_created_at", "opportunity_at")
NEVER = np.iinfo(np.int64).min  # how pandas stores NaT; earlier than every touch, so no touch is at or before it
DAY_MICROS = 86_400_000_000
HOUR_MICROS = 3_600_000_000


@dataclass(frozen=True)
class Journeys:
    """k touches that count, of j journeys, ordered by journey and then by time; every journey has at least one.

    Times are UTC microseconds. What is said per journey has length j, the rest length k.
    """

    rows: int  # touches as given, those that do not count included
    row: Codes  # where each touch stood
    journey: Codes  # 0 to j - 1, ascending
    touched_at: Codes
    channel: Codes  # position in `channels`
    channels: "pd.Index[Any]"
    is_converting: Flags  # per journey
    converted_at: Codes  # per journey; NEVER where unknown
    milestones: dict[str, Codes]  # per journey; NEVER where absent

    @cached_property
    def first(self) -> Codes:
        """Per journey, the position of its first touch."""
        return np.searchsorted(self.journey, np.arange(len(self.is_converting)), side="left")

    @cached_property
    def length(self) -> Codes:
        """Per journey, how many touches it has."""
        return np.bincount(self.journey, minlength=len(self.is_converting))

    @property
    def last(self) -> Codes:
        """Per journey, the position of its last touch."""
        return self.first + self.length - 1

    def total(self, weight: Floats) -> Floats:
        """Per journey, the sum of a weight over its touches."""
        total = np.bincount(self.journey, weights=weight, minlength=len(self.is_converting))
        return total.astype(np.float64)

    def converting(self) -> "Journeys":
        """Only the journeys that convert, numbered anew."""
        keep = self.is_converting[self.journey]
        number = np.cumsum(self.is_converting) - 1
        return Journeys(
            self.rows,
            self.row[keep],
            number[self.journey[keep]],
            self.touched_at[keep],
            self.channel[keep],
            self.channels,
            self.is_converting[self.is_converting],
            self.converted_at[self.is_converting],
            {name: at[self.is_converting] for name, at in self.milestones.items()},
        )


def read_journeys(touches: pd.DataFrame, lookback_days: float | None = None) -> Journeys:
    """Checks and orders touches; several models can then share the work.

    Touches are ordered by time; at the same instant by `touch_id` if there is such a column, then by channel, then as
    they stand.

    Args:
        touches: As for `attribute`.
        lookback_days: Touches of a converting journey longer before the conversion than this do not count.

    Raises:
        ValueError: A column is missing, or a row is: null, no boolean, at odds with its journey's other rows, or
            converting without saying when. Row and value are named.
    """
    missing = [column for column in REQUIRED if column not in touches.columns]
    if missing:
        raise ValueError(f"touches lack {', '.join(missing)}: expected {', '.join(REQUIRED)}")
    journey, journey_ids = _codes(touches, "journey_id", sort=False)
    channel, channels = _codes(touches, "channel", sort=True)
    touched_at = _instants(touches, "touched_at")
    _refuse(touched_at == NEVER, "touched_at is missing")

    example = np.zeros(len(journey_ids), dtype=np.int64)
    example[journey[::-1]] = np.arange(len(journey))[::-1]  # the first row of each journey
    flags = _flags(touches)
    per_journey = {"is_converting": flags.astype(np.int64), "converted_at": _instants(touches, "converted_at")}
    per_journey |= {name: _instants(touches, name) for name in MILESTONES if name in touches.columns}
    for name, values in per_journey.items():
        at_odds = values != values[example][journey]
        _refuse(at_odds, f"{name} differs from that of the journey's first row: expected one value per journey")
    converted_at = per_journey["converted_at"]
    _refuse(flags & (converted_at == NEVER), "converted_at is missing in a converting journey")

    counts = ~flags | (touched_at <= converted_at)
    if lookback_days is not None:
        counts &= ~flags | (touched_at >= converted_at - _lookback_micros(lookback_days))
    order = _total_order(touches, journey, touched_at, channel)
    order = order[counts[order]]
    kept, number = np.unique(journey[order], return_inverse=True)
    return Journeys(
        rows=len(touches),
        row=order,
        journey=number.astype(np.int64),
        touched_at=touched_at[order],
        channel=channel[order],
        channels=channels,
        is_converting=flags[example[kept]],
        converted_at=converted_at[example[kept]],
        milestones={name: per_journey[name][example[kept]] for name in MILESTONES if name in per_journey},
    )


def _lookback_micros(days: float) -> int:
    if not days > 0:
        raise ValueError(f"lookback_days {days}: expected a number of days above 0, or None")
    return round(min(days, 3_650_000) * DAY_MICROS)


def _total_order(touches: pd.DataFrame, journey: Codes, touched_at: Codes, channel: Codes) -> Codes:
    """Positions by journey and time; ids are compared only among touches of one journey and (almost) one instant."""
    if not len(journey):
        return np.zeros(0, dtype=np.int64)
    # Journey and time packed into one integer sort five times faster than two keys; bits of time that do not fit are
    # dropped, which at worst makes more ties to settle below.
    since = touched_at - touched_at.min()
    time_bits = 63 - int(journey.max()).bit_length()
    dropped = max(0, int(since.max()).bit_length() - time_bits)
    packed = (journey << time_bits) | (since >> dropped)
    order = np.argsort(packed)
    same = packed[order][1:] == packed[order][:-1]
    tied = np.flatnonzero(np.r_[same, False] | np.r_[False, same])
    if tied.size:
        rows = order[tied]
        identity = np.zeros(len(rows), dtype=np.int64)
        if "touch_id" in touches.columns:
            ids = touches["touch_id"].iloc[rows]
            identity = pd.factorize(ids if ids.dtype.kind in "iu" else ids.astype(str), sort=True)[0]
        order[tied] = rows[np.lexsort((rows, channel[rows], identity, touched_at[rows], journey[rows]))]
    return order


def _refuse(wrong: Flags, why: str) -> None:
    rows = np.flatnonzero(wrong)
    if rows.size:
        raise ValueError(f"row {rows[0]}: {why}")


def _codes(touches: pd.DataFrame, column: str, *, sort: bool) -> "tuple[Codes, pd.Index[Any]]":
    codes, values = pd.factorize(touches[column], sort=sort)
    _refuse(codes < 0, f"{column} is missing")
    return codes.astype(np.int64), pd.Index(values)


def _instants(touches: pd.DataFrame, column: str) -> Codes:
    """UTC microseconds; what has no zone is UTC, what is missing is NEVER."""
    values = touches[column]
    if values.dtype.kind in "biuf" and values.notna().any():
        raise ValueError(f"row 0: {column} {values.iloc[0]!r}: expected an instant, not a number")
    if values.dtype.kind != "M":
        values = pd.to_datetime(values, utc=True)
    if getattr(values.dtype, "tz", None) is not None:
        values = values.dt.tz_convert("UTC").dt.tz_localize(None)
    return values.to_numpy(dtype="datetime64[us]").astype(np.int64)


def _flags(touches: pd.DataFrame) -> Flags:
    values = touches["is_converting"]
    _refuse(values.isna().to_numpy(dtype=bool), "is_converting is missing")
    if values.dtype.kind != "b":
        _refuse(~values.isin([True, False]).to_numpy(dtype=bool), "is_converting: expected true or false")
    return values.to_numpy(dtype=bool)
