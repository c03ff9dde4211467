"""Names of a file's columns, and whether they are those the contract asks for."""

import difflib
from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from routing_jobs.intake.records import RECORD, FileRefusedError, Reading

_DELIMITERS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}


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
        detail = _misreading(names, reading) or "; ".join(_absence(name, names) for name in missing)
        raise FileRefusedError("HEADER_MISMATCH", detail=detail)
    return names


def repeats_header(table: pa.Table, header: Sequence[str], missing_values: Sequence[str]) -> np.ndarray:
    """Which records of `table` (RECORD, then the file's columns) are the header once more; bool, one a record.

    Raises:
        FileRefusedError: HEADER_MISMATCH where a record is the header in another order: what follows is shifted.
    """
    expected = [None if name in missing_values else name for name in header]
    names = pa.array(dict.fromkeys(expected), pa.string())
    is_likely = np.ones(table.num_rows, bool)
    for column in table.columns[1:]:
        is_likely &= pc.is_in(column, names).to_numpy()
        if not is_likely.any():
            return is_likely
    is_repeated = np.zeros(table.num_rows, bool)
    for index in np.flatnonzero(is_likely):
        number, *values = (column[index].as_py() for column in table.columns)
        if values == expected:
            is_repeated[index] = True
        elif set(values) - {None} and sorted(values, key=str) == sorted(expected, key=str):
            detail = f"record {number} is a header with the columns in another order"
            raise FileRefusedError("HEADER_MISMATCH", detail=detail)
    return is_repeated


def _misreading(names: Sequence[str], reading: Reading) -> str | None:
    """What is wrong if the first line holds none of the columns, or one: then it is hardly the columns' names."""
    wanted, dialect = set(reading.required_columns), reading.source.dialect
    if len(wanted) == 1 or wanted.intersection(names):
        return None
    if reading.source.format == "csv" and len(names) == 1:
        for delimiter, name in _DELIMITERS.items():
            if wanted.intersection(part.strip(' "') for part in names[0].split(delimiter)):
                if delimiter == dialect.delimiter:
                    return "the header line stands in quotes as a whole"
                return f"the columns are separated by {name}; see dialect.delimiter"
    return "the first line has none of the columns; if they are named further down, see dialect.skip_rows"


def _absence(name: str, names: Sequence[str]) -> str:
    numbered = [other for other in names if other.rpartition("#")[0].lower() == name.lower()]
    if numbered:
        return f"column {name!r} stands more than once; map {' or '.join(map(repr, numbered))}"
    close = [other for other in names if other.lower() == name.lower()] or difflib.get_close_matches(name, names, n=1)
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
