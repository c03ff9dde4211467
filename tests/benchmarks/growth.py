"""What growth costs: a full build of a program, and the run that takes in 1 % more, in seconds of the same stages.

`growth_world.sql` writes the landing files. Each run is a process of its own that goes through the product's stages,
with the dbt commands a run starts. Printed: seconds of each stage and of the dearest models, most memory, the ratio of
the second run to the first. Apart from the ratio stand start-up (imports, dbt's parse), the Markov model, the decision,
and the copies a release is made of. Fails above the limits below. `--leads 1000000` is the size meant.
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

LEADS = 50_000
RATIO_AT_MOST = 0.25
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


class Clock:
    """Seconds by stage, and seconds by dbt model."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.models: dict[str, float] = {}

    def add(self, name: str, seconds: float) -> None:
        """Count that many seconds more, or fewer, as `name`."""
        self.seconds[name] = self.seconds.get(name, 0.0) + seconds

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the time of the block as `name`."""
        started = time.perf_counter()
        yield
        self.add(name, time.perf_counter() - started)


def build(clock: Clock, workspace: Workspace, stage: str, select: str, exclude: str, selection: str) -> None:
    """One `dbt build` with the arguments of a run; its own start is counted as start-up."""
    from dagster_project.lib.manifest import DBT_PROJECT, dbt_executable, target_folder

    target = target_folder(workspace)
    command = [
        str(dbt_executable()), "--quiet", "build", "--indirect-selection", selection, "--select", *select.split(),
        "--exclude-resource-type", "unit_test", "--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT),
        "--target-path", str(target), "--log-path", str(target / "logs"), "--log-level-file", "info",
    ] + (["--exclude", *exclude.split()] if exclude else [])  # fmt: skip
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=sys.stderr)
    taken = time.perf_counter() - started
    results = json.loads((target / "run_results.json").read_text())
    clock.add("start-up", taken - results["elapsed_time"])
    clock.add(stage, results["elapsed_time"])
    for result in results["results"]:
        kind, _, name = result["unique_id"].partition(".leadroute.")
        if kind in {"model", "test"}:
            clock.models[name if kind == "model" else f"test {name[:60]}"] = result["execution_time"]


def measure(root: Path, which: str) -> None:
    """One run of the program as landed; its figures as JSON."""
    clock = Clock()
    with clock.stage("start-up"):
        from dagster_project.defs.marts.assets import MARTS
        from dagster_project.defs.prepare.assets import LATER, PREPARE
        from dagster_project.lib.manifest import Manifest
        from expectations.gate import run_gate  # noqa: F401 - loads what the gates need
        from routing_jobs.ledger import Ledger
        from routing_jobs.program.loading import load_program
        from routing_jobs.publish import release as release_room
        from routing_jobs.publish.serving import write_serving_copy  # noqa: F401
        from routing_jobs.stages.copy_ledger import copy_ledger
        from routing_jobs.stages.judge_gate import judge_gate
        from routing_jobs.stages.propose import propose
        from routing_jobs.stages.publish import publish
        from routing_jobs.stages.route import route
        from routing_jobs.stages.take_in import take_in
        from routing_jobs.warehouse.store import opened

        import great_expectations  # noqa: F401
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
            taken = take_in(workspace, program, ledger, AS_OF[which], which, full_refresh=False, say=_tell)
        judge("arrivals")
        with clock.stage("ledger copy"), opened(workspace) as connection:
            copy_ledger(connection, ledger, None)
        build(clock, workspace, "prepare", PREPARE, LATER, "buildable")
        judge("routing_input")
        with clock.stage("routing"), opened(workspace) as connection:
            route(connection, program, ledger, which)
        judge("proposed_batch")
        with clock.stage("routing"), opened(workspace) as connection:
            propose(workspace, connection, program, ledger, which, None)
        build(clock, workspace, "marts", MARTS, "", "eager")
        judge("marts")
        with clock.stage("release copies"), opened(workspace) as connection:
            publish(workspace, connection, program, ledger, which)
            rows = dict(connection.execute(
                "select schema_name || '.' || table_name, estimated_size from duckdb_tables() "
                "where schema_name in ('raw', 'marts', 'routing')"
            ).fetchall())
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) << 10
    print(json.dumps({"stages": clock.seconds, "models": clock.models, "peak": peak, "rows": rows,
        "landed": taken.rows["raw/landed_file"]}))


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def run(root: Path, which: str) -> dict[str, Any]:
    """Figures of one run, measured in a process of its own."""
    command = [sys.executable, __file__, "--measure", str(root), "--which", which]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=os.environ)
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def show(figures: dict[str, dict[str, Any]]) -> float:
    """Print both runs side by side; returns the ratio of what is not apart."""
    first, second = figures["first"], figures["second"]
    for kind in ("stages", "models"):
        names = sorted(first[kind], key=lambda name: -max(first[kind][name], second[kind].get(name, 0.0)))
        for name in names if kind == "stages" else names[:DEAREST]:
            before, after = first[kind][name], second[kind].get(name, 0.0)
            apart = "  (apart)" if name in APART else ""
            print(f"  {name:>45} {before:8.1f} s {after:8.1f} s {after / max(before, 1e-9):8.2f}{apart}")
    sums = [sum(s for name, s in run["stages"].items() if name not in APART) for run in (first, second)]
    print(f"  {'without what stands apart':>45} {sums[0]:8.1f} s {sums[1]:8.1f} s {sums[1] / sums[0]:8.2f}")
    print(f"  {'most memory':>45} {first['peak'] / 2**20:6,.0f} MiB {second['peak'] / 2**20:5,.0f} MiB")
    return sums[1] / sums[0]


def main() -> None:
    """Both runs, the table, the limits."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leads", type=int, default=LEADS)
    parser.add_argument("--keep", type=Path, help="leave the program in this folder, and the full build beside it")
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


if __name__ == "__main__":
    main()
