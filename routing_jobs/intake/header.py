"""Names of a file's columns, and whether they are those the contract asks for."""

import difflib
from collections.abc import Iterable, Sequence

from routing_jobs.intake.records import RECORD, FileRefusedError, Reading


def check_header(header: Sequence[str], reading: Reading) -> list[str]:
    """The columns' names as a table can have them, see `distinct_names`.

    Columns may stand in any order, and there may be more of them than the contract maps.

    Raises:
        FileRefusedError: TOO_MANY_COLUMNS, or HEADER_MISMATCH where a column the contract reads is not there.
    """
    if len(header) > reading.limits.columns:
        raise FileRefusedError("TOO_MANY_COLUMNS", found=len(header), limit=reading.limits.columns)
    names = distinct_names(header)
    missing = [name for name in reading.required_columns if name not in names]
    if missing:
        raise FileRefusedError("HEADER_MISMATCH", detail="; ".join(_absence(name, names) for name in missing))
    return names


def _absence(name: str, names: Sequence[str]) -> str:
    numbered = [other for other in names if other.rpartition("#")[0].lower() == name.lower()]
    if numbered:
        return f"column {name!r} stands more than once; map {' or '.join(map(repr, numbered))}"
    close = difflib.get_close_matches(name, names, n=1)
    return f"no column {name!r}" + (f" (it has {close[0]!r})" if close else "")


def distinct_names(header: Sequence[str]) -> list[str]:
    """Column names that a table can have, in the header's order.

    Surrounding blanks go. A blank name becomes column_<position>; names that are equal, ignoring case, are told
    apart as name#1, name#2, so that a contract maps one of them on purpose.
    """
    stripped = [name.strip() or f"column_{index}" for index, name in enumerate(header, start=1)]
    folded = [name.lower() for name in stripped]
    repeated = {key for key in folded if folded.count(key) > 1} | {RECORD}
    return _numbered(stripped, repeated)


def first_come_names(names: Iterable[str]) -> list[str]:
    """As `distinct_names` for names that differ already, if only by case: the first keeps its name."""
    return _numbered([name if name.strip() else f"column{name}_" for name in names], {RECORD})


def _numbered(names: Iterable[str], never: set[str]) -> list[str]:
    """The names, with #1, #2, ... behind those that are taken (ignoring case) or may never be used as they are."""
    taken = set(never)
    result = []
    for name in names:
        unique, number = name, 0
        while unique.lower() in taken:
            number += 1
            unique = f"{name}#{number}"
        taken.add(unique.lower())
        result.append(unique)
    return result
