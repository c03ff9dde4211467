"""A warehouse made of hand-written rows, and dbt run on it: what models are tested against.

A world is filled with records in the canonical columns, as intake would leave them, and built by the real dbt project
in a process of its own. The parsed project is shared by all worlds of a session.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from routing_jobs.program.entities import ENTITIES
from routing_jobs.program.loading import load_program
from routing_jobs.program.tables import write_program_tables
from routing_jobs.program.workspace import Workspace
from routing_jobs.warehouse.schema import create_tables, raw_columns

DBT = Path(__file__).resolve().parents[2] / "dbt"
AS_OF = datetime.fromisoformat("2026-06-15 12:00")
PREPARE = ("path:models/staging", "path:models/intermediate/prepare")
EXCHANGE_RATES = "currency,rate_date,rate\nUSD,2026-01-01,0.90\nUSD,2026-06-01,0.80\nJPY,2026-01-01,0.006\n"
ROUTING = """
version: "1"
tiers: [gold, silver]
product_lines: {routers: [Edge Router, Core Router], security: [Firewall]}
limits: {default_capacity: 10, default_batch_limit: 25, max_hops: 3, cool_down_days: 30, stalled_after_days: 30}
express: {grades: [A], interests: [demo_request], max_leads: 10}
value: {default_minor: 500000, min_sample: 3}
age_decay: {half_life_days: 30}
duplicate_window_days: 90
"""
SCORING = """
version: "1"
qualified_at: 60
grades: {A: 80, B: 60, C: 40, D: 0}
fit:
  - {name: company_known, when: {column: company, is: present}, points: 60}
engagement:
  - {name: asked, when: {column: lead_channel, in: [event]}, points: 25}
  - {name: touches, per: touch_count, points: 4, at_most: 20, idle_half_life_days: 30}
disqualify:
  - {reason: student, when: {column: segment, in: [student]}}
"""
SLA = """
version: "1"
calendars: {default: {weekdays: [1, 2, 3, 4, 5], open: "09:00", close: "17:00", holidays: none}}
clocks:
  capture_to_release: {business_days: 1}
  release_to_acceptance: {business_days: 1}
  release_to_follow_up: {business_days: 2}
  capture_to_follow_up: {business_days: 4}
report_grace: {business_days: 2}
matures_after_days: {accepted: 14, worked: 21, partner_qualified: 45, opportunity: 90, won: 180}
deal_registration: {decision_hours: 48, protection_days: 90}
"""
ATTRIBUTION = 'version: "1"\nlookback_days: 90\njourney: account\nhalf_life_hours: 336\n'  # all ten models
PROGRAM = "name: Test\ntimezone: Europe/Berlin\ncurrency: EUR\nas_of: clock\npeople: []\nowners: {default: ops}\n"

# Enough of a record to be accepted; a test gives what it is about.
DEFAULTS: dict[str, dict[str, Any]] = {
    "leads": {
        "source_system": "crm", "captured_at": datetime.fromisoformat("2026-06-01 08:00"), "company": "Some Company",
        "country": "DE", "lead_channel": "web_form", "consent_to_share": True, "product_interest": ["Edge Router"],
    },
    "partners": {"partner_name": "A partner", "status": "active", "country": "DE", "tier": "gold"},
    "partner_contacts": {"contact_id": "c1", "role": "lead_recipient", "is_active": True},
    "partner_activity": {"source_system": "portal"},
    "opportunities": {"source_system": "crm"},
    "assignment_history": {"source_system": "crm"},
    "touches": {"source_system": "marketing"},
}  # fmt: skip


class World:
    """Rows of one warehouse, and dbt on it."""

    def __init__(self, folder: Path, target: Path) -> None:
        self.workspace = Workspace(folder)
        self.target = target
        self.rows: list[tuple[str, dict[str, Any]]] = []
        self.as_of = AS_OF
        self.routing = ROUTING

    def add(self, table: str, **values: Any) -> None:
        """One record of an entity, in canonical columns; or one row of `schema.table`."""
        self.rows.append((table, _accepted(table, values, len(self.rows)) if table in ENTITIES else values))

    def build(self, *select: str) -> duckdb.DuckDBPyConnection:
        """Write the warehouse, run `dbt build` on the selection, and open the result."""
        self._write()
        what = ("--exclude-resource-type", "unit_test", "--indirect-selection", "buildable")
        finished = self.dbt("build", *what, "--select", *(select or PREPARE))
        assert finished.returncode == 0, finished.stdout[-6000:]
        return duckdb.connect(str(self.workspace.warehouse))

    def dbt(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run dbt on this world's warehouse."""
        environment = {
            **os.environ,
            "LEADROUTE_WAREHOUSE": str(self.workspace.warehouse),
            "DBT_TARGET_PATH": str(self.target),
            "DBT_LOG_PATH": str(self.target / "logs"),
        }
        command = [
            str(Path(sys.executable).with_name("dbt")), *arguments,
            "--project-dir", str(DBT), "--profiles-dir", str(DBT),
        ]  # fmt: skip
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    def _write(self) -> None:
        folder = self.workspace
        files = {"routing": self.routing, "scoring": SCORING, "sla": SLA, "attribution": ATTRIBUTION}
        for path in (folder.rulebook, folder.sources, folder.reference, folder.state):
            path.mkdir(parents=True, exist_ok=True)
        folder.program_file.write_text(PROGRAM)
        (folder.reference / "exchange_rates.csv").write_text(EXCHANGE_RATES)
        for name, text in files.items():
            (folder.rulebook / f"{name}.yaml").write_text(text)
        with duckdb.connect(str(folder.warehouse)) as connection:
            connection.execute("set TimeZone = 'UTC'")
            create_tables(connection)
            write_program_tables(connection, folder, load_program(folder), self.as_of, "run-1")
            for table, row in self.rows:
                name = f"raw.{table}" if table in ENTITIES else table
                marks = ", ".join("?" for _ in row)
                connection.execute(f"insert into {name} ({', '.join(row)}) values ({marks})", list(row.values()))


def _accepted(entity: str, values: dict[str, Any], number: int) -> dict[str, Any]:
    """A record as intake leaves it: normalised beside the text, with its key and where it came from."""
    row = {**DEFAULTS.get(entity, {"source_system": entity}), **values}
    if row.get("email"):
        row["email_normalized"] = row["email"].strip().lower()
        row["email_domain"] = row["email_normalized"].split("@")[1]
    if row.get("website"):
        row["website_domain"] = row["website"].lower()
    if row.get("country"):
        row["country_code"] = row["country"]
    if row.get("currency"):
        row["currency_code"] = row["currency"] if len(row["currency"]) == 3 else None
    if row.get("phone"):
        row["phone_e164"] = row["phone"]
    known = raw_columns(entity)
    key = chr(31).join("" if row.get(name) is None else str(row[name]) for name in ENTITIES[entity].key)
    metadata = {
        "record_key": key, "content_hash": f"hash-{number}", "feed": row.get("source_system") or entity,
        "file_sha256": "0" * 64, "record_number": number + 1, "arrival_seq": 1, "arrived_at": AS_OF,
        "is_current": True, "is_closed": False, "extra": None,
    }  # fmt: skip
    return {name: value for name, value in {**metadata, **row}.items() if name in known}


@pytest.fixture(scope="session")
def dbt_target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where dbt keeps the parsed project; worlds share it, so it is parsed once."""
    return tmp_path_factory.mktemp("dbt")


@pytest.fixture(scope="session")
def new_world(tmp_path_factory: pytest.TempPathFactory, dbt_target: Path) -> Iterator[Callable[[], World]]:
    """Makes empty worlds."""
    folders: list[Path] = []

    def make() -> World:
        folders.append(tmp_path_factory.mktemp("world"))
        return World(folders[-1], dbt_target)

    yield make
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
