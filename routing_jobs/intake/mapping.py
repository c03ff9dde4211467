"""Turns a feed's contract into one SQL statement over its records: filter, map, type, judge, key.

Values are never in the text: they are SQL variables, which unlike parameters are constants when DuckDB plans (ten
times faster formats and patterns). Only column names from the entities and quoted names from the file are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from routing_jobs.intake.extract import quoted
from routing_jobs.intake.records import RECORD
from routing_jobs.program import entities
from routing_jobs.program.entities import ENTITIES, LEAD_REFERENCE, Column
from routing_jobs.program.source import ColumnMapping, Source
from routing_jobs.warehouse.schema import raw_columns

KEY_SEPARATOR = "chr(31)"  # between the parts of a record_key

# At least one of these must be filled (SPEC section 4), beside what the entity requires of single columns.
REQUIRED_TOGETHER = {
    "assignment_history": ("a lead reference", LEAD_REFERENCE),
    "partner_activity": ("a lead reference", LEAD_REFERENCE),
    "named_accounts": ("account or website", ("account", "website")),
}

_COUNTS = ("capacity", "batch_limit", "daily_limit", "monthly_limit", "response_commitment_hours", "employee_count")
RANGES: dict[str, tuple[float, float]] = {
    "latitude": (-90, 90),
    "longitude": (-180, 180),
    **dict.fromkeys(_COUNTS, (0, 10**9)),
}

TRUE_WORDS = ("true", "t", "yes", "y", "1")
FALSE_WORDS = ("false", "f", "no", "n", "0")

_INVALID = {
    entities.INSTANT: "INVALID_INSTANT",
    entities.DATE: "INVALID_DATE",
    entities.INTEGER: "INVALID_NUMBER",
    entities.DECIMAL: "INVALID_NUMBER",
    entities.DOUBLE: "INVALID_NUMBER",
    entities.BOOLEAN: "INVALID_BOOLEAN",
    entities.LIST: "NOT_ALLOWED",
    entities.TEXT: "NOT_ALLOWED",
}


@dataclass(frozen=True)
class Check:
    """One thing that can be wrong with a record. `condition` and `text` are SQL over `typed`."""

    code: str
    column: str  # as a message names it
    condition: str
    text: str = "null"  # what was written there
    expected: str = ""


@dataclass(frozen=True)
class Plan:
    """How a feed's records become canonical ones: SQL over a relation named `chunk`.

    Attributes:
        common: The common table expressions, up to `judged`.
        variables: The SQL variables that text reads.
        checks: What may be wrong with a record, in the order in which it is reported.
        columns: What a record becomes: columns of raw.<entity>.
        tables: Tables of key and value that the text joins, by name.
    """

    common: str
    variables: dict[str, object]
    checks: tuple[Check, ...]
    columns: tuple[str, ...]
    tables: dict[str, pa.Table]

    @property
    def values_sql(self) -> str:
        """One row per chosen record: its columns and `_problem`, the number of the first check it fails or 0."""
        return f"{self.common} select {RECORD}, {', '.join(self.columns)}, _problem from judged order by {RECORD}"  # noqa: S608 - our own names

    @property
    def problems_sql(self) -> str:
        """One row per record that fails a check: record_key, numbers of the checks it fails (else null), their texts."""
        failed = ", ".join(f"case when {check.condition} then {i} end" for i, check in enumerate(self.checks, start=1))
        texts = ", ".join(check.text for check in self.checks)
        return (
            f"{self.common} select {RECORD}, record_key, [{failed}] as failed, cast([{texts}] as varchar[]) as texts "  # noqa: S608 - our own names
            f"from judged where _problem > 0 order by {RECORD}"
        )


def required_columns(source: Source) -> tuple[str, ...]:
    """The columns of the file (not of `select`'s result) that the contract reads, each once."""
    names: list[str] = list(source.where) if isinstance(source.where, Mapping) else []
    if source.select is None:
        names += [name for mapping in source.columns.values() for name in mapping.source_columns]
    return tuple(dict.fromkeys(names))


def bind(variables: dict[str, object], value: object) -> str:
    """SQL that stands for `value`, which is added to the statement's variables."""
    name = f"v{len(variables) + 1}"
    variables[name] = value
    return f"getvariable('{name}')"


def where_clause(source: Source, variables: dict[str, object]) -> str:
    """SQL that keeps the records the feed takes; a listed missing value means an empty cell."""
    where = source.where
    if where is None:
        return ""
    if isinstance(where, str):
        return f" where ({where}\n)"
    conditions = []
    for name, values in where.items():
        condition = f"list_contains({bind(variables, list(values))}, {quoted(name)})"
        if set(values) & set(source.missing_values):
            condition = f"({condition} or {quoted(name)} is null)"
        conditions.append(condition)
    return " where " + " and ".join(conditions)


def plan(
    source: Source, names: Sequence[str], tables: Mapping[str, pa.Table], iso_columns: frozenset[str] = frozenset()
) -> Plan:
    """The plan for records with these columns.

    Args:
        source: The feed's contract.
        names: Columns of `records` beside RECORD; of `select`'s result where the feed has one.
        tables: key -> value tables by the name `map` gives them.
        iso_columns: Columns that hold ISO text whatever the feed's formats are.
    """
    return _Planner(source, names, tables, iso_columns).plan()


class _Planner:
    """Collects the parts of the statement column by column."""

    def __init__(
        self, source: Source, names: Sequence[str], tables: Mapping[str, pa.Table], iso_columns: frozenset[str]
    ):
        self._source = source
        self._entity = ENTITIES[source.entity]
        self._names = names
        self._tables = tables
        self._iso_columns = iso_columns
        self._variables: dict[str, object] = {}
        self._texts: list[str] = []
        self._values: list[str] = []
        self._joins: list[str] = []
        self._joined: dict[str, pa.Table] = {}
        self._checks: list[Check] = []

    def plan(self) -> Plan:
        mappings = self._mappings()
        for name, mapping in mappings.items():
            self._add(name, mapping)
        self._check_together(mappings)
        columns = [name for name in raw_columns(self._source.entity) if name in mappings]
        extra = self._extra()
        key = f" || {KEY_SEPARATOR} || ".join(
            f"coalesce(cast({name} as varchar), '')" if name in mappings else "''" for name in self._entity.key
        )
        # NUL never stands in a value, so it separates; a null is marked by a character that no value consists of.
        hashed = ", ".join(f"coalesce({_as_text(name, self._entity.columns)}, chr(1))" for name in (*columns, "extra"))
        problem = " ".join(f"when {check.condition} then {i}" for i, check in enumerate(self._checks, start=1))
        common = f"""
            with chosen as (select * from chunk{where_clause(self._source, self._variables)}),
            texts as (
                select chosen.{RECORD}, {", ".join(self._texts)}, {extra} as extra
                from chosen {" ".join(self._joins)}
            ),
            typed as (select {", ".join(("*", *self._values))} from texts),
            judged as (
                select *, {key} as record_key, md5(concat_ws(chr(0), {hashed})) as content_hash,
                    case {problem} else 0 end as _problem
                from typed
            )"""  # noqa: S608 - our own names, and the file's quoted
        built = (*columns, "extra", "record_key", "content_hash")
        return Plan(common, self._variables, tuple(self._checks), built, self._joined)

    def _mappings(self) -> dict[str, ColumnMapping]:
        """Canonical column -> mapping, in the entity's order, with what a contract need not say."""
        defaults = {"source_system": self._source.source_system}
        if "lead_source_record_id" in self._source.columns:
            defaults["lead_source_system"] = self._source.source_system
        mappings = {name: ColumnMapping(value=value) for name, value in defaults.items()} | self._source.columns
        order = ["source_system", *(name for name in self._entity.columns if name != "source_system")]
        return {name: mappings[name] for name in order if name in mappings}

    def _bind(self, value: object) -> str:
        return bind(self._variables, value)

    def _add(self, name: str, mapping: ColumnMapping) -> None:
        """The text, the value and the checks of one canonical column."""
        column = self._entity.columns.get(name, Column())
        is_plain = column.kind == entities.TEXT and not column.allowed
        written = name if is_plain else f"{name}_text"
        text = self._text(name, mapping)
        self._texts.append(f"{text} as {name}" if is_plain else f"nullif(trim({text}), '') as {written}")
        if column.required:
            self._check("MISSING_REQUIRED", name, f"coalesce(trim({written}), '') = ''")
        if not is_plain:
            self._values.append(f"{self._value(written, column, mapping.column in self._iso_columns)} as {name}")
            is_invalid = f"{written} is not null and {name} is null"
            self._check(_INVALID[column.kind], name, is_invalid, written, self._expected(column))
        if name in RANGES:
            low, high = RANGES[name]
            is_outside = f"{name} not between {low} and {high}"
            self._check("OUT_OF_RANGE", name, is_outside, written, f"a number from {low:,} to {high:,}")

    def _check(self, code: str, column: str, condition: str, text: str = "null", expected: str = "") -> None:
        self._checks.append(Check(code, column, condition, text, expected))

    def _text(self, name: str, mapping: ColumnMapping) -> str:
        """SQL for the text that a mapping makes; joins its `map`, and checks it where unknown values are refused."""
        text = self._source_text(mapping)
        if mapping.map is None:
            return text
        table = f"map_{name}"
        self._joined[table] = self._tables[mapping.map] if isinstance(mapping.map, str) else pairs_table(mapping.map)
        self._joins.append(f"left join {table} on {table}.key = {text}")
        if mapping.otherwise == "quarantine":
            self._texts.append(f"case when {table}.key is null then {text} end as {name}_unmapped")
            self._check("UNMAPPED_VALUE", name, f"{name}_unmapped is not null", f"{name}_unmapped")
        if mapping.otherwise in ("quarantine", "missing"):
            return f"{table}.value"
        return f"case when {table}.key is null then {text} else {table}.value end"

    def _source_text(self, mapping: ColumnMapping) -> str:
        if mapping.value is not None:
            return f"cast({self._bind(mapping.value)} as varchar)"
        columns = [f"chosen.{quoted(name)}" for name in mapping.source_columns]
        text = columns[0]
        if mapping.join is not None:
            text = f"nullif(concat_ws({self._bind(mapping.with_)}, {', '.join(columns)}), '')"
        if mapping.split is not None:
            part = f"split_part({text}, {self._bind(mapping.split)}, {self._bind(mapping.part or 1)})"
            text = f"nullif(trim({part}), '')"
        return f"lower({text})" if mapping.lower else text

    def _value(self, text: str, column: Column, is_iso: bool) -> str:
        """SQL for the value of `text`, which is trimmed and not blank, as the column's kind; null if it is none."""
        source = self._source
        sign = "point" if source.decimal == "." else "comma"
        match column.kind:
            case entities.INSTANT:
                return self._instant(text, () if is_iso else source.formats.instant)
            case entities.DATE:
                return self._date(text, () if is_iso else source.formats.date)
            case entities.INTEGER:
                return f"read_integer(plain_number_{sign}({text}))"
            case entities.DECIMAL:
                return f"read_decimal(plain_number_{sign}({text}))"
            case entities.DOUBLE:
                return f"read_double({text}, {self._bind(source.decimal)})"
            case entities.BOOLEAN:
                words = [(*TRUE_WORDS, *source.formats.true), (*FALSE_WORDS, *source.formats.false)]
                true, false = (self._bind([word.lower() for word in listed]) for listed in words)
                return f"read_boolean({text}, {true}, {false})"
            case entities.LIST:
                return self._entries(text)
        return f"case when list_contains({self._bind(list(column.allowed))}, as_word({text})) then as_word({text}) end"

    def _entries(self, text: str) -> str:
        if not self._source.split:
            return f"[{text}]"
        separators = [self._bind(separator) for separator in self._source.split]
        for separator in separators[1:]:
            text = f"replace({text}, {separator}, {separators[0]})"
        return f"read_entries({text}, {separators[0]})"

    def _instant(self, text: str, formats: Sequence[str]) -> str:
        zone = self._bind(self._source.timezone)
        if not formats:
            return f"iso_utc({text}, {zone})"
        attempts = []
        for written in formats:
            moment = f"sane_year(try_strptime({text}, {self._bind(written)}))"
            has_offset = "%z" in written or "%Z" in written
            attempts.append(f"cast({moment} as timestamp)" if has_offset else f"local_utc({moment}, {zone})")
        return f"coalesce({', '.join(attempts)})"

    def _date(self, text: str, formats: Sequence[str]) -> str:
        if not formats:
            return f"iso_date({text})"
        attempts = (f"sane_year(try_strptime({text}, {self._bind(written)}))" for written in formats)
        return f"cast(coalesce({', '.join(attempts)}) as date)"

    def _expected(self, column: Column) -> str:
        """What a message says a value should have been."""
        source = self._source
        match column.kind:
            case entities.INSTANT:
                return " or ".join(source.formats.instant) or "an ISO 8601 instant such as 2026-03-01T08:00:00Z"
            case entities.DATE:
                return " or ".join(source.formats.date) or "an ISO 8601 date such as 2026-03-01"
            case entities.INTEGER:
                return "a whole number"
            case entities.DECIMAL | entities.DOUBLE:
                return f"a number with {source.decimal!r} before its decimals"
            case entities.BOOLEAN:
                return "true or false, yes or no, 1 or 0, or a word under formats"
        return "one of " + ", ".join(column.allowed)

    def _check_together(self, mappings: Mapping[str, ColumnMapping]) -> None:
        if self._source.entity not in REQUIRED_TOGETHER:
            return
        what, names = REQUIRED_TOGETHER[self._source.entity]
        # a lead's source system alone, which may be a default, does not refer to a lead
        filled = [name for name in names if name in mappings and name != "lead_source_system"]
        blank = " and ".join(f"coalesce(trim({name}), '') = ''" for name in filled)
        self._check("MISSING_REQUIRED", what, blank)

    def _extra(self) -> str:
        """The columns no mapping reads as a JSON object of texts, without the empty ones; null if there are none."""
        read = {name for mapping in self._source.columns.values() for name in mapping.source_columns}
        rest = sorted(name for name in self._names if name not in read)
        if not rest:
            return "cast(null as varchar)"
        fields = ", ".join(f"{quoted(name)} := chosen.{quoted(name)}" for name in rest)
        return f"nullif(cast(json_merge_patch('{{}}', to_json(struct_pack({fields}))) as varchar), '{{}}')"


def pairs_table(pairs: Mapping[str, str]) -> pa.Table:
    """A table of key and value for `map`; a blank value means missing."""
    values = [value if value.strip() else None for value in pairs.values()]
    return pa.table({"key": pa.array(pairs.keys(), pa.string()), "value": pa.array(values, pa.string())})


def _as_text(name: str, columns: Mapping[str, Column]) -> str:
    kind = columns[name].kind if name in columns else entities.TEXT
    if kind == entities.LIST:
        return f"array_to_string({name}, chr(2))"
    if kind == entities.DECIMAL:  # wider decimals are slow to write
        return f"coalesce(cast(try_cast({name} as decimal(18, 4)) as varchar), cast({name} as varchar))"
    return f"cast({name} as varchar)"
