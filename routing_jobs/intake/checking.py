"""Tries a feed's contract on one file, for `source check`: what would be accepted, quarantined, and why. Writes nothing."""

import tempfile
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from routing_jobs.intake import quarantine
from routing_jobs.intake.archive import Archived, NotSettledError, take_in, wait_until_settled
from routing_jobs.intake.contract import Contract, ContractLoader
from routing_jobs.intake.file_landing import Desk, land_file
from routing_jobs.intake.reasons import REASONS
from routing_jobs.intake.records import FileRefusedError
from routing_jobs.intake.report import FileReport
from routing_jobs.intake.sandbox import open_sandbox
from routing_jobs.intake.versions import Arrival
from routing_jobs.program.errors import ConfigurationError
from routing_jobs.program.loading import Program
from routing_jobs.program.workspace import Workspace
from routing_jobs.warehouse.schema import RAW_METADATA, create_tables

_EPOCH = datetime(1970, 1, 1)  # a dry run arrives at no time


@dataclass(frozen=True)
class Checked:
    """What a file would become.

    Attributes:
        file: Its counts.
        refused: What would be set aside: reason, message, remedy, raw record; the first ones.
        reasons: Reason -> how many.
        accepted: The first records that would be accepted, canonical and normalised columns.
    """

    file: FileReport
    refused: list[dict[str, Any]] = field(default_factory=list)
    reasons: dict[str, int] = field(default_factory=dict)
    accepted: list[dict[str, Any]] = field(default_factory=list)


def check(workspace: Workspace, program: Program, feed: str, path: Path, examples: int = 10) -> Checked:
    """Try the contract of `feed` on the file at `path`, wherever it lies.

    Raises:
        ConfigurationError: No such feed or file, or the contract cannot be used.
    """
    if feed not in program.sources:
        known = ", ".join(sorted(program.sources)) or "none"
        raise ConfigurationError(f"source check: no feed {feed!r} in sources/ (known: {known})")
    if not path.exists():
        raise ConfigurationError(f"source check: {path}: no such file")
    with tempfile.TemporaryDirectory(prefix="leadroute-check-") as scratch, duckdb.connect() as connection:
        archive = Path(scratch) / "archive"
        connection.execute("set TimeZone = 'UTC'")
        create_tables(connection)
        source = program.sources[feed]
        try:
            contract = ContractLoader(workspace, program, archive).load(source)
            wait_until_settled([path])
            file = take_in(path.absolute(), path.absolute().parent, archive, contract.limits.file_bytes)
        except NotSettledError as error:
            raise ConfigurationError(f"source check: {path}: {error}") from error
        except FileRefusedError as refusal:
            return _refused(feed, path, refusal)
        return _landed(connection, contract, file, Path(scratch), archive, examples)


def _landed(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    file: Archived,
    scratch: Path,
    archive: Path,
    examples: int,
) -> Checked:
    feed = contract.source.feed
    arrival = Arrival(feed, file.file_sha256, file.path, file.bytes, 1, _EPOCH)
    with open_sandbox(scratch) as sandbox:
        report = land_file(Desk(connection, sandbox, archive, scratch), contract, arrival)
    refused = [
        quarantine.shown(connection, entry["quarantine_id"]) for entry in quarantine.listed(connection, limit=examples)
    ]
    reasons = {row["reason_code"]: row["entries"] for row in quarantine.summary(connection)}
    result = connection.execute(
        f"select * from raw.{contract.source.entity} order by record_number limit ?", [examples]
    )
    names = [column[0] for column in result.description]
    rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    hidden = set(RAW_METADATA) - {"record_number", "extra"}
    accepted = [
        {name: value for name, value in row.items() if name not in hidden and value is not None} for row in rows
    ]
    return Checked(report, refused, reasons, accepted)


def _refused(feed: str, path: Path, refusal: FileRefusedError) -> Checked:
    message, remedy = REASONS[refusal.code].describe(feed=feed, **refusal.facts)
    report = FileReport(feed, path.name, "", 0, 0, 0, 0, 0, 0, reason=refusal.code)
    entry = {"record_number": 0, "reason_code": refusal.code, "message": message, "remedy": remedy, "raw_record": None}
    return Checked(report, [entry], {refusal.code: 1})
