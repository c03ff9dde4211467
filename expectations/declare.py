"""The vocabulary gates are declared in: which rows are judged, how many there must be, what must hold of them."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Check:
    """One expectation on a dataset.

    `expectation` names a Great Expectations class and `arguments` are its own. NULL never passes by being left out,
    as it would in the library, unless `nullable`. `message` says what is wrong when it fails, `remedy` what to do.
    """

    name: str
    expectation: str
    arguments: dict[str, Any]
    message: str
    remedy: str
    nullable: bool = False


@dataclass(frozen=True)
class Dataset:
    """The rows one suite judges.

    `rows` is SQL over the warehouse giving one row per judged thing, without personal data. `count` is SQL that counts
    independently how many rows should have been seen. `key` names a row in a verdict.
    """

    name: str
    rows: str
    count: str
    key: str
    checks: tuple[Check, ...]
    minimum_rows: int = 0
    floor_remedy: str = "see which feed or step left the table short: `leadroute quarantine list`, then run again"


@dataclass(frozen=True)
class Gate:
    """A gate: its datasets, and what its verdict is bound to.

    `subject` names the tables whose content is judged; `subject_query`, where given, reads the hashes instead: one row
    for each thing judged together.
    """

    name: str
    datasets: tuple[Dataset, ...]
    subject: tuple[str, ...]
    subject_query: str | None = None


def not_null(column: str, remedy: str) -> Check:
    """`column` is filled in every row."""
    return Check(
        f"{column}_is_filled", "ExpectColumnValuesToNotBeNull", {"column": column}, f"{column} is empty", remedy
    )


def unique(column: str, remedy: str) -> Check:
    """`column` names a row: no two rows share a value."""
    arguments = {"column": column}
    return Check(f"{column}_is_unique", "ExpectColumnValuesToBeUnique", arguments, f"{column} occurs twice", remedy)


def holds(column: str, message: str, remedy: str) -> Check:
    """The boolean `column` is true in every row; unknown is not true."""
    arguments = {"column": column, "value_set": [True]}
    return Check(column, "ExpectColumnValuesToBeInSet", arguments, message, remedy)


def between(column: str, low: int, high: int, remedy: str, *, nullable: bool = False) -> Check:
    """`column` lies in [low, high]."""
    arguments = {"column": column, "min_value": low, "max_value": high}
    message = f"{column} is outside {low} to {high}"
    return Check(f"{column}_in_range", "ExpectColumnValuesToBeBetween", arguments, message, remedy, nullable)


def one_of(column: str, allowed: tuple[str, ...], remedy: str, *, nullable: bool = False) -> Check:
    """`column` takes a value from the closed list `allowed`."""
    arguments = {"column": column, "value_set": list(allowed)}
    message = f"{column} is not a known value"
    return Check(f"{column}_is_known", "ExpectColumnValuesToBeInSet", arguments, message, remedy, nullable)
