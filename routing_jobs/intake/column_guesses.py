"""Which column of an unknown file is which canonical column, for `source infer`: by its name and by its values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.optimize import linear_sum_assignment

from routing_jobs.intake.column_names import name_score
from routing_jobs.intake.emails import normalized_emails
from routing_jobs.intake.mapping import FALSE_WORDS, TRUE_WORDS
from routing_jobs.intake.records import RECORD
from routing_jobs.intake.websites import registered_domains
from routing_jobs.program import entities
from routing_jobs.program.entities import ENTITIES, Column

# Ways to write an instant or a date, tried beside ISO 8601; those that only swap day and month stand together.
DATE_FORMATS = (
    "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y%m%d", "%d %b %Y", "%d %B %Y",
    "%b %d, %Y", "%d/%m/%y", "%m/%d/%y", "%d.%m.%y", "%d-%b-%Y", "%d-%b-%y",
)  # fmt: skip
TIME_FORMATS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
_LIKE_A_DATE = r"[A-Za-z,./: -]{0,12}\d[\w,./: -]*[\w]"
_MOST_VALUES = 2_000  # different values of a column that are looked at

MOST_WORDS = 12  # different words a closed list is written with

_LEAST_SHARE = 0.9  # of a column's values that must read as its kind
_ENOUGH = 0.5  # the score from which a guess is made
_VALUES_ONLY = 0.55  # the score of a column that only its values speak for


@dataclass(frozen=True)
class Profile:
    """What a column's values are like.

    Attributes:
        name: The column.
        filled: Share of the records that have a value.
        is_unique: Whether every record has a value of its own.
        reads: Kind -> share of the values that read as it.
        formats: strptime formats that read the values not written in ISO 8601, best first; equally good ones are all
            here.
        is_naive: Whether some instant has no offset.
        words: Its different values, where they are few.
    """

    name: str
    filled: float
    is_unique: bool
    reads: Mapping[str, float] = field(default_factory=dict)
    formats: tuple[str, ...] = ()
    is_naive: bool = False
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Guess:
    """A canonical column, the file's column it may be, and whether its name says so or only its values."""

    canonical: str
    profile: Profile
    score: float
    is_by_name: bool


def profiles(sandbox: duckdb.DuckDBPyConnection, records: pa.Table, decimal: str) -> list[Profile]:
    """One profile per column of `records` (all text, RECORD aside), in their order."""
    return [_profile(sandbox, name, records[name], decimal) for name in records.column_names if name != RECORD]


def _profile(sandbox: duckdb.DuckDBPyConnection, name: str, values: pa.ChunkedArray, decimal: str) -> Profile:
    total, filled = len(values), len(values) - values.null_count
    if not filled:
        return Profile(name, 0.0, False)
    counted = pc.value_counts(values.drop_null().combine_chunks())
    distinct, counts = counted.field("values"), counted.field("counts")
    trimmed = pc.utf8_trim_whitespace(distinct.slice(0, _MOST_VALUES))
    texts = pa.table({"t": trimmed, "n": counts.slice(0, _MOST_VALUES)})
    sandbox.register("texts", texts.filter(pc.not_equal(trimmed, "")))
    sign = "point" if decimal == "." else "comma"
    found = _one(
        sandbox,
        f"""
        select
            sum(n * (iso_utc(t, 'UTC') is not null)::int) / sum(n) as {entities.INSTANT},
            sum(n * (iso_date(t) is not null)::int) / sum(n) as {entities.DATE},
            sum(n * (read_integer(plain_number_{sign}(t)) is not null)::int) / sum(n) as {entities.INTEGER},
            sum(n * (read_decimal(plain_number_{sign}(t)) is not null)::int) / sum(n) as {entities.DECIMAL},
            sum(n * (read_double(t, $decimal) is not null)::int) / sum(n) as {entities.DOUBLE},
            sum(n * (read_boolean(t, $true, $false) is not null)::int) / sum(n) as {entities.BOOLEAN},
            sum(n * (regexp_full_match(t, '{_LIKE_A_DATE}'))::int) / sum(n) as like_a_date,
            bool_or(iso_utc(t, 'UTC') is not null and not regexp_matches(substr(t, 11), '[ZC+-]')) as is_naive
        from texts
        """,  # noqa: S608 - our own names
        {"decimal": decimal, "true": list(TRUE_WORDS), "false": list(FALSE_WORDS)},
    )
    is_naive, like_a_date = bool(found.pop("is_naive")), found.pop("like_a_date") or 0
    reads = {kind: float(share or 0) for kind, share in found.items()}
    formats: tuple[str, ...] = ()
    if reads[entities.INSTANT] < _LEAST_SHARE <= like_a_date:
        formats, share = _formats(sandbox)
        for kind in (entities.INSTANT, entities.DATE):
            reads[kind] = max(reads[kind], share)
        is_naive = is_naive or bool(formats)
    reads["email"] = 1 - normalized_emails(pa.chunked_array([distinct]))[0].null_count / len(distinct)
    # a number such as 51.6 is no host, and an address has its domain
    reads["website"] = (
        1 - registered_domains(pa.chunked_array([distinct])).null_count / len(distinct)
        if reads[entities.DOUBLE] < _LEAST_SHARE and reads["email"] < _LEAST_SHARE
        else 0.0
    )
    words = tuple(sorted(distinct.to_pylist())) if len(distinct) <= MOST_WORDS else ()
    return Profile(name, filled / total, len(distinct) == total, reads, formats, is_naive, words)


def _one(sandbox: duckdb.DuckDBPyConnection, sql: str, bound: Mapping[str, object]) -> dict[str, Any]:
    result = sandbox.execute(sql, dict(bound))
    row = result.fetchone()
    assert row is not None
    return dict(zip([column[0] for column in result.description], row, strict=True))


def _formats(sandbox: duckdb.DuckDBPyConnection) -> tuple[tuple[str, ...], float]:
    """(the formats that read the most values, equally many each; that share). None if none reads enough."""
    tried = [date + time for date in DATE_FORMATS for time in TIME_FORMATS]
    shares = ", ".join(f"sum(n * (try_strptime(t, '{written}') is not null)::int) / sum(n)" for written in tried)
    row = sandbox.execute(f"select {shares} from texts").fetchone()  # noqa: S608 - our own formats
    assert row is not None
    best = max(row)
    if best < _LEAST_SHARE:
        return (), 0.0
    return tuple(written for written, share in zip(tried, row, strict=True) if share == best), float(best)


def guesses(entity_name: str, columns: Sequence[Profile]) -> dict[str, Guess]:
    """Canonical column -> the file's column it seems to be, where anything speaks for one; each column once."""
    canonical = [name for name in ENTITIES[entity_name].columns if name != "source_system"]
    if not columns:
        return {}
    scored = [[_score(entity_name, name, profile) for profile in columns] for name in canonical]
    rows, chosen = linear_sum_assignment(np.array([[score for score, _ in row] for row in scored]), maximize=True)
    return {
        canonical[row]: Guess(canonical[row], columns[column], *scored[row][column])
        for row, column in zip(rows, chosen, strict=True)
        if scored[row][column][0] >= _ENOUGH
    }


def _score(entity_name: str, name: str, profile: Profile) -> tuple[float, bool]:
    """(how much speaks for the column, whether its name does)."""
    column = ENTITIES[entity_name].columns[name]
    by_name = name_score(entity_name, name, profile.name)
    if not profile.filled:
        return by_name * 0.8, by_name > 0
    fit = _fit(column, profile)
    if fit < _LEAST_SHARE:
        return 0.0, False
    is_key = column.required and name in ENTITIES[entity_name].key and len(ENTITIES[entity_name].key) <= 2
    bonus = 0.1 if is_key and profile.is_unique else 0.0
    if by_name:
        return by_name + bonus + (0.1 if _is_telling(column) else 0.0), True
    only_values = column.role in ("email", "website") and name in ("email", "website", "lead_email")
    return (_VALUES_ONLY if only_values else 0.0), False


def _fit(column: Column, profile: Profile) -> float:
    """Share of the values that read as the canonical column's kind; 1 for plain text."""
    if column.role in ("email", "website"):
        # some addresses are always wrong; those of another kind are nearly all
        return 1.0 if profile.reads[column.role] >= 0.5 else 0.0
    if column.kind == entities.LIST or column.kind == entities.TEXT:
        return 1.0
    if column.kind == entities.BOOLEAN:
        # words of another language count too, if they are two
        return max(profile.reads[entities.BOOLEAN], 1.0 if len(profile.words) == 2 else 0.0)
    return profile.reads[column.kind]


def _is_telling(column: Column) -> bool:
    """Whether values that fit say something: any text fits a text column."""
    return column.kind not in (entities.TEXT, entities.LIST) or column.role in ("email", "website")


def entity_score(entity_name: str, found: Mapping[str, Guess]) -> float:
    """How well the guesses make up the entity: what is required counts double, what nothing was found for against."""
    columns = ENTITIES[entity_name].columns
    required = [name for name, column in columns.items() if column.required and name != "source_system"]
    missing = sum(name not in found for name in required)
    return sum(guess.score * (2 if name in required else 1) for name, guess in found.items()) - 1.5 * missing
