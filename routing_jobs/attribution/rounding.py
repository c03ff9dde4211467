"""Credit and revenue as integers that sum exactly, by largest remainders.

Every share is rounded down; what is then missing goes, one unit each, to the shares that lost most, the earlier row
where two lost the same. All arithmetic after the first step is in integers. Source: Hamilton's method of apportionment.
"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

Units = NDArray[np.int64]

MICROS = 1_000_000


def credit_micros(credit: ArrayLike, journey: Any) -> Units:
    """Credit in integer millionths that sum to exactly 1,000,000 per journey.

    Args:
        credit: n shares >= 0 that sum to 1 per journey (to rounding), or to 0 where nothing is credited.
        journey: n keys; with several models in one table, one key per journey and model.

    Returns:
        int64[n]; journeys without credit stay 0.

    Raises:
        ValueError: A share is missing or negative, or a journey sums to neither 1 nor 0; row or journey is named.
    """
    shares = np.asarray(credit, dtype=np.float64)
    codes, keys = _codes(journey, len(shares))
    wrong = np.flatnonzero(~(shares >= 0))
    if wrong.size:
        raise ValueError(f"row {wrong[0]}: credit {shares[wrong[0]]}: expected a share >= 0")
    # Whole millionths of a millionth first: shares that are equal but for the last bit then tie, as they should.
    fine = np.round(shares * MICROS * MICROS).astype(np.int64)
    total = np.bincount(codes, weights=shares, minlength=len(keys))
    strange = np.flatnonzero((np.abs(total - 1) > 1e-9) & (total != 0))
    if strange.size:
        raise ValueError(f"journey {keys[strange[0]]!r}: credit sums to {total[strange[0]]}: expected 1 or 0")
    return _topped_up(fine // MICROS, fine % MICROS, np.where(total > 0, MICROS, 0), codes)


def split_minor(amount: ArrayLike, micros: ArrayLike, journey: Any) -> Units:
    """Amounts split by credit, exact to the minor unit.

    Args:
        amount: n integers, the journey's whole amount in minor units on each of its rows; may be negative.
        micros: n integers from `credit_micros`.
        journey: n keys, as given to `credit_micros`.

    Returns:
        int64[n] that sums per journey to its amount; journeys without credit stay 0.

    Raises:
        ValueError: A journey's rows differ in amount, or its micros sum to neither 1,000,000 nor 0.
    """
    amounts, parts = _integers(amount, "amount"), _integers(micros, "credit_micros")
    codes, keys = _codes(journey, len(parts))
    whole = np.zeros(len(keys), dtype=np.int64)
    whole[codes[::-1]] = amounts[::-1]
    differs = np.flatnonzero(amounts != whole[codes])
    if differs.size:
        raise ValueError(f"row {differs[0]}: amount {amounts[differs[0]]}: its journey's first row says otherwise")
    total = np.zeros(len(keys), dtype=np.int64)
    np.add.at(total, codes, parts)
    strange = np.flatnonzero((total != MICROS) & (total != 0))
    if strange.size:
        raise ValueError(f"journey {keys[strange[0]]!r}: micros sum to {total[strange[0]]}: expected {MICROS} or 0")
    # amount * micros would overflow for large amounts; split so, no product exceeds the amount or 10^12.
    thousands, remainder = np.divmod(np.abs(amounts), MICROS)
    down = thousands * parts + remainder * parts // MICROS
    target = np.where(total > 0, np.abs(whole), 0)
    return np.sign(amounts) * _topped_up(down, remainder * parts % MICROS, target, codes)


def _topped_up(down: Units, lost: Units, target: Units, codes: Units) -> Units:
    """Adds one to the shares that lost most by rounding down, until each journey sums to its target."""
    total = np.zeros(len(target), dtype=np.int64)
    np.add.at(total, codes, down)
    missing = target - total
    wanting = np.flatnonzero(missing[codes] > 0)  # most journeys convert nothing, and many sums come out even
    order = wanting[np.lexsort((-lost[wanting], codes[wanting]))]  # stable: of equals the earlier row comes first
    is_first = np.r_[True, codes[order][1:] != codes[order][:-1]][: len(order)]
    rank = np.arange(len(order)) - np.flatnonzero(is_first)[np.cumsum(is_first) - 1]
    units = down.copy()
    units[order] += rank < missing[codes[order]]
    return units


def _codes(journey: Any, n: int) -> "tuple[Units, pd.Index[Any]]":
    codes, keys = pd.factorize(pd.Series(journey).reset_index(drop=True))
    if len(codes) != n:
        raise ValueError(f"{n} shares but {len(codes)} journeys: expected one of each per row")
    missing = np.flatnonzero(codes < 0)
    if missing.size:
        raise ValueError(f"row {missing[0]}: journey is missing")
    return codes.astype(np.int64), pd.Index(keys)


def _integers(values: ArrayLike, name: str) -> Units:
    numbers = np.asarray(values)
    if numbers.dtype.kind not in "iu" and numbers.size:
        raise ValueError(f"{name} is {numbers.dtype}: expected integers")
    return numbers.astype(np.int64)
