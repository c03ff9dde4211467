"""Drafts the contract of a feed from one of its files, for `source infer`. What a person must decide is marked so.

Nothing of the file's content goes into the draft but names of columns, and the words of a column that has few of them.
"""

import json
import math
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import yaml

from routing_jobs.intake.binary_reader import BinaryReader
from routing_jobs.intake.column_guesses import Guess, Profile, entity_score, guesses, profiles
from routing_jobs.intake.csv_reader import CsvReader
from routing_jobs.intake.file_shape import FileShape, shape_of
from routing_jobs.intake.jsonl_reader import JsonlReader
from routing_jobs.intake.reasons import REASONS
from routing_jobs.intake.records import FileRefusedError, Limits, Reader, Reading
from routing_jobs.intake.sandbox import open_sandbox
from routing_jobs.program import entities
from routing_jobs.program.entities import ENTITIES, LEAD_CHANNELS
from routing_jobs.program.errors import ConfigurationError
from routing_jobs.program.source import Source, missing_columns

DECIDE = "DECIDE:"  # stands before everything a person must look at
SAMPLE_RECORDS = 20_000

_TO_FILL_IN = DECIDE[:-1]  # where a word must stand

_LIMITS = Limits(4 << 30, 1 << 20, 500, 10**9)
_READERS: dict[str, type] = {"csv": CsvReader, "jsonl": JsonlReader, "parquet": BinaryReader, "xlsx": BinaryReader}
_STAND_INS = ("?", "-", "--", "n/a", "N/A", "#N/A", "\\N", "NULL", "null", "(null)", "None", "none", "NaN", "nan")
_WORTH_HAVING = {
    "lead_channel": "one of " + ", ".join(LEAD_CHANNELS) + "; for all of them: {value: web_form}",
    "consent_to_share": "without it no lead is sent, unless the feed says `consent_when_blank: allow`",
}
_PLAIN_SCALAR = re.compile(r"[A-Za-z_][\w .()/-]*[\w)]|[A-Za-z]")
_RESERVED = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}


@dataclass(frozen=True)
class Draft:
    """A proposed contract.

    Attributes:
        feed: The feed's name, from the file's.
        entity: The entity the columns make up best.
        text: The YAML, with comments.
        mapped: Canonical column -> the file's column.
        unmapped: Columns nothing was found for; intake keeps them as they are.
        decisions: What is marked DECIDE in the text.
        records: How many records were looked at.
    """

    feed: str
    entity: str
    text: str
    mapped: dict[str, str]
    unmapped: list[str]
    decisions: list[str]
    records: int


def draft(path: Path, entity: str | None = None, feed: str | None = None) -> Draft:
    """A contract for files like the one at `path`.

    Args:
        path: CSV, JSON lines, Parquet or an Excel workbook.
        entity: What its records are; None: the entity the columns make up best.
        feed: The feed's name; None: the file's, without its date.

    Raises:
        ConfigurationError: No such file or entity, or nothing that a feed can read.
    """
    if not path.is_file():
        raise ConfigurationError(f"source infer: {path}: no such file")
    if entity is not None and entity not in ENTITIES:
        raise ConfigurationError(f"source infer: entity {entity!r}: expected one of {', '.join(ENTITIES)}")
    shape = shape_of(path)
    records = _sample(path, shape)
    missing_values = _missing_values(records)
    for name in records.column_names[1:]:
        column = records[name]
        is_missing = pc.is_in(column, pa.array(missing_values))
        records = records.set_column(
            records.column_names.index(name), name, pc.if_else(is_missing, pa.scalar(None, pa.string()), column)
        )
    decimal = "."
    with tempfile.TemporaryDirectory() as scratch, open_sandbox(Path(scratch)) as sandbox:
        columns = profiles(sandbox, records, decimal)
        with_comma = profiles(sandbox, records, ",")
    if _prefers_comma(columns, with_comma):
        decimal, columns = ",", with_comma
    found = {name: guesses(name, columns) for name in ([entity] if entity else ENTITIES)}
    chosen = max(found, key=lambda name: entity_score(name, found[name]))
    writer = _Writer(path, feed or _feed_name(path), chosen, shape, columns, found[chosen])
    return writer.draft(missing_values, decimal, records.num_rows, is_entity_given=entity is not None)


def _sample(path: Path, shape: FileShape) -> pa.Table:
    """The first records as text."""
    # Only what readers ask for: there are no columns to map yet.
    source = Source.model_construct(
        feed="draft", entity="leads", format=shape.format, dialect=shape.dialect, sheet=None, missing_values=("",),
        split=(";", "|"), columns={}, where=None, select=None,
    )  # fmt: skip
    parts, count = [], 0
    with tempfile.TemporaryDirectory() as scratch:
        reader: Reader = _READERS[shape.format](Reading(path, source, _LIMITS, (), Path(scratch)))
        chunks = reader.chunks()
        try:
            for chunk in chunks:
                parts.append(chunk.records)
                count += chunk.records.num_rows
                if count >= SAMPLE_RECORDS:
                    break
        except FileRefusedError as refusal:
            message, remedy = REASONS[refusal.code].describe(feed="draft", **refusal.facts)
            raise ConfigurationError(f"source infer: {path.name}: {message} {remedy}") from refusal
        finally:
            chunks.close()  # type: ignore[attr-defined]
    return pa.concat_tables(parts, promote_options="default").slice(0, SAMPLE_RECORDS).combine_chunks()


def _missing_values(records: pa.Table) -> list[str]:
    """The empty cell, and what stands for it in at least two columns, or in a fifth of one."""
    found = [""]
    for word in _STAND_INS:
        shares = [pc.mean(pc.equal(column, word)).as_py() or 0 for column in records.columns[1:]]
        if sum(share > 0.01 for share in shares) >= 2 or any(share >= 0.2 for share in shares):
            found.append(word)
    return found


def _prefers_comma(with_point: Sequence[Profile], with_comma: Sequence[Profile]) -> bool:
    """Whether more columns read as numbers with a decimal comma."""

    def numeric(columns: Sequence[Profile]) -> int:
        kinds = (entities.DECIMAL, entities.DOUBLE)
        return sum(any(column.reads.get(kind, 0) >= 0.9 for kind in kinds) for column in columns)

    return numeric(with_comma) > numeric(with_point)


def _feed_name(path: Path) -> str:
    """`web_leads` of web_leads_2025-03.csv."""
    plain = re.sub(r"[^A-Za-z0-9]+", "_", re.sub(r"[-_ .]*\d[\dT:_. -]*(H\d|Q\d)?$", "", path.stem)).strip("_").lower()
    return plain if re.match(r"[a-z]", plain) else "feed"


def scalar(value: str) -> str:
    """A text as YAML, quoted where it could be read as something else."""
    is_plain = _PLAIN_SCALAR.fullmatch(value) and value.lower() not in _RESERVED
    return value if is_plain else yaml.dump(value, default_style='"', allow_unicode=True, width=math.inf).strip()


class _Writer:
    """Writes one draft, line by line, and notes each decision it leaves open."""

    def __init__(
        self, path: Path, feed: str, entity: str, shape: FileShape, columns: Sequence[Profile], found: Mapping[str, Guess]
    ):  # fmt: skip
        self._path = path
        self._feed = feed
        self._entity = entity
        self._shape = shape
        self._columns = columns
        self._found = found
        self._lines: list[str] = []
        self._decisions: list[str] = []

    def draft(self, missing_values: Sequence[str], decimal: str, records: int, is_entity_given: bool) -> Draft:
        unmapped = self._unmapped()
        self._head(records, is_entity_given)
        self._reading(missing_values, decimal)
        self._add("columns:")
        for name in ENTITIES[self._entity].columns:
            self._column(name)
        self._missing()
        if unmapped:
            self._add("# kept as they are, because nothing was found for them:")
            self._lines += [f"#   {scalar(profile.name)}{_facts(profile)}" for profile in unmapped]
        mapped = {name: guess.profile.name for name, guess in self._found.items()}
        text = "\n".join(self._lines) + "\n"
        return Draft(
            self._feed, self._entity, text, mapped, [profile.name for profile in unmapped], self._decisions, records
        )

    def _add(self, line: str, decision: str | None = None) -> None:
        if decision is not None:
            self._decisions.append(decision)
            line = f"{line.ljust(40)} # {DECIDE} {decision}" if line else f"# {DECIDE} {decision}"
        self._lines.append(line)

    def _unmapped(self) -> list[Profile]:
        used = {guess.profile.name for guess in self._found.values()}
        return [profile for profile in self._columns if profile.name not in used]

    def _head(self, records: int, is_entity_given: bool) -> None:
        self._add(
            f"# Drafted from {scalar(self._path.name)} ({records:,} records looked at). Look at each line; settle what "
            f"says {DECIDE[:-1]}, then:"
        )
        self._add(f"#   leadroute source check {self._feed} FILE")
        for doubt in self._shape.doubts:
            self._add("", doubt)
        decision = None if is_entity_given else "the entity is guessed from the columns"
        self._add(f"entity: {self._entity}", decision)
        suffix = self._path.suffix if re.fullmatch(r"\.\w+", self._path.suffix) else ""
        self._add(f"files: {self._feed}/*{suffix}", "the pattern of the files below landing/")
        if self._shape.format != "csv":
            self._add(f"format: {self._shape.format}")

    def _reading(self, missing_values: Sequence[str], decimal: str) -> None:
        dialect = self._shape.dialect
        settings = [
            *([f"delimiter: {json.dumps(dialect.delimiter)}"] if dialect.delimiter != "," else []),
            *([f"quote: {json.dumps(dialect.quote)}"] if dialect.quote != '"' else []),
            *([f"encoding: {dialect.encoding}"] if dialect.encoding != "utf-8" else []),
            *([f"skip_rows: {dialect.skip_rows}"] if dialect.skip_rows else []),
            *([f"header: false, names: [{', '.join(dialect.names)}]"] if not dialect.header else []),
        ]
        if settings:
            self._add(f"dialect: {{{', '.join(settings)}}}")
        self._add(f"source_system: {self._feed}", "the system the ids belong to; feeds of one system share it")
        if any(guess.profile.is_naive and self._is_time(guess) for guess in self._found.values()):
            self._add("# timezone: Europe/Berlin", "times without an offset are in this zone; else the program's")
        self._formats()
        if decimal != ".":
            self._add(f'decimal: "{decimal}"')
        if len(missing_values) > 1:
            listed = ", ".join(json.dumps(value) for value in missing_values)
            self._add(f"missing_values: [{listed}]", "these seem to stand for an empty cell")
        self._add("# delivery: snapshot", "if each file lists everything, so that what is gone from it is closed")

    def _is_time(self, guess: Guess) -> bool:
        return ENTITIES[self._entity].columns[guess.canonical].kind == entities.INSTANT

    def _formats(self) -> None:
        entity = ENTITIES[self._entity]
        parts, doubtful = [], []
        for kind in (entities.DATE, entities.INSTANT):
            mine = [guess.profile for guess in self._found.values() if entity.columns[guess.canonical].kind == kind]
            formats = list(dict.fromkeys(_common(profile, mine) for profile in mine if profile.formats))
            doubtful += [scalar(profile.name) for profile in mine if len(set(_agreed(mine)) & set(profile.formats)) > 1]
            is_iso_too = formats and any(profile.filled and not profile.formats for profile in mine)
            if is_iso_too:
                iso = (
                    ["%Y-%m-%d"] if kind == entities.DATE else ["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d"]
                )
                formats += [written for written in iso if written not in formats]
            if formats:
                parts.append(f"{kind}: [{', '.join(json.dumps(written) for written in formats)}]")
        words = self._words()
        if parts or words:
            decision = f"day or month first? {', '.join(doubtful)} can be read both ways" if doubtful else None
            self._add(f"formats: {{{', '.join(parts + words)}}}", decision)
        if words:
            self._add("", "which word of the boolean columns is true and which is false")

    def _words(self) -> list[str]:
        """Two words of booleans that are no known ones, the first taken for true."""
        columns = ENTITIES[self._entity].columns
        for guess in self._found.values():
            is_boolean = columns[guess.canonical].kind == entities.BOOLEAN
            if is_boolean and guess.profile.filled and guess.profile.reads[entities.BOOLEAN] < 1:
                words = sorted(word.strip() for word in guess.profile.words)
                if len(words) == 2:
                    return [f"true: [{json.dumps(words[0])}]", f"false: [{json.dumps(words[1])}]"]
        return []

    def _column(self, name: str) -> None:
        guess = self._found.get(name)
        if guess is None:
            return
        profile, column = guess.profile, ENTITIES[self._entity].columns[name]
        decision = None if guess.is_by_name else "only its values speak for this column"
        key = [part for part in ENTITIES[self._entity].key if part != "source_system"]
        if key == [name] and not profile.is_unique:
            decision = "this is the key, but it is not different in every record"
        if column.required and profile.filled < 1:
            decision = f"required, but only {profile.filled:.1%} of the records have it"
        value = scalar(profile.name)
        if column.allowed:
            value, decision = self._closed(value, profile, column.allowed, decision)
        line = f"  {name}: {value}"
        if decision is None:
            line = f"{line.ljust(40)} #{_facts(profile)}"
        self._add(line, decision)

    def _closed(
        self, value: str, profile: Profile, allowed: Sequence[str], decision: str | None
    ) -> tuple[str, str | None]:
        """The mapping of a column that takes a closed list of words, and what is to decide about it."""
        known = [word for word in profile.words if _as_word(word) in allowed]
        if not profile.filled or (profile.words and len(known) == len(profile.words)):
            return value, decision
        listed = ", ".join(allowed)
        if len(known) > len(profile.words) / 2:
            others = len(profile.words) - len(known)
            return value, f"{others} other word(s) than {listed}: such records are quarantined, or add a map"
        pairs = [f"{scalar(word)}: {_as_word(word) if word in known else _TO_FILL_IN}" for word in profile.words]
        mapped = f"{{column: {value}, map: {{{', '.join(pairs)}}}, otherwise: quarantine}}" if pairs else value
        return mapped, f"translate into {listed}"

    def _missing(self) -> None:
        for what in missing_columns(self._entity, set(self._found)):
            name = what.removeprefix("one of ").partition(",")[0]
            candidates = [scalar(profile.name) for profile in self._columns if profile.is_unique]
            hint = f"; different in every record: {', '.join(candidates[:5])}" if candidates else ""
            is_key = name in ENTITIES[self._entity].key
            self._add(f"  # {name}:", f"required: {what}{hint if is_key else ''}")
        if self._entity == "leads":
            for name, why in _WORTH_HAVING.items():
                if name not in self._found:
                    self._add(f"  # {name}:", why)


def _agreed(columns: Sequence[Profile]) -> tuple[str, ...]:
    """The formats that every one of the columns that needs one can be read by."""
    listed = [profile.formats for profile in columns if profile.formats]
    return tuple(written for written in (listed[0] if listed else ()) if all(written in formats for formats in listed))


def _common(profile: Profile, columns: Sequence[Profile]) -> str:
    """The column's format: one it shares with the others, if there is one."""
    return next((written for written in _agreed(columns) if written in profile.formats), profile.formats[0])


def _as_word(text: str) -> str:
    return re.sub(r"[ -]+", "_", text.strip().lower())


def _facts(profile: Profile) -> str:
    unique = ", different in every record" if profile.is_unique else ""
    return f" {profile.filled:.0%} filled{unique}"
