"""The contract of a feed (sources/<feed>.yaml): which files, how to read them, what each column means.

Models only; reading files by a contract is intake's work.
"""

import re
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, field_validator, model_validator

from routing_jobs.program.entities import ENTITIES, LEAD_REFERENCE
from routing_jobs.program.model import (
    Count,
    Distinct,
    Entries,
    Model,
    Name,
    Scalar,
    Text,
    TimeZone,
    alternatives,
    expected,
    one_of,
)

HOURS = {"m": 1 / 60, "h": 1.0, "d": 24.0}


def _glob(value: str) -> str:
    path = PurePosixPath(value)
    if not value.strip() or path.is_absolute() or ".." in path.parts or "\\" in value:
        raise expected('a pattern below the folder such as "crm/*.csv", without ".." or a leading "/"')
    return value


def _encoding(value: str) -> str:
    try:
        "a".encode(value)  # that a codec has the name is not enough: hex and rot13 are no encodings of text
    except (LookupError, UnicodeError) as error:
        raise expected("an encoding such as utf-8, utf-16, cp1252, latin-1") from error
    return value


def _format(value: str) -> str:
    sample = datetime(2026, 11, 23, 17, 45, 12, tzinfo=UTC)
    try:
        if "%" not in value:
            raise ValueError(value)
        datetime.strptime(sample.strftime(value), value)  # noqa: DTZ007 - only whether the format reads back
    except ValueError as error:
        raise expected('a strptime format such as "%d.%m.%Y %H:%M"') from error
    return value


def _quarantine_limit(value: object) -> int | float | None:
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if isinstance(value, float) and 0 <= value <= 1:
        return value
    raise expected("a share with a decimal point from 0.0 to 1.0, or a whole number of records")


def _one_character(value: str) -> str:
    if len(value) != 1 or not value.isascii() or value in "\r\n\x00":
        raise expected("one ASCII character")
    return value


def _selection_file(value: str) -> str:
    if PurePosixPath(value).name != value or not value.endswith(".sql"):
        raise expected("the name of a .sql file beside the feed's YAML")
    return value


Glob = Annotated[str, AfterValidator(_glob)]
Format = Annotated[str, AfterValidator(_format)]
Character = Annotated[str, AfterValidator(_one_character)]


class Dialect(Model):
    """How a text file is written. Nothing is guessed."""

    delimiter: Character = ","
    quote: Character | None = '"'  # None: the file quotes nothing
    encoding: Annotated[str, AfterValidator(_encoding)] = "utf-8"
    header: bool = True
    names: Distinct[Text] = ()  # the columns of a file without header
    skip_rows: Count = 0  # lines before the header

    @model_validator(mode="after")
    def _check_names(self) -> "Dialect":
        if self.header == bool(self.names):
            raise expected("names without a header (header: false), and only then")
        if self.delimiter == self.quote:
            raise expected("delimiter and quote to differ")
        return self


class Formats(Model):
    """How dates, instants and booleans are written, tried in order; none given: ISO 8601, yes/no, 1/0."""

    date: Entries[Format] = ()
    instant: Entries[Format] = ()
    true: Entries[Scalar] = ()
    false: Entries[Scalar] = ()


class Lookup(Model):
    """A small text table for `select` and `map`; below landing/, or below reference/ if `files` begins so."""

    files: Glob
    dialect: Dialect = Dialect()

    @property
    def is_reference(self) -> bool:
        """Whether the files lie below the workspace's reference/ instead of landing/."""
        return self.files.startswith("reference/")

    @property
    def glob(self) -> str:
        """The pattern below that folder."""
        return self.files.removeprefix("reference/").removeprefix("landing/")


class ColumnMapping(Model):
    """Where one canonical column comes from: a source column, a constant, or a small expression."""

    column: Text | None = None
    value: Scalar | None = None
    join: Entries[Text] | None = Field(default=None, min_length=2)
    with_: str = Field(default=" ", alias="with")
    split: str | None = Field(default=None, min_length=1)
    part: int | None = None  # 1 = first, -1 = last
    lower: bool = False
    map: Text | dict[str, Scalar] | None = None  # a lookup's or reference table's name, or the pairs themselves
    otherwise: Literal["keep", "missing", "quarantine"] | None = None

    @model_validator(mode="after")
    def _check_expression(self) -> "ColumnMapping":
        if sum(origin is not None for origin in (self.column, self.value, self.join)) != 1:
            raise expected("exactly one of column, value, join")
        if "with_" in self.model_fields_set and self.join is None:
            raise expected("with only beside join")
        if self.part is not None and (self.split is None or self.part == 0):
            raise expected("part, counted from 1 (or -1 from the end), beside split")
        if self.otherwise is not None and self.map is None:
            raise expected("otherwise only beside map")
        return self

    @property
    def source_columns(self) -> tuple[str, ...]:
        """The columns of the file (or of `select`) this reads."""
        return self.join or ((self.column,) if self.column is not None else ())


def _mapping_of(value: Any) -> Any:
    return {"column": value} if isinstance(value, str) else value


def _where_values(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: values if isinstance(values, list) else [values] for key, values in value.items()}
    return value


class Source(Model):
    """sources/<feed>.yaml."""

    feed: Name
    entity: Annotated[str, one_of(tuple(ENTITIES))]
    files: Glob
    format: Literal["csv", "jsonl", "parquet", "xlsx"] = "csv"
    sheet: Text | None = None  # xlsx; None: the first
    dialect: Dialect = Dialect()
    timezone: TimeZone  # of naive times; loading fills in the program's
    formats: Formats = Formats()
    decimal: Literal[".", ","] = "."
    missing_values: Entries[Scalar] = ("",)
    split: Distinct[Annotated[str, Field(min_length=1)]] = (";", "|")  # what separates the entries of a list
    source_system: Text
    required: bool = False
    expected_every: Text | None = None
    max_quarantined: Annotated[int | float | None, PlainValidator(_quarantine_limit)] = None
    delivery: Literal["delta", "snapshot"] = "delta"
    consent_when_blank: Literal["deny", "allow"] = "deny"
    where: Annotated[dict[Text, Entries[Scalar]] | Text | None, BeforeValidator(_where_values)] = None
    select: Annotated[str, AfterValidator(_selection_file)] | None = None
    lookup: dict[Name, Lookup] = Field(default_factory=dict)
    columns: dict[str, Annotated[ColumnMapping, BeforeValidator(_mapping_of)]] = Field(min_length=1)

    @field_validator("expected_every")
    @classmethod
    def _check_every(cls, every: str | None) -> str | None:
        if every is not None and not re.fullmatch(r"[1-9]\d{0,5}[mhd]", every):
            raise expected("a span such as 30m, 1h, 1d")
        return every

    @model_validator(mode="after")
    def _check_contract(self) -> "Source":
        if self.sheet is not None and self.format != "xlsx":
            raise expected("sheet only with format: xlsx")
        if self.consent_when_blank == "allow" and self.entity != "leads":
            raise expected("consent_when_blank only in a feed of leads")
        missing = missing_columns(self.entity, set(self.columns))
        if missing:
            raise expected(f"columns to map {'; '.join(missing)} (required for {self.entity})")
        return self

    @property
    def expected_every_hours(self) -> float | None:
        """Hours within which a new file is expected; None if the feed promises nothing."""
        if self.expected_every is None:
            return None
        return int(self.expected_every[:-1]) * HOURS[self.expected_every[-1]]

    @property
    def max_quarantined_is_share(self) -> bool:
        """Whether `max_quarantined` is a share of the records (0.0 to 1.0) rather than a number of them."""
        return isinstance(self.max_quarantined, float)


def missing_columns(entity_name: str, mapped: set[str]) -> list[str]:
    """The required canonical columns `mapped` lacks, as a person reads them; source_system has a default."""
    entity = ENTITIES[entity_name]
    missing = [
        name
        for name, column in entity.columns.items()
        if column.required and name not in mapped and name != "source_system"
    ]
    if entity_name in ("assignment_history", "partner_activity") and not mapped.intersection(LEAD_REFERENCE):
        missing.append(alternatives(LEAD_REFERENCE))
    if entity_name == "named_accounts" and not mapped.intersection(("account", "website")):
        missing.append(alternatives(("account", "website")))
    return missing
