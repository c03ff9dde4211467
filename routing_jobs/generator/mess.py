"""What goes wrong in landed files: broken records, repeated ones, records a feed leaves out; each with its fate.

Mess is added beside the good records and never replaces one, so no planned lead is lost.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from routing_jobs.generator.draws import Draws, Integers
from routing_jobs.generator.text import csv_lines, json_lines

BROKEN_RATE, REPEATED_RATE, ASIDE_RATE = 0.025, 0.008, 0.06
ACCEPTED, DUPLICATE, FILTERED, QUARANTINED = "accepted", "duplicate", "filtered", "quarantined"


@dataclass(frozen=True)
class Flaw:
    """One way a record is broken: a value put into a column, fields cut off, or a field too many."""

    reason: str
    column: str = ""
    value: str = ""
    cut: int = 0
    extra: str | None = None


@dataclass(frozen=True)
class Fate:
    """What becomes of the record at `position` of a page (0 = first); the others are accepted."""

    position: int
    fate: str
    reason: str = ""


@dataclass(frozen=True)
class Form:
    """How records are written: csv (with a delimiter) or jsonl (with members left bare)."""

    kind: str
    header: tuple[str, ...]
    delimiter: str = ","
    bare: frozenset[str] = frozenset()

    def lines(self, columns: dict[str, pa.Array]) -> pa.Array:
        """The records as text, one each."""
        if self.kind == "jsonl":
            return json_lines(columns, self.bare)
        return csv_lines(list(columns.values()), self.delimiter)

    def header_line(self) -> str:
        """The first line of a CSV file."""
        return self.delimiter.join(self.header)

    def broken(self, row: dict[str, str], flaw: Flaw) -> str:
        """One record with a flaw, as text."""
        row = row | ({flaw.column: flaw.value} if flaw.column else {})
        if flaw.reason == "REPEATED_HEADER":
            return self.header_line()
        if self.kind == "jsonl":
            members = {name: None if value == "" else value for name, value in row.items()}
            return json.dumps(members, ensure_ascii=False)[: -flaw.cut or None]
        if flaw.reason == "MALFORMED_QUOTING":  # behind a stray quote a line break would end the record or not
            row = {name: value.replace("\n", " ") for name, value in row.items()}
        fields = [
            value if flaw.reason == "MALFORMED_QUOTING" and name == flaw.column else _field(value, self.delimiter)
            for name, value in row.items()
        ]
        fields = fields[: len(fields) - flaw.cut] + ([] if flaw.extra is None else [flaw.extra])
        return self.delimiter.join(fields)


@dataclass
class Mess:
    """Adds mess to the pages of one feed; every kind of flaw gets its turn."""

    draws: Draws
    name: str
    flaws: Sequence[Flaw]
    aside: tuple[str, str] | None = None
    broken_rate: float = BROKEN_RATE
    _turn: int = 0
    _page: int = 0

    def spoil(self, columns: dict[str, pa.Array], form: Form) -> tuple[pa.Array, list[Fate]]:
        """The page's records as lines with mess among them, and the fates of those not accepted."""
        lines = form.lines(columns)
        sources, after, flaws = self._planned(len(lines))
        extra = [
            form.broken(_row(columns, source), flaw) if isinstance(flaw, Flaw) else lines[source].as_py()
            for source, flaw in zip(sources, flaws, strict=True)
        ]
        order = np.argsort(np.concatenate([np.arange(len(lines)) * 2, after * 2 + 1]), kind="stable")
        mixed = pa.concat_arrays([lines, pa.array(extra, pa.string())]).take(pa.array(order))
        return mixed, _fates(order, len(lines), flaws)

    def spoil_table(self, columns: dict[str, pa.Array]) -> tuple[dict[str, pa.Array], list[Fate]]:
        """The same for a file of columns: values are broken, never the shape."""
        size = len(next(iter(columns.values())))
        sources, after, flaws = self._planned(size)
        order = np.argsort(np.concatenate([np.arange(size) * 2, after * 2 + 1]), kind="stable")
        mixed = {}
        for name, column in columns.items():
            values = [
                flaw.value if isinstance(flaw, Flaw) and flaw.column == name else column[source].as_py()
                for source, flaw in zip(sources, flaws, strict=True)
            ]
            mixed[name] = pa.concat_arrays([column, pa.array(values, pa.string())]).take(pa.array(order))
        return mixed, _fates(order, size, flaws)

    def _planned(self, size: int) -> tuple[list[int], Integers, list[Flaw | str]]:
        """For each extra record: which record it is made from, after which it stands, and its flaw (or fate)."""
        kinds: list[Flaw | str] = []
        for _ in range(self._count("broken", size, self.broken_rate) if self.flaws else 0):
            kinds.append(self.flaws[self._turn % len(self.flaws)])
            self._turn += 1
        kinds += [DUPLICATE] * self._count("repeated", size, REPEATED_RATE)
        if self.aside:
            kinds += [Flaw(FILTERED, *self.aside)] * self._count("aside", size, ASIDE_RATE)
        at = self._page * 100_000 + np.arange(len(kinds))
        self._page += 1
        sources = self.draws.below(f"{self.name} mess source", at, size)
        after = sources + self.draws.below(f"{self.name} mess place", at, size - sources)
        return sources.tolist(), after, kinds

    def _count(self, what: str, size: int, rate: float) -> int:
        return int(size * rate + float(self.draws.uniform(f"{self.name} {what} count", self._page)))


def _row(columns: dict[str, pa.Array], at: int) -> dict[str, str]:
    return {name: column[at].as_py() for name, column in columns.items()}


def _field(value: str, delimiter: str) -> str:
    if any(letter in value for letter in (delimiter, '"', "\n", "\r")):
        return '"' + value.replace('"', '""') + '"'
    return value


def _fates(order: Integers, size: int, flaws: Sequence[Flaw | str]) -> list[Fate]:
    fates = []
    for position in np.flatnonzero(order >= size).tolist():
        flaw = flaws[int(order[position]) - size]
        if not isinstance(flaw, Flaw):
            fates.append(Fate(position, flaw))
        elif flaw.reason == FILTERED:
            fates.append(Fate(position, FILTERED))
        else:
            fates.append(Fate(position, QUARANTINED, flaw.reason))
    return fates
