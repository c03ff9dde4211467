"""How an unknown file is written, for `source infer`: format, encoding, delimiter, quotes, lines before the header.

The draft says what was guessed. A contract guesses nothing: what a person has confirmed is declared there.
"""

import codecs
import itertools
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from routing_jobs.intake import scan as structure
from routing_jobs.intake.text_stream import signature
from routing_jobs.program.errors import ConfigurationError
from routing_jobs.program.source import Dialect

SAMPLE_BYTES = 4 << 20
_RECORD_BYTES = 1 << 20
_MOST_LEAD_IN = 20  # records before a header
_LEAST_SHARE = 0.7  # of the records have equally many fields, else this is not the delimiter
_DELIMITERS = (",", ";", "\t", "|")
_QUOTES = ('"', "'", None)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# A first row with a cell like these is data, not names: numbers, dates, e-mail addresses.
_DATA = re.compile(r"[-+]?[\d.,]*\d[\d.,]*%?|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}.*|[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True)
class FileShape:
    """What a file seems to be. `doubts` are what a person should confirm, each a sentence."""

    format: str
    dialect: Dialect = field(default_factory=Dialect)
    doubts: list[str] = field(default_factory=list)


def shape_of(path: Path) -> FileShape:
    """The shape of the file at `path`.

    Raises:
        ConfigurationError: It is empty, or of a kind that no feed can read.
    """
    with path.open("rb") as file:
        head = file.read(SAMPLE_BYTES)
    if not head.strip():
        raise ConfigurationError(f"source infer: {path.name}: the file is empty")
    if head.startswith(b"PAR1"):
        return FileShape("parquet")
    if head.startswith(b"PK\x03\x04"):
        return FileShape("xlsx", doubts=["The first sheet is meant; another one: `sheet: NAME`."])
    found = signature(head[:64])
    if found is not None:
        raise ConfigurationError(
            f"source infer: {path.name}: the file is {found}; expected CSV, JSON lines, Parquet or an Excel workbook"
        )
    encoding, doubts = _encoding(path, head)
    text = _whole_lines(head.decode(encoding, "replace").removeprefix("\ufeff"), len(head) == SAMPLE_BYTES)
    if _is_json(text):
        return FileShape("jsonl", Dialect(encoding=encoding), doubts)
    return _csv_shape(text, encoding, doubts)


def _encoding(path: Path, head: bytes) -> tuple[str, list[str]]:
    """The encoding of the whole file and what is doubtful about it."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name, []
    nul = [head[:4096][start::2].count(0) for start in (0, 1)]
    if sum(nul) > len(head[:4096]) // 8:
        name = "utf-16-be" if nul[0] > nul[1] else "utf-16-le"
        return name, [f"The encoding {name} is guessed from the zero bytes in the text."]
    beyond_ascii, broken = _count_utf8(path)
    if not broken:
        return "utf-8", []
    if beyond_ascii > broken:
        return "utf-8", [f"{broken} lines are not UTF-8 and would be quarantined; {beyond_ascii} others are."]
    name = "cp1252" if _decodes(head, "cp1252") else "latin-1"
    return name, [
        f"The encoding {name} is guessed: the text is not UTF-8. Look at accented letters with `source check`."
    ]


def _count_utf8(path: Path) -> tuple[int, int]:
    """(lines with well-formed UTF-8 beyond ASCII, lines that are not UTF-8)."""
    beyond_ascii = broken = 0
    with path.open("rb") as file:
        for line in iter(lambda: file.readline(_RECORD_BYTES), b""):
            if not line.isascii():
                is_sound = _decodes(line, "utf-8")
                beyond_ascii, broken = beyond_ascii + is_sound, broken + (not is_sound)
    return beyond_ascii, broken


def _decodes(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _whole_lines(text: str, is_cut: bool) -> str:
    return text[: max(text.rfind("\n"), text.rfind("\r")) + 1] or text if is_cut else text


def _is_json(text: str) -> bool:
    line = next((line for line in text.splitlines() if line.strip()), "")
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def _csv_shape(text: str, encoding: str, doubts: list[str]) -> FileShape:
    data = np.frombuffer(text.encode(), np.uint8)
    has_apostrophes = re.search(r"(^|[,;\t|])'", text, re.MULTILINE) is not None
    quotes = [quote for quote in _QUOTES if quote != "'" or has_apostrophes]
    best = max(
        (_judged(data, delimiter, quote) for delimiter, quote in itertools.product(_DELIMITERS, quotes)),
        key=lambda judged: (judged.width > 1 and judged.share >= _LEAST_SHARE, round(judged.share, 2), judged.prefers),
    )
    if not best.share:
        raise ConfigurationError("source infer: no line of the file can be read as CSV or JSON")
    if best.quote != '"' and text.startswith('"'):
        doubts = [*doubts, "Each line seems to stand in quotes as a whole: have the source export it again."]
    if best.width == 1:
        doubts = [*doubts, "No delimiter was found: the file has one column."]
    if best.share < 1:
        doubts = [*doubts, f"{1 - best.share:.1%} of the records do not have {best.width} fields; see `source check`."]
    skipped = re.findall(rb"\r\n|\r|\n", data[: best.first].tobytes())
    header = _cells(data[best.first : best.first_end].tobytes().decode(), best.delimiter, best.quote)
    is_header = not any(_DATA.fullmatch(cell.strip()) for cell in header) and any(cell.strip() for cell in header)
    if not is_header:
        doubts = [*doubts, "The first line looks like data, not like names: name the columns under dialect.names."]
    dialect = Dialect(
        delimiter=best.delimiter,
        quote=best.quote,
        encoding=encoding,
        header=is_header,
        names=() if is_header else tuple(f"column_{number}" for number in range(1, best.width + 1)),
        skip_rows=len(skipped),
    )
    return FileShape("csv", dialect, doubts)


@dataclass(frozen=True)
class _Judged:
    """How well a delimiter and a quote fit: the share of records that have `width` fields; where the first is."""

    delimiter: str
    quote: str | None
    share: float
    width: int
    broken_before: int  # records before the first whose quotes are broken if the file is read so
    first: int
    first_end: int

    @property
    def prefers(self) -> tuple[int, int, int, int]:
        """Of what fits equally well: the usual quote, then fewer broken records, more columns, the usual delimiter."""
        return -_QUOTES.index(self.quote), -self.broken_before, self.width, -_DELIMITERS.index(self.delimiter)


def _judged(data: np.ndarray, delimiter: str, quote: str | None) -> _Judged:
    quote_byte = structure.NO_QUOTE if quote is None else ord(quote)
    records = structure.scan(data, ord(delimiter), quote_byte, _RECORD_BYTES, is_last=True)
    is_sound = records.flaw <= structure.SOUND_BEYOND_ASCII
    if not is_sound.any():
        return _Judged(delimiter, quote, 0.0, 1, 0, 0, 0)
    widths = records.fields[is_sound]
    width = int(np.bincount(widths).argmax())
    is_usual = is_sound & (records.fields == width)
    first = int(np.argmax(is_usual)) if np.argmax(is_usual) <= _MOST_LEAD_IN else 0
    share = float(np.count_nonzero(is_usual[first:])) / (records.start.size - first)
    broken_before = int(np.count_nonzero(~is_sound[:first]))
    return _Judged(delimiter, quote, share, width, broken_before, int(records.start[first]), int(records.end[first]))


def _cells(line: str, delimiter: str, quote: str | None) -> list[str]:
    return [cell.strip(quote or "") for cell in line.split(delimiter)]
