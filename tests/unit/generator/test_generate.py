"""A generated program is the same every time, loads, adds up, and is the sample."""

import csv
import filecmp
import json
import os
import subprocess
import sys
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pytest

from routing_jobs.generator import generate
from routing_jobs.generator.landing import LANDED_BEFORE
from routing_jobs.generator.program import WRITTEN
from routing_jobs.program.entities import ENTITIES
from routing_jobs.program.errors import ConfigurationError
from routing_jobs.program.loading import load_program
from routing_jobs.program.vocabulary import EXCEPTION_CODES
from routing_jobs.program.workspace import open_workspace

SAMPLE = Path(__file__).parents[3] / "data" / "sample"
END = "2026-03-03T12:00:00Z"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample, written anew."""
    folder = tmp_path_factory.mktemp("program")
    generate(folder)
    return folder


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def files_of(folder: Path) -> list[str]:
    found = [folder / name for name in WRITTEN if (folder / name).is_file()]
    found += [path for name in WRITTEN for path in (folder / name).rglob("*") if path.is_file()]
    return sorted(str(path.relative_to(folder)) for path in found)


def test_the_sample_is_what_the_generator_writes(program: Path) -> None:
    assert files_of(program) == files_of(SAMPLE)
    _, different, missing = filecmp.cmpfiles(program, SAMPLE, files_of(program), shallow=False)
    assert (different, missing) == ([], []), "run: leadroute generate data/sample --partners 60 --seed 7 --replace"


def test_hash_seed_zone_and_locale_change_no_byte(tmp_path: Path) -> None:
    arguments = "leads=300, partners=40, days=120, seed=3"
    for name, settings in (
        ("here", {"PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C"}),
        ("there", {"PYTHONHASHSEED": "2", "TZ": "Asia/Kathmandu", "LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "1"}),
    ):
        code = f"from routing_jobs.generator import generate; generate({str(tmp_path / name)!r}, {arguments})"
        subprocess.run([sys.executable, "-c", code], check=True, env=os.environ | settings)
    here, there = tmp_path / "here", tmp_path / "there"
    assert files_of(here) == files_of(there)
    assert filecmp.cmpfiles(here, there, files_of(here), shallow=False)[1:] == ([], [])


def test_another_seed_is_another_program(program: Path, tmp_path: Path) -> None:
    generate(tmp_path / "other", seed=8)
    _, different, _ = filecmp.cmpfiles(program, tmp_path / "other", files_of(program), shallow=False)
    assert "landing/web_leads/web_leads_2025-05.csv" in different


@pytest.mark.parametrize("days", [60, 900])
def test_a_program_of_any_length_lies_in_the_past(tmp_path: Path, days: int) -> None:
    generate(tmp_path / "any", leads=60, days=days)
    months = sorted(path.stem.removeprefix("touches_") for path in (tmp_path / "any/landing/touches").iterdir())
    month_after_start = date(2026, 3, 3) - timedelta(days=days - 31)
    assert months[0] <= f"{month_after_start:%Y-%m}"
    assert months[-1] == "2026-03"


@pytest.mark.parametrize(("leads", "partners", "days"), [(1, 1, 30), (40, 22, 31), (90, 3, 700)])
def test_small_programs_load(tmp_path: Path, leads: int, partners: int, days: int) -> None:
    generate(tmp_path / "small", leads=leads, partners=partners, days=days, touches_per_lead=0.5)
    load_program(open_workspace(tmp_path / "small"))
    assert len(rows_of(tmp_path / "small" / "truth" / "leads.csv")) >= leads


def test_nothing_is_written_over_by_accident(program: Path, tmp_path: Path) -> None:
    (tmp_path / "sources").mkdir()
    with pytest.raises(ConfigurationError, match="sources is here already"):
        generate(tmp_path, leads=10)
    assert list(tmp_path.iterdir()) == [tmp_path / "sources"]
    with pytest.raises(ConfigurationError, match="leads: value 0: expected at least 1"):
        generate(tmp_path / "none", leads=0)


def test_every_entity_has_a_feed(program: Path) -> None:
    sources = load_program(open_workspace(program)).sources
    assert {source.entity for source in sources.values()} == set(ENTITIES)
    assert {source.format for source in sources.values()} == {"csv", "jsonl", "parquet", "xlsx"}


def test_truth_counts_the_records_of_every_text_file(program: Path) -> None:
    """Counted independently: Python's csv and json modules read what can be read."""
    encodings = {"event_leads": "cp1252", "campaign_leads": "utf-8-sig"}
    delimiters = {"event_leads": ";", "campaign_spend": ";", "certifications": ";", "opportunities": "\t"}
    checked = 0
    for entry in rows_of(program / "truth" / "files.csv"):
        path, feed = program / "landing" / entry["path"], entry["feed"]
        if path.suffix == ".jsonl":
            records = len(path.read_text(encoding="utf-8").splitlines())
        elif path.suffix in (".csv", ".tsv") and feed != "list_uploads":
            with path.open(encoding=encodings.get(feed, "utf-8"), newline="") as file:
                records = sum(1 for _ in csv.reader(file, delimiter=delimiters.get(feed, ","))) - 1
        else:
            continue
        assert int(entry["records"]) == records, entry["path"]
        checked += 1
    assert checked > 80


def test_truth_adds_up(program: Path) -> None:
    listed = Counter((row["feed"], row["path"], row["fate"]) for row in rows_of(program / "truth" / "records.csv"))
    for entry in rows_of(program / "truth" / "files.csv"):
        fates = {fate: int(entry[fate]) for fate in ("accepted", "duplicate", "filtered", "quarantined")}
        if entry["file_reason"] == LANDED_BEFORE:
            assert sum(fates.values()) == 0
            continue
        assert sum(fates.values()) == int(entry["records"])
        if not entry["file_reason"]:
            del fates["accepted"]
            assert fates == {fate: listed[entry["feed"], entry["path"], fate] for fate in fates}, entry


def test_most_reasons_and_all_planted_exceptions_occur(program: Path) -> None:
    reasons = {row["reason_code"] for row in rows_of(program / "truth" / "records.csv")}
    reasons |= {row["file_reason"] for row in rows_of(program / "truth" / "files.csv")}
    assert len(reasons - {""}) >= 14
    exceptions = {row["expected_exception"] for row in rows_of(program / "truth" / "leads.csv")} - {""}
    assert exceptions == set(EXCEPTION_CODES) - {"OVERRIDE_INVALID"}  # that one takes a person's override


def test_nothing_happens_after_the_end(program: Path) -> None:
    landing = program / "landing"
    for path in sorted((landing / "partner_activity").iterdir()):
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                event = json.loads(line)
            except json.JSONDecodeError:
                continue
            assert not (event["occurred_at"] or "") > END or event["occurred_at"][4] != "-"
            assert (event["reported_at"] or "") <= END
    for name, columns in (
        ("assignment_history/offers.csv", ("assigned_at", "responded_at", "first_follow_up_at")),
        ("deal_registrations/registrations.csv", ("Submitted", "Decided")),
    ):
        for row in rows_of(landing / name):
            assert all(row[column] <= END for column in columns if row[column].startswith("20")), row


def test_good_partners_follow_up_and_poor_ones_do_not(tmp_path: Path) -> None:
    generate(tmp_path / "large", leads=20_000, touches_per_lead=0)
    roster = {row["Partner ID"]: row for row in rows_of(next((tmp_path / "large/landing/partners").glob("*2026*.csv")))}
    rates: dict[str, list[int]] = {}
    for row in rows_of(tmp_path / "large/landing/assignment_history/offers.csv"):
        rates.setdefault(row["partner"], []).append(bool(row["first_follow_up_at"]))
    shares = {partner: sum(followed) / len(followed) for partner, followed in rates.items() if len(followed) > 100}
    tiers = {
        tier: [share for partner, share in shares.items() if roster[partner]["Tier"] == tier]
        for tier in ("Platinum", "Registered")
    }
    assert min(tiers["Platinum"]) > max(tiers["Registered"])


def test_the_spreadsheet_is_one(program: Path) -> None:
    sheet = openpyxl.load_workbook(program / "landing/partner_contacts/contacts.xlsx", read_only=True)["Contacts"]
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0][:4] == ("Partner", "Contact", "Name", "Mail")
    assert rows[1][:2] == ("P-0001", "c1")
    counted = next(row for row in rows_of(program / "truth/files.csv") if row["feed"] == "partner_contacts")
    assert len(rows) - 1 == int(counted["records"])
