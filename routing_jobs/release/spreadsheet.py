"""Writes rows as CSV or XLSX that no spreadsheet program will run as formulas (CWE-1236). The one exporter.

The declared rule: a text that could start a formula gets an apostrophe in front; line breaks and tabs become blanks. A
column typed `phone` keeps a valid E.164 number as it is (`+49...`), and one typed `safe` holds our own ids and times.
In XLSX every cell is of type text besides.
"""

import csv
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any, Literal

Kind = Literal["text", "phone", "safe"]
Row = Mapping[str, str | None]

_E164 = re.compile(r"\+[1-9][0-9]{4,14}")
_SAFE = re.compile(r"[0-9A-Za-z][0-9A-Za-z:._-]*(?:\+[0-9:]+)?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_QUOTES = "'\"`\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb"
_INVISIBLE = r"\s\u200b-\u200f\u2060\ufeff"
_STARTS = r"=+\-@\uff1d\uff0b\uff0d\uff20\u2212\ufe62\ufe63\ufe66\ufe6b"  # ASCII, full-width and small forms
_LEADING = re.compile(rf"[{_INVISIBLE}{_QUOTES}]*[{_STARTS}]")
# Opened where `;` separates cells, a comma file is cut there too: what follows must not start a formula either.
_AFTER_SEPARATOR = re.compile(rf";(?=[{_INVISIBLE}{_QUOTES}]*[{_STARTS}])")
_SUSPICIOUS = re.compile(rf"[\x00-\x1f\x7f-\x9f\u2028\u2029;]|^[{_INVISIBLE}{_QUOTES}]*[{_STARTS}]")
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest time a zip entry can carry: same rows, same bytes


def safe_cell(value: str | None, kind: Kind = "text") -> str:
    """The value as it may stand in a cell; None is empty."""
    if value is None:
        return ""
    if kind == "phone" and _E164.fullmatch(value):
        return value
    if kind == "safe" and _SAFE.fullmatch(value):
        return value
    if not _SUSPICIOUS.search(value):
        return value
    text = _AFTER_SEPARATOR.sub(";'", _CONTROL.sub(" ", value))
    return "'" + text if _LEADING.match(text) else text


def csv_bytes(columns: Mapping[str, Kind], rows: Sequence[Row]) -> bytes:
    """RFC 4180 in UTF-8: every cell quoted, CRLF, one header line."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([safe_cell(row[name], kind) for name, kind in columns.items()] for row in rows)
    return stream.getvalue().encode("utf-8", "replace")


def xlsx_bytes(columns: Mapping[str, Kind], rows: Sequence[Row]) -> bytes:
    """One sheet, every cell of type text; the same rows give the same bytes."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    sheet = book.create_sheet("leads")

    def cells(values: Sequence[str]) -> list[Any]:
        made = []
        for value in values:
            cell = WriteOnlyCell(sheet, value=value)
            cell.data_type = "s"
            cell.number_format = "@"
            made.append(cell)
        return made

    sheet.append(cells(list(columns)))
    for row in rows:
        sheet.append(cells([safe_cell(row[name], kind) for name, kind in columns.items()]))
    stream = io.BytesIO()
    book.save(stream)
    return _without_times(stream.getvalue())


def _without_times(archive: bytes) -> bytes:
    """The same zip with every entry at one fixed time, and no creation time in the document."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as source, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in sorted(source.infolist(), key=lambda info: info.filename):
            body = source.read(entry)
            if entry.filename == "docProps/core.xml":
                body = re.sub(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*", rb"\g<1>1980-01-01T00:00:00Z", body)
            target.writestr(zipfile.ZipInfo(entry.filename, _EPOCH), body, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def read_csv_column(content: bytes, column: str) -> list[str]:
    """The values of one column of a file `csv_bytes` made."""
    return [row[column] for row in csv.DictReader(io.StringIO(content.decode("utf-8"), newline=""))]


def read_xlsx_column(content: bytes, column: str) -> list[str]:
    """The same of a file `xlsx_bytes` made."""
    from openpyxl import load_workbook

    sheet = load_workbook(io.BytesIO(content), read_only=True).worksheets[0]
    rows = [[str(value or "") for value in row] for row in sheet.iter_rows(values_only=True)]
    position = rows[0].index(column)
    return [row[position] for row in rows[1:]]
