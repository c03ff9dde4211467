"""Columns of text built whole columns at a time: pools, numbers, instants, and records of CSV or JSON lines.

Everything is a pyarrow string array; a blank is the empty string, never null. Nothing here knows what a lead is.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from routing_jobs.generator.draws import Integers

DAY = 86_400
EPOCH = date(1970, 1, 1)
NEVER = -1  # an instant that has not happened
Mask = NDArray[np.bool_]


def taken(pool: Sequence[str], codes: Integers) -> pa.Array:
    """The entry of `pool` for each code; blank for a negative one."""
    return _with_blank(tuple(pool)).take(pa.array(np.where(codes < 0, len(pool), codes)))


def constant(value: str, size: int) -> pa.Array:
    """The same text `size` times."""
    return pa.repeat(pa.scalar(value, pa.string()), size)


def joined(*parts: pa.Array | str) -> pa.Array:
    """The parts side by side."""
    return pc.binary_join_element_wise(*parts, pa.scalar("", pa.string()))


def chosen(mask: Mask, yes: pa.Array | str, no: pa.Array | str) -> pa.Array:
    """`yes` where the mask holds, else `no`."""
    return pc.if_else(pa.array(mask), yes, no)


def shown(mask: Mask, values: pa.Array) -> pa.Array:
    """The values where the mask holds, blank elsewhere."""
    return chosen(mask, values, "")


def number(values: Integers, width: int = 0) -> pa.Array:
    """Whole numbers as text, with leading zeros up to `width`."""
    text = pa.array(values).cast(pa.string())
    return pc.utf8_lpad(text, width, "0") if width else text


def money(minor: Integers, decimal: str = ".") -> pa.Array:
    """Amounts in hundredths as text with two decimals; blank where negative."""
    whole, cents = np.divmod(np.abs(minor), 100)
    return shown(minor >= 0, joined(number(whole), decimal, number(cents, 2)))


def dates(days: Integers, form: str = "%Y-%m-%d") -> pa.Array:
    """Days since 1970 as text; blank for NEVER."""
    known = days[days != NEVER]
    first, last = (int(known.min()), int(known.max())) if len(known) else (0, 0)
    pool = tuple((EPOCH + timedelta(days=day)).strftime(form) for day in range(first, last + 1))
    return taken(pool, np.where(days == NEVER, -1, days - first))


def instants(
    seconds: Integers, day: str = "%Y-%m-%d", between: str = "T", clock: str = "%H:%M:%S", after: str = "Z"
) -> pa.Array:
    """Seconds since 1970 as text; blank for NEVER."""
    known = seconds != NEVER
    calendar_days, within = np.divmod(seconds, DAY)
    written = joined(
        dates(np.where(known, calendar_days, NEVER), day), between, _clock(clock).take(pa.array(within)), after
    )
    return shown(known, written)


def local(seconds: Integers, zone: str) -> Integers:
    """The reading of a wall clock in `zone`, as seconds since 1970, for zones that change at whole hours."""
    hours = seconds // 3600
    first, last = int(hours.min()), int(hours.max())
    offsets = np.array([_offset_at(zone, hour * 3600) for hour in range(first, last + 1)], dtype=np.int64)
    local_seconds: Integers = seconds + offsets[hours - first]
    return local_seconds


def by_month(seconds: Integers) -> Iterator[tuple[str, Integers]]:
    """Each month such as 2026-02 that occurs, and the rows that fall into it, in order."""
    months = seconds.astype("datetime64[s]").astype("datetime64[M]")
    for month in np.unique(months):
        yield str(month), np.flatnonzero(months == month)


def csv_lines(columns: Sequence[pa.Array], delimiter: str = ",") -> pa.Array:
    """One line a record, without line end; a field is quoted only where it must be."""
    return pc.binary_join_element_wise(*(_quoted(column, delimiter) for column in columns), delimiter)


def json_lines(columns: dict[str, pa.Array], bare: frozenset[str] = frozenset()) -> pa.Array:
    """One JSON object a record: blanks become null, columns in `bare` are written without quotes."""
    parts: list[pa.Array | str] = []
    for position, (name, column) in enumerate(columns.items()):
        body = column if name in bare else joined('"', _escaped(column), '"')
        parts += [("{" if position == 0 else ", ") + f'"{name}": ', chosen(_is_blank(column), "null", body)]
    return joined(*parts, "}")


def _quoted(column: pa.Array, delimiter: str) -> pa.Array:
    needs = pc.match_substring_regex(column, f'["\r\n{delimiter}]')
    if not pc.any(needs).as_py():
        return column
    return pc.if_else(needs, joined('"', pc.replace_substring(column, '"', '""'), '"'), column)


def _escaped(column: pa.Array) -> pa.Array:
    for raw, safe in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n")):
        column = pc.replace_substring(column, raw, safe)
    return column


def _is_blank(column: pa.Array) -> Mask:
    blank: Mask = pc.equal(column, "").to_numpy(zero_copy_only=False)
    return blank


@lru_cache(maxsize=256)
def _with_blank(pool: tuple[str, ...]) -> pa.Array:
    return pa.array([*pool, ""], pa.string())


@lru_cache(maxsize=16)
def _clock(form: str) -> pa.Array:
    """How each second of a day is written."""
    minutes = [time(minute // 60, minute % 60).strftime(form.replace("%S", "%%S")) for minute in range(24 * 60)]
    return pa.array([minute.replace("%S", f"{second:02d}") for minute in minutes for second in range(60)], pa.string())


def _offset_at(zone: str, second: int) -> int:
    offset = datetime.fromtimestamp(second, ZoneInfo(zone)).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0
