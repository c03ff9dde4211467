"""What a page of the report is made of: sections, headlines, figures, tables, definitions.

Plain values, ready to be laid out. What they say is written in `sections`, how they look in `page`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

WIDE = 720  # drawing units; one is a CSS pixel at desktop width
HALF = 450
NARROW = 350


@dataclass(frozen=True)
class Change:
    """A number against the period before: what it says, and whether that is `better`, `worse`, `even` or `unknown`.

    `brief` is for a table cell, whose column says what is compared; empty, it is the text.
    """

    text: str
    tone: str
    brief: str = ""


@dataclass(frozen=True)
class Headline:
    """The one number of a section, with what it rests on and how it changed."""

    label: str
    value: str
    basis: str
    change: Change
    interval: str | None = None


@dataclass(frozen=True)
class Figure:
    """A chart in two drawings, for desktop and phone; `legend` names its colours as (class, name)."""

    title: str
    subtitle: str
    wide: Markup
    narrow: Markup
    legend: Sequence[tuple[str, str]] = ()
    kind: str = "figure"


@dataclass(frozen=True)
class Pair:
    """Two charts side by side where there is room."""

    figures: tuple[Figure, Figure]
    kind: str = "pair"


@dataclass(frozen=True)
class Column:
    """A column of a table; numbers are set flush right."""

    title: str
    is_number: bool = True


Cell = str | Markup | Change


@dataclass(frozen=True)
class Table:
    """A table with a caption that says what its rows are; the last row is set apart when `has_total`."""

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    has_total: bool = False
    is_folded: bool = False
    kind: str = "table"


Block = Figure | Pair | Table


@dataclass(frozen=True)
class Section:
    """One part of the page. `missing` says what there is nothing of yet and why; the rest is then empty."""

    anchor: str
    title: str
    lede: str = ""
    headlines: Sequence[Headline] = ()
    blocks: Sequence[Block] = ()
    definitions: Sequence[tuple[str, str]] = ()
    missing: str = ""


def figure(
    title: str,
    subtitle: str,
    draw: Callable[[int], Markup],
    legend: Iterable[tuple[str, str]] = (),
    width: int = WIDE,
) -> Figure:
    """A chart drawn by `draw(width)`: at `width` for desktops, and narrow for phones."""
    return Figure(title, subtitle, draw(width), draw(NARROW), tuple(legend))


def text_columns(*titles: str) -> list[Column]:
    """Columns of words."""
    return [Column(title, is_number=False) for title in titles]


def number_columns(*titles: str) -> list[Column]:
    """Columns of numbers."""
    return [Column(title) for title in titles]
