"""Why a record or a whole file is set aside: the closed list of reason codes, with message and remedy.

A message names the column, the shape of the value and what was expected. It never quotes the value: a shifted
row may carry a person's name in any column. The raw record stands beside the message in the quarantine.
"""

import re
from dataclasses import dataclass

SHAPE_LENGTH = 32

_LETTER = re.compile(r"[^\W\d_]")
_DIGIT = re.compile(r"\d")
_CONTRACT = "sources/{feed}.yaml"
_RESEND = "Have the source correct it and land the corrected file."
_WRITTEN = "{column} is written {shape}; expected {expected}."


@dataclass(frozen=True)
class Reason:
    """One reason code: a sentence for the record, and what a person can do about it."""

    code: str
    message: str
    remedy: str

    def describe(self, **facts: object) -> tuple[str, str]:
        """(message, remedy) with `facts` filled in; KeyError if the templates need one that is missing."""
        return self.message.format(**facts), self.remedy.format(**facts)


_BROKEN_RECORDS = (
    Reason(
        "RAGGED_ROW",
        "{found} where the header has {expected}.",
        f"A delimiter stands unquoted in a value, or the row was cut. {_RESEND}",
    ),
    Reason(
        "QUOTED_TWICE",
        "The whole record stands in one pair of quotes.",
        f"What was quoted already was quoted again, line by line. {_RESEND}",
    ),
    Reason(
        "MALFORMED_QUOTING",
        "A quoted field is not closed, or something follows its closing quote.",
        "Quotes belong around the whole field, a quote inside it doubled. If the source quotes nothing, say "
        f"`quote: null` under dialect in {_CONTRACT}.",
    ),
    Reason(
        "RECORD_TOO_LONG",
        "The record has {found} bytes; the limit is {limit}.",
        "A line break or a closing quote is missing; else raise limits.max_record_kb in program.yaml.",
    ),
    Reason(
        "NUL_BYTE",
        "The record holds a NUL.",
        f"The file was cut or padded in transfer, or is UTF-16: see dialect.encoding in {_CONTRACT}.",
    ),
    Reason(
        "INVALID_ENCODING",
        "{subject} holds bytes that are not {encoding}.",
        f"Set dialect.encoding in {_CONTRACT} to what the source writes, or have it write {{encoding}}.",
    ),
    Reason(
        "REPEATED_HEADER",
        "The header line stands again among the records.",
        "Nothing is lost: it carries no data. Have the source join its files without their headers.",
    ),
    Reason("INVALID_JSON", "The line is not one JSON object: {detail}.", f"One object a line. {_RESEND}"),
)

_REFUSED_VALUES = (
    Reason(
        "MISSING_REQUIRED",
        "{column} is empty, and {entity} need it.",
        f"Have the source fill it, or map {{column}} to another column in {_CONTRACT}.",
    ),
    Reason(
        "INVALID_INSTANT",
        _WRITTEN,
        f"Add the format under formats.instant in {_CONTRACT}, or have the source correct the value.",
    ),
    Reason(
        "INVALID_DATE",
        _WRITTEN,
        f"Add the format under formats.date in {_CONTRACT}, or have the source correct the value.",
    ),
    Reason("INVALID_NUMBER", _WRITTEN, f"Check `decimal` in {_CONTRACT}, or have the source correct the value."),
    Reason("OUT_OF_RANGE", _WRITTEN, "Have the source correct the value."),
    Reason("INVALID_BOOLEAN", _WRITTEN, f"Add the word under formats.true or formats.false in {_CONTRACT}."),
    Reason("NOT_ALLOWED", _WRITTEN, f"Translate the word with `map` under columns.{{column}} in {_CONTRACT}."),
    Reason(
        "UNMAPPED_VALUE",
        "{column} is written {shape}, which its map does not know.",
        "Add the value to the map, or say `otherwise: keep` or `otherwise: missing` under columns.{column} in "
        f"{_CONTRACT}.",
    ),
)

_REFUSED_FILES = (
    Reason(
        "EMPTY_FILE",
        "The file has no header and no record.",
        "The export failed: have the source run it again.",
    ),
    Reason(
        "HEADER_MISMATCH",
        "The header does not fit the contract: {detail}.",
        f"Correct `columns` in {_CONTRACT} if the source renamed a column, else have it restore the header.",
    ),
    Reason(
        "WRONG_FILE_TYPE",
        "The file is {found}, not {expected}, whatever its name says.",
        f"Set `format` in {_CONTRACT}, or have the source export {{expected}}.",
    ),
    Reason(
        "UNREADABLE_FILE",
        "The file cannot be read as {expected}: {detail}.",
        "It is damaged or was cut in transfer: have the source send it again.",
    ),
    Reason(
        "SELECTION_FAILED",
        "`where` or `select` of the feed fails on this file: {detail}.",
        f"Correct the SQL in {_CONTRACT} or beside it; `leadroute source check` tries it on a file.",
    ),
    Reason(
        "NOT_A_REGULAR_FILE",
        "This is {found}, not a regular file; it was not opened.",
        "Land the file itself.",
    ),
    Reason(
        "NOT_PERMITTED",
        "The user that takes files in may not read this {subject}.",
        "Give that user the right to read it, and to enter the folders above it.",
    ),
    Reason(
        "FILE_TOO_LARGE",
        "The file has {found}; the limit is {limit}.",
        "Split it, or raise limits.max_file_mb in program.yaml.",
    ),
    Reason(
        "TOO_MANY_ROWS",
        "The file has more than {limit} records.",
        "Split it, or raise limits.max_rows in program.yaml.",
    ),
    Reason(
        "TOO_MANY_COLUMNS",
        "The file has {found} columns; the limit is {limit}.",
        "Check the delimiter, or raise limits.max_columns in program.yaml.",
    ),
)

REASONS: dict[str, Reason] = {reason.code: reason for reason in (*_BROKEN_RECORDS, *_REFUSED_VALUES, *_REFUSED_FILES)}


def shape(value: str) -> str:
    """How a value is written, not what it says: letters become a, digits 9, cut after SHAPE_LENGTH."""
    outline = _DIGIT.sub("9", _LETTER.sub("a", value[: SHAPE_LENGTH + 1]))
    return repr(outline if len(outline) <= SHAPE_LENGTH else outline[:SHAPE_LENGTH] + "…")
