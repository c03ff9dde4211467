"""What commands show: one JSON object for programs, tables for people, progress on standard error.

Text that came from outside is made printable first: a lead cannot move the cursor or colour the terminal.
"""

import json
import math
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

PIPED_WIDTH = 200  # columns of a table that no terminal bounds
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def printable(value: object) -> str:
    """The text of a value, with control and direction characters replaced."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", str(value))


def emit(payload: Mapping[str, Any], as_json: bool, show: Callable[[], None] | None = None) -> None:
    """The result of a command: `payload` as one JSON object with --json, else what `show` prints for people.

    Instants in the payload are UTC (naive or aware) and come out as `2026-03-01T08:00:00Z`.
    """
    if as_json:
        click.echo(json.dumps(_plain(payload), ensure_ascii=False, allow_nan=False))
    elif show is not None:
        show()


def say(text: str) -> None:
    """One line of progress on standard error."""
    click.echo(printable(text), err=True)


def print_line(text: str = "") -> None:
    """One line for people on standard output."""
    click.echo(printable(text))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], title: str | None = None) -> None:
    """A table for people: numbers right, None as a dash, instants in UTC to the minute."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    entries = [list(row) for row in rows]
    table = Table(title=title and Text(title), title_justify="left", box=box.SIMPLE_HEAD, show_edge=False)
    for index, column in enumerate(columns):
        present = [entry[index] for entry in entries if entry[index] is not None]
        is_number = bool(present) and all(isinstance(value, int | float | Decimal) for value in present)
        table.add_column(Text(column), justify="right" if is_number else "left", overflow="fold")
    for entry in entries:
        table.add_row(*(Text(cell(value)) for value in entry))
    console = Console(width=None if sys.stdout.isatty() else PIPED_WIDTH)
    with console.capture() as captured:
        console.print(table)
    click.echo("\n".join(line.rstrip() for line in captured.get().splitlines()) + "\n")


def cell(value: object) -> str:
    """A value as a table shows it."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | Decimal):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    if isinstance(value, datetime):
        return f"{_utc(value):%Y-%m-%d %H:%M}"
    return printable(value)


def _utc(instant: datetime) -> datetime:
    return instant if instant.tzinfo is None else instant.astimezone(UTC).replace(tzinfo=None)


def _plain(value: Any) -> Any:
    """`value` in JSON's own types; a not-a-number is null, an unknown type is a programmer's error."""
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        entries = sorted(value) if isinstance(value, set | frozenset) else value
        return [_plain(entry) for entry in entries]
    if isinstance(value, datetime):
        return _utc(value).isoformat() + "Z"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal | Path):
        return str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | int):
        return value
    if hasattr(value, "item"):  # numpy's scalars
        return _plain(value.item())
    raise TypeError(f"{type(value).__name__} has no JSON form here")
