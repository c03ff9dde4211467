"""Makes canonical records of a reader's chunks: runs the feed's plan in the sandbox, normalises, words what is refused."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from routing_jobs.intake.codes import country_codes, currency_codes
from routing_jobs.intake.emails import normalized_emails
from routing_jobs.intake.mapping import Plan, plan
from routing_jobs.intake.phones import e164
from routing_jobs.intake.reasons import shape
from routing_jobs.intake.records import RECORD, Chunk, Reject, spent
from routing_jobs.intake.sandbox import run, selection_errors
from routing_jobs.intake.websites import registered_domains
from routing_jobs.program.entities import ENTITIES
from routing_jobs.program.source import Source

_PROBLEM = "_problem"


@dataclass(frozen=True)
class Shaped:
    """What a chunk became: canonical records with RECORD in front, rejects, and how many `where` left out."""

    records: pa.Table
    rejects: list[Reject]
    filtered: int


class Shaper:
    """Shapes the chunks of one feed's files.

    Args:
        source: The contract, without `select`.
        sandbox: The locked-down connection the plan runs in.
        tables: key -> value tables by the name `map` gives them.
        country_aliases: The program's own names of countries.
        seconds: Step -> time spent, added to.
        iso_columns: Columns that hold ISO text whatever the feed's formats are.
    """

    def __init__(
        self, source: Source, sandbox: duckdb.DuckDBPyConnection, tables: Mapping[str, pa.Table],
        country_aliases: Mapping[str, str], seconds: dict[str, float], iso_columns: frozenset[str] = frozenset(),
    ):  # fmt: skip
        self._source = source
        self._entity = ENTITIES[source.entity]
        self._sandbox = sandbox
        self._tables = tables
        self._aliases = country_aliases
        self._seconds = seconds
        self._iso_columns = iso_columns
        self._plans: dict[tuple[str, ...], Plan] = {}

    def shape(self, chunk: Chunk) -> Shaped:
        """The chunk's canonical records; FileRefusedError if `where` does not fit the file."""
        names = tuple(chunk.records.column_names[1:])
        if names not in self._plans:
            self._plans[names] = plan(self._source, names, self._tables, self._iso_columns)
        chosen_plan = self._plans[names]
        with spent(self._seconds, "map"):
            judged = self._run(chosen_plan, chosen_plan.values_sql, chunk.records)
        is_flawed = pc.greater(judged[_PROBLEM], 0)
        rejects = list(chunk.rejects)
        records = judged.drop_columns(_PROBLEM)
        if pc.any(is_flawed).as_py():
            numbers = records[RECORD].filter(is_flawed).to_pylist()
            rejects += self._refused(chosen_plan, chunk, numbers)
            records = records.filter(pc.invert(is_flawed))
        with spent(self._seconds, "normalise"):
            records = self._normalised(records)
        return Shaped(records, rejects, chunk.records.num_rows - judged.num_rows)

    def _run(self, chosen: Plan, sql: str, records: pa.Table) -> pa.Table:
        for name, table in (("chunk", records), *chosen.tables.items()):
            self._sandbox.register(name, table)
        with selection_errors(self._source.feed) if isinstance(self._source.where, str) else nullcontext():
            return run(self._sandbox, sql, chosen.variables).to_arrow_table()

    def _refused(self, chosen: Plan, chunk: Chunk, numbers: Sequence[int]) -> list[Reject]:
        """The records that fail a check, each with its first problem, and the others named after it."""
        flawed = chunk.records.filter(pc.is_in(chunk.records[RECORD], pa.array(numbers, pa.int64())))
        problems = self._run(chosen, chosen.problems_sql, flawed).to_pylist()
        raws = chunk.raw(numbers)
        return [self._reject(chosen, row, raw) for row, raw in zip(problems, raws, strict=True)]

    def _reject(self, chosen: Plan, row: dict, raw: str) -> Reject:
        failed = [number - 1 for number in row["failed"] if number is not None]
        first = chosen.checks[failed[0]]
        text = row["texts"][failed[0]]
        others = dict.fromkeys(chosen.checks[index].column for index in failed[1:])
        others.pop(first.column, None)
        facts = {
            "column": first.column,
            "entity": self._source.entity.replace("_", " "),
            "shape": shape(text or ""),
            "expected": first.expected,
        }
        detail = f" Wrong too: {', '.join(others)}." if others else ""
        is_key_readable = not {chosen.checks[index].column for index in failed} & set(self._entity.key)
        key = row["record_key"] if is_key_readable else None
        return Reject(row[RECORD], first.code, facts, raw, first.column, key, detail)

    def _normalised(self, records: pa.Table) -> pa.Table:
        """The records with their normalised columns beside the text as it came."""
        columns = self._entity.columns
        roles = {columns[name].role: name for name in records.column_names if name in columns and columns[name].role}
        if "country" in roles:
            codes = country_codes(records[roles["country"]], self._aliases)
            records = records.append_column("country_code", codes)
        if "currency" in roles:
            records = records.append_column("currency_code", currency_codes(records[roles["currency"]]))
        if "email" in roles:
            addresses, domains = normalized_emails(records[roles["email"]])
            records = records.append_column("email_normalized", addresses).append_column("email_domain", domains)
        if "website" in roles:
            records = records.append_column("website_domain", registered_domains(records[roles["website"]]))
        if "phone" in roles:
            regions = records["country_code"] if "country" in roles else pa.nulls(records.num_rows, pa.string())
            records = records.append_column("phone_e164", e164(records[roles["phone"]], regions))
        return records
