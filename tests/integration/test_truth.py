"""Intake gives every record of a generated program the fate that its truth names."""

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from routing_jobs.generator import generate
from routing_jobs.generator.landing import LANDED_BEFORE
from routing_jobs.intake.landing import land
from routing_jobs.intake.versions import Arrival
from routing_jobs.program.loading import load_program
from routing_jobs.program.workspace import Workspace
from routing_jobs.warehouse.store import opened

AS_OF = datetime(2026, 3, 3, 12, tzinfo=UTC).replace(tzinfo=None)


@dataclass
class ArrivalList:
    """Arrivals in memory, in place of the ledger."""

    known: dict[tuple[str, str], Arrival] = field(default_factory=dict)

    def record_arrivals(
        self, files: Sequence[tuple[str, str, str, int]], as_of: datetime
    ) -> Mapping[tuple[str, str], int]:
        for feed, sha256, path, size in files:
            number = len(self.known) + 1
            self.known.setdefault((feed, sha256), Arrival(feed, sha256, path, size, number, as_of))
        return {key: arrival.arrival_seq for key, arrival in self.known.items()}

    def arrivals(self) -> list[Arrival]:
        return list(self.known.values())


@dataclass(frozen=True)
class Outcome:
    """What intake did, and what it should have done: rows of truth/files.csv and truth/records.csv."""

    landed: dict[tuple[str, str], dict[str, object]]
    quarantined: dict[tuple[str, str, int], str]
    current_leads: set[tuple[str, str]]
    accepted: Counter[tuple[str, str]]
    files: list[dict[str, str]]
    records: list[dict[str, str]]
    leads: list[dict[str, str]]


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module", params=[1000, pytest.param(20_000, marks=pytest.mark.slow)])
def outcome(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """A generated program, taken in."""
    folder = tmp_path_factory.mktemp("truth")
    generate(folder, leads=request.param, touches_per_lead=1)
    workspace = Workspace(folder)
    with opened(workspace) as connection:
        land(workspace, load_program(workspace), connection, ArrivalList(), AS_OF)
        return Outcome(
            landed=_landed(connection),
            quarantined=_quarantined(connection),
            current_leads=set(
                connection.execute("select source_system, source_record_id from raw.leads where is_current").fetchall()
            ),
            accepted=_accepted(connection),
            files=rows_of(folder / "truth" / "files.csv"),
            records=rows_of(folder / "truth" / "records.csv"),
            leads=rows_of(folder / "truth" / "leads.csv"),
        )


def _landed(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], dict[str, object]]:
    names = ("feed", "path", "records", "accepted", "duplicate", "filtered", "quarantined", "file_reason", "derived")
    rows = connection.execute(
        "select feed, path, counted, accepted, duplicates, filtered, quarantined, coalesce(file_reason, ''), "
        "derived from raw.landed_file"
    ).fetchall()
    return {row[:2]: dict(zip(names, row, strict=True)) for row in rows}


def _quarantined(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str, int], str]:
    rows = connection.execute(
        "select q.feed, q.path, q.record_number, q.reason_code from raw.quarantined_record q "
        "join raw.landed_file f using (feed, file_sha256) where f.file_reason is null"
    ).fetchall()
    return {(feed, path, number): reason for feed, path, number, reason in rows}


def _accepted(connection: duckdb.DuckDBPyConnection) -> Counter[tuple[str, str]]:
    """Stored rows by feed and file, of the tables that hold records as they came."""
    tables = ("leads", "partners", "touches", "partner_activity", "opportunities", "assignment_history")
    counts: Counter[tuple[str, str]] = Counter()
    for table in tables:
        rows = connection.execute(
            "select r.feed, f.path, count(*) "
            f"from raw.{table} r join raw.landed_file f using (feed, file_sha256) group by all"
        ).fetchall()
        counts.update({(feed, path): count for feed, path, count in rows})
    return counts


def test_every_file_counts_as_the_truth_counts(outcome: Outcome) -> None:
    counts = ("records", "accepted", "duplicate", "filtered", "quarantined")
    expected = [entry for entry in outcome.files if entry["file_reason"] != LANDED_BEFORE]
    assert {(entry["feed"], entry["path"]) for entry in expected} == set(outcome.landed)
    wrong = []
    for entry in expected:
        found = outcome.landed[entry["feed"], entry["path"]]
        wanted = [*(int(entry[name]) for name in counts), entry["file_reason"]]
        if [*(found[name] for name in counts), found["file_reason"]] != wanted:
            wrong.append((entry["path"], wanted, found))
    assert wrong == []


def test_the_same_bytes_under_another_name_do_not_land(outcome: Outcome) -> None:
    again = [(entry["feed"], entry["path"]) for entry in outcome.files if entry["file_reason"] == LANDED_BEFORE]
    assert len(again) == 1
    assert not set(again) & set(outcome.landed)


def test_every_bad_record_is_set_aside_for_its_own_reason(outcome: Outcome) -> None:
    expected = {
        (row["feed"], row["path"], int(row["record_number"])): row["reason_code"]
        for row in outcome.records
        if row["fate"] == "quarantined"
    }
    assert outcome.quarantined == expected


def test_what_is_counted_as_accepted_is_stored(outcome: Outcome) -> None:
    stored = {key: count for key, count in outcome.accepted.items()}
    expected = {key: entry["accepted"] for key, entry in outcome.landed.items() if key in stored}
    assert stored == expected


def test_every_lead_stands_once(outcome: Outcome) -> None:
    expected = {(row["source_system"], row["source_record_id"]) for row in outcome.leads}
    assert len(expected) == len(outcome.leads)
    found = {key for key in outcome.current_leads if key[0] != "list_uploads"}
    assert found == expected


def test_rows_derived_from_records_are_counted_apart(outcome: Outcome) -> None:
    expected = {(row["feed"], row["path"]): int(row["derived"]) for row in outcome.files if row["derived"]}
    assert len(expected) == 2
    assert {key: outcome.landed[key]["derived"] for key in expected} == expected
