"""A whole batch at scale: a million units and two thousand partners, from eligibility to the stored result.

`batch_world.sql` makes a program as prepare would leave it; the proposal is then made as in every run, in a process of
its own, in a database file with the warehouse's settings. Printed: seconds of each stage, most memory the process held,
and what the batch costs in *joins*: the seconds of one plain SQL join of the same leads with the same territories,
certificates and verticals into a table of (lead, partner, score), in the same run. Ratios of one run are the figures to
trust. Fails above the limits below. `--sizes 100000 1000000` is the size meant; it takes as long as the decision does.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
from routing import peak_bytes

from routing_jobs.program.loading import load_program
from routing_jobs.program.workspace import Workspace
from routing_jobs.proposal import propose
from routing_jobs.warehouse.schema import create_tables
from routing_jobs.warehouse.store import MEMORY_LIMIT

SIZES, PARTNERS = (10_000, 100_000), 2_000
AS_OF = datetime.fromisoformat("2026-03-02T09:00:00")
JOINS_WANTED = 3.0  # the whole batch, in joins; printed beside what it costs
JOINS_AT_MOST = 3.0  # candidates, from units and kinds of lead to the kernel's arrays, at the largest size
PEAK_AT_MOST = 6 * 2**30
WORLD = Path(__file__).with_name("batch_world.sql")
SAMPLE = Path(__file__).parents[2] / "data" / "sample"

# What one would write by hand: three keys of each lead meet territories of three widths.
PLAIN_JOIN = """
create table plain_join as
with places as (
    select
        rowid as lead, product, industry, estimated_value_minor, country,
        unnest([null, region, region]) as region,
        unnest([null, null, left(postal_code, 2)]) as postal_prefix
    from intermediate.int_routing__leads
),

skills as (
    select partner_id, kind, code from intermediate.int_routing__specializations
)

select
    places.lead,
    partner.rowid as partner,
    coalesce(places.estimated_value_minor, 500000) * (5 - partner.tier_order)
    * (case when vertical.code is null then 100 else 125 end) // 100 as score,
    certificate.code is not null as is_certified
from places
inner join intermediate.int_routing__territories as territory
    on places.country = territory.country
    and places.region is not distinct from territory.region
    and places.postal_prefix is not distinct from territory.postal_prefix
    and (territory.product is null or territory.product = places.product)
inner join intermediate.int_routing__partners as partner on territory.partner_id = partner.partner_id
left join skills as certificate
    on partner.partner_id = certificate.partner_id and certificate.kind = 'product_certification'
    and places.product = certificate.code
left join skills as vertical
    on partner.partner_id = vertical.partner_id and vertical.kind = 'vertical' and places.industry = vertical.code
"""

# The stage a function of the product's belongs to; a function within another takes its time out of the outer one.
STAGES = {
    "eligibility_steps": "eligibility",
    "combined_fingerprint": "hashes",
    "content_sha256": "hashes",
    "place_batch": "recording",
    "read_candidates": "arrow to rows",
    "decide": "decision",
    "estimated_propensities": "propensities",
    "write_lines": "lines",
}
# The same for SQL, by the temporary table it makes.
TABLES = {
    "eligibility": ("partner", "territory", "lead", "place", "match", "place_gap", "kind", "kind_partner"),
    "units": ("room", "refusal", "chance", "fate", "unit_lead", "unit", "unit_kind"),
    "precedence": ("unit_refusal", "claim", "precedence"),
    "candidates": ("candidate",),
}
TABLE_STAGES = {f"route_{name}": stage for stage, names in TABLES.items() for name in names}


class Clock:
    """Seconds by stage. One stage runs at a time: an inner one interrupts the outer."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._running: list[str] = []
        self._since = 0.0

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the time of the block as `name`."""
        self._turn()
        self._running.append(name)
        try:
            yield
        finally:
            self._turn()
            self._running.pop()

    def _turn(self) -> None:
        now = time.perf_counter()
        if self._running:
            name = self._running[-1]
            self.seconds[name] = self.seconds.get(name, 0.0) + now - self._since
        self._since = now

    def watching(self, function: Callable[..., Any], name: str) -> Callable[..., Any]:
        """`function`, its time counted as `name`."""

        def watched(*arguments: Any, **named: Any) -> Any:
            with self.stage(name):
                return function(*arguments, **named)

        return watched


class WatchedConnection:
    """A connection whose statements are counted in the stage of the table they make."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, clock: Clock, is_chatty: bool) -> None:
        self._connection, self._clock, self._is_chatty = connection, clock, is_chatty

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, query: str, *arguments: Any) -> Any:
        """The connection's own execute, timed."""
        words = query.split()
        made = next((word for word in words if word.startswith("route_")), "")
        started = time.perf_counter()
        stage = TABLE_STAGES.get(made) if words[0] == "create" else None
        if stage is None:
            done = self._connection.execute(query, *arguments)
        else:
            with self._clock.stage(stage):
                done = self._connection.execute(query, *arguments)
        if self._is_chatty and time.perf_counter() - started > 0.1:
            print(f"{time.perf_counter() - started:8.2f} s  {' '.join(words)[:100]}", file=sys.stderr)
        return done


def watch(clock: Clock) -> None:
    """Put watched versions of the functions of STAGES wherever the product's modules name them."""
    for name, module in list(sys.modules.items()):
        if name.startswith("routing_jobs.proposal"):
            for function, stage in STAGES.items():
                if callable(getattr(module, function, None)):
                    setattr(module, function, clock.watching(getattr(module, function), stage))


def opened(path: Path, memory: str) -> duckdb.DuckDBPyConnection:
    """The database file with the warehouse's settings."""
    connection = duckdb.connect(str(path))
    connection.execute("set TimeZone = 'UTC'")
    connection.execute(f"set memory_limit = '{memory}'")
    connection.execute("set temp_directory = ?", [str(path.parent / "spill")])
    connection.execute("set preserve_insertion_order = false")
    return connection


def build(path: Path, units: int) -> None:
    """The program's tables."""
    with opened(path, "4GB") as connection:
        create_tables(connection)
        script = WORLD.read_text().replace("$units", str(units)).replace("$partners", str(PARTNERS))
        connection.execute(script)


def measure(path: Path, memory: str, objective: str, is_chatty: bool) -> None:
    """Run one batch on a stored program by the sample's rulebook, print its figures as JSON."""
    program = load_program(Workspace(SAMPLE))
    program = replace(program, routing=program.routing.model_copy(update={"objective": objective}))
    clock = Clock()
    with opened(path, memory) as connection:
        started = time.perf_counter()
        connection.execute(PLAIN_JOIN)
        join = time.perf_counter() - started
        pairs = connection.execute("select count(*) from plain_join").fetchone()
        connection.execute("drop table plain_join")
        watch(clock)
        with clock.stage("other"):
            found = propose(WatchedConnection(connection, clock, is_chatty), program, AS_OF, "run")
        stored = connection.execute("select count(*), count(*) filter (is_eligible) from routing.candidate").fetchone()
    figures = {
        "join": join,
        "plain_pairs": (pairs or (0,))[0],
        "candidates": (stored or (0,))[0],
        "eligible": (stored or (0, 0))[1],
        "stages": clock.seconds,
        "peak": peak_bytes(),
        "units": sum(proposal.units for proposal in found),
        "assigned": sum(proposal.assigned for proposal in found),
        "gap": max(proposal.gap for proposal in found),
        "content": [proposal.content_sha256 for proposal in found],
    }
    print(json.dumps(figures))


def run(units: int, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Figures of one batch of that many units."""
    path = folder / f"batch_{units}.duckdb"
    build(path, units)
    command = [sys.executable, __file__, "--measure", str(path), "--memory", options.memory]
    command += ["--objective", options.objective, *["--chatty"][: options.chatty]]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    path.unlink()
    figures: dict[str, Any] = json.loads(done.stdout)
    figures["seconds"] = sum(figures["stages"].values())
    figures["joins"] = figures["seconds"] / figures["join"]
    return figures


def show(units: int, figures: dict[str, Any]) -> None:
    """Print one batch."""
    print(
        f"{units:,} units, {PARTNERS:,} partners, {figures['candidates']:,} candidates, {figures['eligible']:,} eligible; "
        f"{figures['assigned']:,} leads placed, gap {figures['gap']:g}"
    )
    print(f"  plain join of {figures['plain_pairs']:,} pairs: {figures['join']:.1f} s")
    for stage, seconds in figures["stages"].items():
        print(f"  {stage:>14} {seconds:6.1f} s {seconds / figures['join']:6.2f} joins")
    print(
        f"  {'whole batch':>14} {figures['seconds']:6.1f} s {figures['joins']:6.2f} joins "
        f"({JOINS_WANTED:g} wanted); "
        f"most memory {figures['peak'] / 2**20:,.0f} MiB",
        flush=True,
    )


def missed(results: dict[int, dict[str, Any]]) -> list[str]:
    """The limits that were not kept, each as a sentence."""
    small, large = results[min(results)], results[max(results)]
    growth = large["seconds"] / large["candidates"] / (small["seconds"] / small["candidates"])
    print(f"seconds a candidate, {max(results):,} units over {min(results):,}: {growth:.2f}")
    candidates = (large["stages"]["candidates"] + large["stages"]["arrow to rows"]) / large["join"]
    found = []
    if candidates > JOINS_AT_MOST:
        found.append(f"candidates cost {candidates:.2f} joins: expected at most {JOINS_AT_MOST}")
    if large["peak"] > PEAK_AT_MOST:
        found.append(f"most memory {large['peak'] / 2**20:,.0f} MiB: expected at most {PEAK_AT_MOST / 2**20:,.0f}")
    return found


def main() -> None:
    """Batches of each size, then the limits."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="units of each batch")
    parser.add_argument("--memory", default=MEMORY_LIMIT, help="DuckDB's memory_limit")
    parser.add_argument("--objective", choices=("value", "coverage_then_value"), default="value")
    parser.add_argument("--chatty", action="store_true", help="print statements that take over 0.1 s")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options.measure, options.memory, options.objective, options.chatty)
        return
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        for units in options.sizes:
            results[units] = run(units, Path(folder), options)
            show(units, results[units])
    found = missed(results)
    if found:
        raise SystemExit("\n".join(found))


if __name__ == "__main__":
    main()
