"""What growth costs: a full build of a program, and the run that takes in 1 % more, stage by stage.

`growth_world.sql` writes the landing files. Each run is a process of its own that goes through the product's stages,
with the dbt commands a run starts. Printed: seconds on the clock and of the processor (of all cores, children too; the
figure to trust on a shared machine) of each stage, the dearest models, most memory, and the ratio of the second run to
the full build. Apart from the ratio stand start-up (imports, dbt's parse, what a dbt build of one small view takes), the
Markov model, routing, and the copies a release is made of. dbt's cost per model and test does not grow with a program
and weighs on the ratio of a small one: the limit is judged from half a million leads on. `--leads 1000000` is the size
meant.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import yaml

from routing_jobs.program.entities import ENTITIES
from routing_jobs.program.workspace import Workspace

LEADS = 20_000
RATIO_AT_MOST = 0.25
JUDGED_FROM = 500_000  # leads
PEAK_AT_MOST = 4 * 2**30
AS_OF = {"first": "2026-03-02T09:00:00Z", "second": "2026-03-13T09:00:00Z"}
APART = ("start-up", "markov", "routing", "release copies")
DEAREST = 12
REPOSITORY = Path(__file__).parents[2]
SAMPLE = REPOSITORY / "data" / "sample"
WORLD = Path(__file__).with_name("growth_world.sql")

# feed -> canonical column -> column of the file
FEEDS: dict[str, dict[str, str]] = {
    "leads": {
        "source_record_id": "source_record_id", "captured_at": "captured_at", "updated_at": "updated_at",
        "email": "email", "first_name": "first_name", "last_name": "last_name", "company": "company",
        "website": "website", "phone": "phone", "country": "country", "region": "region", "postal_code": "postal_code",
        "industry": "industry", "segment": "segment", "employee_count": "employees", "product_interest": "product",
        "estimated_value": "value", "currency": "currency", "lead_channel": "channel", "campaign_id": "campaign",
        "consent_to_share": "consent",
    },
    "touches": {
        "touch_id": "touch_id", "touched_at": "touched_at", "lead_email": "lead_email",
        "lead_source_record_id": "lead_id", "channel": "channel", "campaign_id": "campaign",
    },
    "partner_activity": {
        "activity_id": "activity_id", "partner_id": "partner_id", "activity_type": "activity_type",
        "occurred_at": "occurred_at", "reported_at": "reported_at", "lead_source_record_id": "lead_id",
    },
    "opportunities": {
        "opportunity_id": "opportunity_id", "created_at": "created_at", "lead_source_record_id": "lead_id",
        "account": "account", "partner_id": "partner_id", "amount": "amount", "currency": "currency",
        "closed_at": "closed_at", "is_won": "is_won",
    },
    "assignment_history": {
        "lead_source_record_id": "lead_id", "lead_source_system": "lead_system", "partner_id": "partner_id",
        "assigned_at": "assigned_at", "responded_at": "responded_at", "response": "response", "outcome": "outcome",
        "decline_reason": "decline_reason",
    },
    "partners": {
        name: name for name in ("partner_id", "partner_name", "status", "tier", "country", "capacity", "batch_limit")
    },
    "partner_contacts": {name: name for name in ("partner_id", "contact_id", "email", "role", "is_active")},
    "partner_territories": {name: name for name in ("partner_id", "country")},
    "partner_specializations": {name: name for name in ("partner_id", "kind", "code")},
    "campaign_spend": {name: name for name in ("campaign_id", "spend_date", "amount")},
}  # fmt: skip
RATES = "currency,rate_date,rate\nUSD,2020-01-01,0.90\nGBP,2020-01-01,1.15\n"
SYSTEMS = {"leads": "web", "touches": "web", "opportunities": "web", "partner_activity": "web"}


def make_workspace(root: Path, leads: int) -> None:
    """The program with its first landing files; the later ones wait in root/later."""
    for name in ("rulebook", "reference"):
        shutil.copytree(SAMPLE / name, root / name)
    (root / "reference" / "exchange_rates.csv").write_text(RATES)
    config = yaml.safe_load((SAMPLE / "program.yaml").read_text()) | {"as_of": "clock"}
    (root / "program.yaml").write_text(yaml.safe_dump(config))
    (root / "sources").mkdir()
    for feed, columns in FEEDS.items():
        assert feed in ENTITIES
        contract = {"entity": feed, "files": f"{feed}/*.csv", "columns": columns, "max_quarantined": 0}
        (root / "sources" / f"{feed}.yaml").write_text(
            yaml.safe_dump(contract | ({"source_system": SYSTEMS[feed]} if feed in SYSTEMS else {}))
        )
        for folder in ("landing", "later"):
            (root / folder / feed).mkdir(parents=True)
    script = WORLD.read_text().replace("$leads", str(leads))
    script = script.replace("$landing", str(root / "landing")).replace("$later", str(root / "later"))
    with duckdb.connect(str(root / "world.duckdb")) as connection:
        connection.execute("set memory_limit = '4GB'")
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(script)
    (root / "world.duckdb").unlink()


def land_later_files(root: Path) -> None:
    """What arrived in the eleven days after."""
    for file in sorted((root / "later").rglob("*.csv")):
        file.replace(root / "landing" / file.relative_to(root / "later"))


_ROWS = """
select schema_name || '.' || table_name, estimated_size from duckdb_tables() where schema_name = 'raw'
"""


class Clock:
    """Seconds by stage, on the clock and of the processor, and seconds on the clock by dbt model."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = {}
        self.models: dict[str, float] = {}

    def add(self, name: str, seconds: float, processor: float) -> None:
        """Count that much more as `name`."""
        wall, worked = self.seconds.get(name, (0.0, 0.0))
        self.seconds[name] = [wall + seconds, worked + processor]

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the block as `name`."""
        started, worked = time.perf_counter(), _processor()
        yield
        self.add(name, time.perf_counter() - started, _processor() - worked)

    def take_out(self, stage: str, name: str, seconds: float, processor: float) -> None:
        """Count part of what `stage` took as `name` instead."""
        self.add(stage, -seconds, -processor)
        self.add(name, seconds, processor)


def _processor() -> float:
    """Processor seconds of this process and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def dbt_build(workspace: Workspace, select: str, *options: str) -> list[dict[str, Any]]:
    """One `dbt build` with the arguments of a run; its results."""
    from dagster_project.lib.manifest import DBT_PROJECT, dbt_executable, target_folder

    target = target_folder(workspace)
    command = [
        str(dbt_executable()), "--quiet", "build", "--select", *select.split(), *options,
        "--exclude-resource-type", "unit_test", "--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT),
        "--target-path", str(target), "--log-path", str(target / "logs"), "--log-level-file", "info",
    ]  # fmt: skip
    subprocess.run(command, check=True, stdout=sys.stderr)
    results: list[dict[str, Any]] = json.loads((target / "run_results.json").read_text())["results"]
    return results


def build(
    clock: Clock, workspace: Workspace, least: tuple[float, float], stage: str, select: str, *options: str
) -> None:
    """One half of the dbt project; `least`, what a build of nearly nothing takes, is start-up; Markov stands apart."""
    with clock.stage(stage):
        results = dbt_build(workspace, select, *options)
    clock.take_out(stage, "start-up", *least)
    taken = {result["unique_id"].partition(".leadroute.")[::2]: result["execution_time"] for result in results}
    clock.models |= {(f"test {name[:60]}" if kind == "test" else name): took for (kind, name), took in taken.items()}
    if learned := taken.get(("model", "int_attribution__learned")):
        wall, processor = clock.seconds[stage]  # its part of the processor is that of its time
        share = learned / sum(taken.values())
        clock.take_out(stage, "markov", share * wall, share * processor)


def least_build(workspace: Workspace) -> tuple[float, float]:
    """Seconds, on the clock and of the processor, of a dbt build of one small view."""
    started, worked = time.perf_counter(), _processor()
    dbt_build(workspace, "stg_program__tiers")
    return time.perf_counter() - started, _processor() - worked


def measure(root: Path, which: str) -> None:
    """One run of the program as landed; its figures as JSON."""
    clock = Clock()
    with clock.stage("start-up"):
        import great_expectations  # noqa: F401 - what the gates load

        from dagster_project.defs.marts.assets import MARTS
        from dagster_project.defs.prepare.assets import LATER, PREPARE
        from dagster_project.lib.manifest import Manifest
        from routing_jobs.ledger import Ledger
        from routing_jobs.program.loading import load_program
        from routing_jobs.stages.copy_ledger import copy_ledger
        from routing_jobs.stages.judge_gate import judge_gate
        from routing_jobs.stages.propose import propose
        from routing_jobs.stages.publish import publish
        from routing_jobs.stages.route import route
        from routing_jobs.stages.take_in import take_in
        from routing_jobs.warehouse.store import opened

        workspace = Workspace(root)
        Manifest.begin(workspace).path()
        program = load_program(workspace)
    with Ledger.open(workspace) as ledger:

        def judge(gate: str) -> None:
            with clock.stage("gates"), opened(workspace) as connection:
                verdicts = judge_gate(gate, connection, ledger, which)
            failed = [f"{verdict.check_name}: {verdict.message}" for verdict in verdicts if not verdict.passed]
            assert not failed, failed

        with clock.stage("intake"):
            take_in(workspace, program, ledger, AS_OF[which], which, full_refresh=False, say=_tell)
        judge("arrivals")
        least = least_build(workspace)
        with clock.stage("ledger copy"), opened(workspace) as connection:
            copy_ledger(connection, ledger, None)
        build(clock, workspace, least, "prepare", PREPARE, *f"--exclude {LATER} --indirect-selection buildable".split())
        judge("routing_input")
        with clock.stage("routing"), opened(workspace) as connection:
            route(connection, program, ledger, which)
        judge("proposed_batch")
        with clock.stage("routing"), opened(workspace) as connection:
            propose(workspace, connection, program, ledger, which, None)
        build(clock, workspace, least, "marts", MARTS, "--indirect-selection", "eager")
        judge("marts")
        with clock.stage("release copies"), opened(workspace) as connection:
            publish(workspace, connection, program, ledger, which)
            rows = dict(connection.execute(_ROWS).fetchall())
            landed = connection.execute("select distinct arrival_seq from raw.landed_file").fetchall()
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) << 10
    figures = {"stages": clock.seconds, "models": clock.models, "peak": peak, "rows": rows, "landed": len(landed)}
    print(json.dumps(figures))


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def run(root: Path, which: str) -> dict[str, Any]:
    """Figures of one run, measured in a process of its own."""
    command = [sys.executable, __file__, "--measure", str(root), "--which", which]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=os.environ)
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def show(figures: dict[str, dict[str, Any]]) -> float:
    """Print both runs side by side; returns the ratio, in processor seconds, of what does not stand apart."""
    first, second = figures["first"], figures["second"]
    counted = [name for name in first["stages"] if name not in APART]
    for run in (first, second):
        run["stages"]["without these"] = [sum(run["stages"][name][kind] for name in counted) for kind in (0, 1)]
    print(
        f"{first['rows']['raw.leads']:,} leads, {first['rows']['raw.touches']:,} touches; then {second['landed']:,} files"
    )
    print(f"  {'':>45} {'full build':>21} {'1 % more':>21}    ratio   (seconds: clock, processor)")
    for name in [*counted, *APART, "without these"]:
        (wall, processor), (later_wall, later) = first["stages"][name], second["stages"][name]
        ratio = f"{later_wall / max(wall, 1e-9):6.2f} {later / max(processor, 1e-9):6.2f}"
        print(f"  {name:>45} {wall:10.1f} {processor:10.1f} {later_wall:10.1f} {later:10.1f} {ratio}")
        if name == counted[-1]:
            print("  apart:")
    print("  dearest models and tests, seconds on the clock:")
    for name in sorted(second["models"], key=lambda name: -second["models"][name])[:DEAREST]:
        print(f"  {name:>45} {first['models'].get(name, 0.0):10.1f} {'':>10} {second['models'][name]:10.1f}")
    print(f"  {'most memory of a process':>45} {first['peak'] / 2**20:6,.0f} MiB {second['peak'] / 2**20:14,.0f} MiB")
    later, full = (run["stages"]["without these"][1] for run in (second, first))
    return float(later / full)


def missed(leads: int, ratio: float, peak: int) -> list[str]:
    """The limits that were not kept, each as a sentence."""
    found = []
    if leads >= JUDGED_FROM and ratio > RATIO_AT_MOST:
        found.append(f"1 % more costs {ratio:.2f} of the full build: expected at most {RATIO_AT_MOST}")
    if peak > PEAK_AT_MOST:
        found.append(f"most memory {peak / 2**20:,.0f} MiB: expected at most {PEAK_AT_MOST / 2**20:,.0f}")
    return found


def main() -> None:
    """Both runs, the table, the limits."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leads", type=int, default=LEADS)
    parser.add_argument("--keep", type=Path, help="leave the program in this folder")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--which", choices=tuple(AS_OF), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options.measure, options.which)
        return
    with tempfile.TemporaryDirectory() as folder:
        root = options.keep or Path(folder) / "program"
        root.mkdir(parents=True)
        make_workspace(root, options.leads)
        figures = {"first": run(root, "first")}
        land_later_files(root)
        figures["second"] = run(root, "second")
    ratio = show(figures)
    found = missed(options.leads, ratio, max(figures[which]["peak"] for which in figures))
    if found:
        raise SystemExit("\n".join(found))


if __name__ == "__main__":
    main()
