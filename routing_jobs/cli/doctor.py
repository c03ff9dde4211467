"""What `doctor` looks at: Python, packages, DuckDB, time zones, disk, the workspace and its ledger.

Each check says what it found and, unless all is well, what to do. Nothing is changed or created.
"""

import os
import re
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo, available_timezones

from routing_jobs.program.errors import ConfigurationError, LeadrouteError
from routing_jobs.program.finding import counted, listed
from routing_jobs.program.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    from routing_jobs.program.loading import Program

PYTHON = ((3, 11), (3, 13))
LOW_DISK_GB, TOO_LITTLE_DISK_GB = 5, 1
INTERVAL_ARITHMETIC = re.compile(r"[-+]\s*interval\b|\bto_(?:days|months|hours|years)\s*\(", re.IGNORECASE)


@dataclass(frozen=True)
class Check:
    """One thing looked at; `remedy` is empty when there is nothing to do."""

    name: str
    status: Literal["ok", "warn", "fail"]
    found: str
    remedy: str = ""

    def as_dict(self) -> dict[str, str]:
        """The check as --json shows it."""
        return asdict(self)


def examine(path: Path | None) -> list[Check]:
    """Every check of this machine and of the workspace at `path` (else the default one)."""
    checks = [_python(), _packages(), _time_zones(), _telemetry()]
    try:
        workspace = open_workspace(path)
    except LeadrouteError as error:
        return [*checks, Check("workspace", "fail", str(error), "make one with `leadroute init DIR`")]
    checks += [*_program(workspace), _state(workspace), _disk(workspace), _writer(workspace)]
    return [*checks, _ledger(workspace), _warehouse(workspace), _intervals(workspace)]


def _python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    if PYTHON[0] <= sys.version_info[:2] <= PYTHON[1]:
        return Check("python", "ok", version)
    return Check("python", "fail", version, "use Python 3.11, 3.12 or 3.13")


def _packages() -> Check:
    from packaging.requirements import Requirement

    wrong, right = [], 0
    for text in metadata.requires("leadroute") or []:
        requirement = Requirement(text)
        if requirement.marker is not None and not requirement.marker.evaluate():
            continue
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            wrong.append(f"{requirement.name} is missing")
            continue
        if requirement.specifier.contains(version, prereleases=True):
            right += 1
        else:
            wrong.append(f"{requirement.name} {version} is not {requirement.specifier}")
    if wrong:
        return Check("packages", "fail", "; ".join(wrong), "install requirements.lock again")
    return Check("packages", "ok", f"all {right} in their range")


def _time_zones() -> Check:
    summer = datetime(2026, 7, 1, 12, tzinfo=UTC)
    known = len(available_timezones())
    if known < 400 or summer.astimezone(ZoneInfo("Europe/Berlin")).hour != 14:
        return Check("time zones", "fail", f"{known} zones known", "install the package tzdata")
    return Check("time zones", "ok", f"{known} zones known")


def _telemetry() -> Check:
    from routing_jobs.cli.main import TELEMETRY_OFF

    on = [f"{name}={os.environ.get(name)}" for name, off in TELEMETRY_OFF.items() if os.environ.get(name, off) != off]
    if on:
        return Check(
            "telemetry", "warn", f"the environment has {', '.join(on)}", f"unset it ({_assignments(TELEMETRY_OFF)})"
        )
    return Check("telemetry", "ok", "off for dbt, Dagster and Great Expectations")


def _assignments(values: dict[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in values.items())


def _program(workspace: Workspace) -> Iterator[Check]:
    from routing_jobs.program.loading import load_program

    try:
        program = load_program(workspace)
    except ConfigurationError as error:
        found = f"{counted(len(error.problems), 'problem')}, the first: {error.problems[0]}"
        yield Check("configuration", "fail", found, "`leadroute rulebook check` lists them all")
        return
    if program.sources:
        yield Check(
            "configuration",
            "ok",
            f"{workspace.root}: {counted(len(program.sources), 'feed')}, rulebook {program.rulebook_version}",
        )
    else:
        yield Check("configuration", "warn", "no feed in sources/", "`leadroute source infer FILE` proposes one")
    yield _landing(workspace, program)
    people = program.config.people
    missing = [role for role in ("reviewer", "approver") if not any(role in person.roles for person in people)]
    if missing:
        yield Check("people", "warn", f"nobody is {' or '.join(missing)}", "name people and roles in program.yaml")
    elif sum("approver" in person.roles for person in people) < 2:
        remedy = "name a second approver: who overrode a line cannot approve the batch"
        yield Check("people", "warn", "only one approver", remedy)
    else:
        yield Check("people", "ok", f"{len(people)} people with roles")


def _landing(workspace: Workspace, program: "Program") -> Check:
    from routing_jobs.intake.archive import unclaimed

    passed_by = unclaimed(workspace.landing, program.sources.values())
    if not passed_by:
        return Check("landing", "ok", "every file is some feed's")
    found = f"{counted(len(passed_by), 'file')} that no feed's `files` fits: {listed(passed_by)}"
    return Check("landing", "warn", found, "`leadroute source infer FILE` drafts a contract; or move them away")


def _state(workspace: Workspace) -> Check:
    folder = workspace.state if workspace.state.exists() else workspace.root
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor"):
            return Check("state", "ok", f"{folder} can be written")
    except OSError as error:
        return Check("state", "fail", f"{folder}: {error.strerror}", "check the owner and rights of the folder")


def _disk(workspace: Workspace) -> Check:
    free = shutil.disk_usage(workspace.root).free / 1e9
    if free < TOO_LITTLE_DISK_GB:
        return Check("disk", "fail", f"{free:.1f} GB free", f"free at least {LOW_DISK_GB} GB")
    if free < LOW_DISK_GB:
        return Check("disk", "warn", f"{free:.1f} GB free", f"a large run needs more; free {LOW_DISK_GB} GB")
    return Check("disk", "ok", f"{free:.0f} GB free")


def _writer(workspace: Workspace) -> Check:
    from routing_jobs.program.lock import holder

    who = holder(workspace)
    if who is None:
        return Check("writer", "ok", "no command is writing")
    found = f"`{who.get('command')}` is writing, process {who.get('pid')} since {who.get('since')}"
    return Check("writer", "warn", found, "wait for it; other writing commands end with exit code 4")


def _ledger(workspace: Workspace) -> Check:
    if not workspace.ledger.is_file():
        return Check("ledger", "ok", "none yet; the first run makes it")
    try:
        connection = sqlite3.connect(f"{workspace.ledger.as_uri()}?mode=ro", uri=True)
        try:
            ((verdict,),) = connection.execute("pragma quick_check(1)").fetchall()
        finally:
            connection.close()
    except sqlite3.Error as error:
        return Check("ledger", "fail", f"cannot be opened: {error}", "bring back a backup with `leadroute restore`")
    if verdict != "ok":
        return Check("ledger", "fail", "damaged", "bring back a backup with `leadroute restore`")
    return Check("ledger", "ok", "opens; `leadroute ledger verify` checks every event")


def _warehouse(workspace: Workspace) -> Check:
    import duckdb

    if not workspace.warehouse.is_file():
        return Check("warehouse", "ok", "none yet; the first run makes it")
    try:
        duckdb.connect(str(workspace.warehouse), read_only=True).close()
    except duckdb.IOException as error:
        if "lock" in str(error):
            return Check(
                "warehouse", "warn", "in use by another process", "wait for it, or close the program that reads it"
            )
        return Check("warehouse", "fail", "cannot be opened", "`leadroute rebuild` makes it anew")
    except duckdb.Error:
        return Check("warehouse", "fail", "cannot be opened", "`leadroute rebuild` makes it anew")
    return Check("warehouse", "ok", "opens")


def _intervals(workspace: Workspace) -> Check:
    """The canary for DuckDB giving two different intervals in one SELECT the same result (seen in 1.4 to 2.0)."""
    import duckdb

    with duckdb.connect() as connection:
        connection.execute("create table canary as select date '2026-02-01' as day")
        sums = connection.execute("select day + to_months(1), day + to_days(30) from canary")
        ((month, thirty_days),) = sums.fetchall()
    if month != thirty_days:
        return Check("intervals", "ok", f"DuckDB {duckdb.__version__} adds them right")
    users = [
        path.name for path in sorted(workspace.sources.glob("*.sql")) if INTERVAL_ARITHMETIC.search(path.read_text())
    ]
    if users:
        remedy = "add days as whole numbers to dates there, or compare epochs"
        return Check(
            "intervals", "warn", f"DuckDB {duckdb.__version__} confuses them; used in {', '.join(users)}", remedy
        )
    return Check("intervals", "ok", f"DuckDB {duckdb.__version__} confuses them; no SQL of this workspace uses any")
