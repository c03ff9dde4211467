"""One test of one column, over all leads at once: the `when` of a scoring rule."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from routing_jobs.program.rulebook import Condition

Mask = npt.NDArray[np.bool_]


def holds(frame: pd.DataFrame, condition: Condition) -> Mask:
    """Which leads meet the condition. Texts compare in lower case without blanks around; a null meets only `missing`.

    A list column meets `is` and `in` if one of its entries does.

    Raises:
        ValueError: The column is not in `frame`, or bounds are put to a column that holds no numbers.
    """
    if condition.column not in frame:
        raise ValueError(f"column {condition.column}: expected one of {', '.join(frame.columns)}")
    values = frame[condition.column]
    if condition.is_ in ("present", "missing"):
        is_present = _is_present(values)
        return is_present if condition.is_ == "present" else ~is_present
    if condition.is_ is not None:
        return _is_any(values, (condition.is_,))
    if condition.in_ is not None:
        return _is_any(values, condition.in_)
    return _is_within(values, condition)


def _is_present(values: pd.Series) -> Mask:
    if _holds_lists(values):
        return values.map(lambda entries: entries is not None and len(entries) > 0).to_numpy(dtype=bool)
    present = values.notna()
    if pd.api.types.is_string_dtype(values):
        present &= values.str.strip() != ""
    return present.to_numpy(dtype=bool)


def _is_any(values: pd.Series, wanted: tuple[str, ...]) -> Mask:
    folded = {value.strip().lower() for value in wanted}
    if _holds_lists(values):
        return values.map(
            lambda entries: entries is not None and any(str(entry).strip().lower() in folded for entry in entries)
        ).to_numpy(dtype=bool)
    texts = values.astype("str").str.strip().str.lower()
    return (texts.isin(folded) & values.notna()).to_numpy(dtype=bool)


def _is_within(values: pd.Series, condition: Condition) -> Mask:
    try:
        numbers = pd.to_numeric(values, errors="raise").astype("float64")
    except (ValueError, TypeError) as error:
        raise ValueError(f"column {condition.column}: expected numbers for at_least and below: {error}") from error
    within = numbers.notna()
    if condition.at_least is not None:
        within &= numbers >= condition.at_least
    if condition.below is not None:
        within &= numbers < condition.below
    return within.to_numpy(dtype=bool)


def _holds_lists(values: pd.Series) -> bool:
    return values.dtype == object and bool(values.map(lambda entry: isinstance(entry, list | np.ndarray)).any())
