"""A past batch decided again from the files of its folder, in a database in memory: as it was, then under a draft.

Lives here: the database, the relations it is given, the order of the two decisions. Not here: how routing decides
(`routing_jobs.proposal`), what the two decisions mean side by side (`comparison`).

before.*      what the batch's own rulebook decides: every table of schema routing
after.*       what the draft decides
stored.*      what the batches' folders hold: lines, candidates
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from routing_jobs.ledger.batch_inputs import input_file, read_setting
from routing_jobs.ledger.lines import CANDIDATES_FILE, LINES_FILE
from routing_jobs.program.config import ProgramConfig
from routing_jobs.program.loading import Program
from routing_jobs.program.routing_rules import RoutingRules
from routing_jobs.program.rulebook import RULEBOOK_FILES
from routing_jobs.proposal import propose
from routing_jobs.routing.steps import Relations
from routing_jobs.simulation.stored_batches import Replayable, Rules
from routing_jobs.warehouse.fingerprint import combined_fingerprint
from routing_jobs.warehouse.schema import CANDIDATES, ROUTING
from routing_jobs.warehouse.store import MEMORY_LIMIT

BEFORE, AFTER = "before", "after"
_PARTNERS = "simulation.partners"


@dataclass(frozen=True)
class SelfCheck:
    """Whether the batches' own rulebook still decides as it did; without that a comparison says little."""

    lines: int
    differing_lines: int
    is_input_whole: bool

    @property
    def passed(self) -> bool:
        """The input is what was routed, and every line came out as stored."""
        return self.is_input_whole and self.differing_lines == 0


@contextmanager
def replayed(source: Replayable, draft: Rules, config: ProgramConfig) -> Iterator[duckdb.DuckDBPyConnection]:
    """The database with both decisions, for the length of the block."""
    with tempfile.TemporaryDirectory(prefix="leadroute-simulate-") as scratch, _database(scratch) as connection:
        folder = source.folders[0]
        for name, relation in vars(Relations()).items():
            _view(connection, relation, [folder / input_file(name)])
        _view_stored(connection, source)
        for schema, rules in ((BEFORE, source.rules), (AFTER, draft)):
            _decide(connection, source, rules, config)
            connection.execute(f"create schema {schema}")
            for table in (*ROUTING, CANDIDATES):
                connection.execute(f"create table {schema}.{table.partition('.')[2]} as from {table}")
        yield connection


def self_check(connection: duckdb.DuckDBPyConnection, source: Replayable) -> SelfCheck:
    """Compare the decision of the batches' own rulebook with their stored lines, and the input with its hash."""
    lines, differing = connection.execute(_DIFFERING_LINES).fetchall()[0]
    fingerprint = combined_fingerprint(connection, Relations().names())
    return SelfCheck(lines, differing, fingerprint == source.batches[0].input_sha256)


# A lead of another kind of batch (express or not) than its own has moved too.
_DIFFERING_LINES = """
select
    count(*),
    count(*) filter (where
        replay.lead_id is null
        or line.partner_id is distinct from replay.partner_id
        or line.hop is distinct from replay.hop
        or line.source is distinct from replay.source
        or line.exception_code is distinct from replay.exception_code
        or line.rule is distinct from replay.rule
    )
from stored.line as line
left join before.line as replay on line.lead_id = replay.lead_id and line.is_express = replay.is_express
"""


@contextmanager
def _database(scratch: str) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect(":memory:")
    try:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"set memory_limit = '{MEMORY_LIMIT}'")
        connection.execute("set temp_directory = ?", [scratch])
        for schema in ("routing", "intermediate", "stored", "simulation"):
            connection.execute(f"create schema {schema}")
        yield connection
    finally:
        connection.close()


def _view(connection: duckdb.DuckDBPyConnection, name: str, files: list[Path], more: str = "") -> None:
    """A view of the files' rows; a view binds no values, so the paths are written out."""
    paths = ", ".join(f"'{str(path).replace(chr(39), chr(39) * 2)}'" for path in files)
    query = f"select *{more} from read_parquet([{paths}])"  # noqa: S608 - our own names, paths with quotes doubled
    connection.execute(f"create view {name} as {query}")


def _view_stored(connection: duckdb.DuckDBPyConnection, source: Replayable) -> None:
    for name, file in (("line", LINES_FILE), ("candidate", CANDIDATES_FILE)):
        parts = []
        for number, (batch, folder) in enumerate(zip(source.batches, source.folders, strict=True)):
            has_propensity = "propensity_micros" in pq.read_schema(folder / CANDIDATES_FILE).names
            more = f", {batch.is_express} as is_express, '{batch.batch_id}' as batch_id"
            more += ", cast(null as bigint) as propensity_micros" if name == "candidate" and not has_propensity else ""
            _view(connection, f"stored.{name}_{number}", [folder / file], more)
            parts.append(f"from stored.{name}_{number}")
        connection.execute(f"create view stored.{name} as {' union all by name '.join(parts)}")


def _decide(connection: duckdb.DuckDBPyConnection, source: Replayable, rules: Rules, config: ProgramConfig) -> None:
    """Schema routing by these rules, over the batch's input.

    The draw that reserves units for newcomers is that of the batch under the draft too: what moves then moves because
    the rules differ, not because the dice fell otherwise.
    """
    setting = read_setting(source.folders[0])
    models: dict[str, Any] = {name: rules[name] for name in RULEBOOK_FILES}
    program = Program(
        config=config.model_copy(update={"timezone": setting.timezone, "currency": setting.currency}),
        **models,
        sources={},
        rulebook_sha256=source.batches[0].rulebook_sha256,
        rulebook_version=source.batches[0].rulebook_version,
    )
    _make_partners(connection, program.routing)
    propose(connection, program, setting.as_of, "simulation", replace(Relations(), partners=_PARTNERS))


def _make_partners(connection: duckdb.DuckDBPyConnection, rules: RoutingRules) -> None:
    connection.execute("create or replace table simulation.tier (tier varchar, tier_order integer)")
    connection.executemany("insert into simulation.tier values (?, ?)", list(_numbered(rules.tiers)))
    values = {"capacity": rules.limits.default_capacity, "batch_limit": rules.limits.default_batch_limit}
    connection.execute(_PARTNERS_UNDER_RULES, values)


def _numbered(tiers: tuple[str, ...]) -> Iterator[list[Any]]:
    return ([tier, order] for order, tier in enumerate(tiers, start=1))


# What prepare makes of tiers and limits by the rulebook in force (int_routing__partners, int_partners__limits), made
# again by these rules from what the roster states.
_PARTNERS_UNDER_RULES = """
create or replace table simulation.partners as
with limits as (
    select
        *,
        coalesce(stated_capacity, $capacity) as new_capacity,
        coalesce(stated_batch_limit, $batch_limit) as new_batch_limit
    from intermediate.int_routing__partners
)

select
    limits.* exclude (new_capacity, new_batch_limit) replace (
        tiers.tier as tier,
        tiers.tier_order as tier_order,
        limits.new_capacity as capacity,
        limits.new_batch_limit as batch_limit,
        greatest(0, least(
            limits.new_capacity - limits.slots_used,
            limits.new_batch_limit,
            limits.daily_limit - limits.used_today,
            limits.monthly_limit - limits.used_this_month
        )) as free_slots
    )
from limits
left join simulation.tier as tiers on limits.stated_tier = lower(tiers.tier)
"""
