"""The sample, end to end, as a new user runs it; then again, shuffled, with a gate that fails, and to its delivery."""

import hashlib
import random
from pathlib import Path
from typing import Any

import duckdb
import pytest
from tests_integration_support import fresh_sample, leadroute, marts_of

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("sample")]


def bytes_of(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def messages_of(workspace: Path) -> dict[str, str]:
    """What was delivered; the lock file beside it names who delivered last."""
    return {name: digest for name, digest in bytes_of(workspace / "state" / "outbox").items() if name != ".lock"}


def contents_of(summary: dict[str, Any]) -> set[tuple[bool, str]]:
    """The content of each batch a run proposed."""
    return {(batch["is_express"], batch["content_sha256"]) for batch in summary["batches"]}


def test_the_summary_adds_up(sample_run):
    _, summary = sample_run
    assert summary["unclaimed"] == []
    for feed, counts in summary["feeds"].items():
        fates = counts["accepted"] + counts["duplicates"] + counts["filtered"] + counts["quarantined"]
        assert counts["records"] == fates, feed
    batch = summary["batch"]
    assert batch["leads"] == batch["assigned"] + sum(batch["exceptions"].values())
    assert batch["objective"] == batch["upper_bound"]
    assert batch["gap"] == 0
    assert {verdict["gate"] for verdict in summary["gates"]} == {"arrivals", "routing_input", "proposed_batch", "marts"}
    assert all(verdict["passed"] for verdict in summary["gates"])


def test_the_sample_shows_what_it_is_for(sample_run):
    workspace, summary = sample_run
    codes = {code for batch in summary["batches"] for code in batch["exceptions"]}
    assert len(codes) >= 10
    published = duckdb.connect(str(workspace / "published" / "current" / "leadroute.duckdb"), read_only=True)
    tables = [row[0] for row in published.execute("select table_name from duckdb_tables()").fetchall()]
    empty = [name for name in tables if published.execute(f"select count(*) from marts.{name}").fetchone()[0] == 0]
    assert empty == []
    assert sum(summary["leads"].values()) == published.execute("select count(*) from marts.fct_lead").fetchone()[0]


def test_personal_data_is_in_no_published_byte_log_or_run_record(sample_run):
    workspace, _ = sample_run
    warehouse = duckdb.connect(str(workspace / "state" / "warehouse.duckdb"), read_only=True)
    people = warehouse.execute(
        "select email_normalized, last_name || ' ' || first_name from raw.leads "
        "where email_normalized is not null and length(last_name) > 4 order by record_key limit 40"
    ).fetchall()
    warehouse.close()
    canaries = [text.encode() for row in people for text in row if text]
    looked_at = [
        workspace / "published",
        workspace / "state" / "dagster",
        workspace / "state" / "dbt",
        workspace / "state" / "batches",
    ]
    for path in (path for folder in looked_at for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        assert not [canary for canary in canaries if canary in content], path


def test_a_second_run_on_the_same_input_changes_nothing(sample_run, ran_workspace):
    _, first = sample_run
    published = bytes_of(ran_workspace / "published")
    second = leadroute(ran_workspace, "run", "--json")
    assert second.code == 0, second.errors
    assert second.json["batch"]["content_sha256"] == first["batch"]["content_sha256"]
    assert second.json["batch"]["batch_id"] == first["batch"]["batch_id"]
    assert second.json["feeds"] == first["feeds"]
    assert second.json["leads"] == first["leads"]
    assert bytes_of(ran_workspace / "published") == published


OTHER_THREADS = """
import duckdb

connect = duckdb.connect


def connect_otherwise(*arguments, **settings):
    connection = connect(*arguments, **settings)
    connection.execute("set threads = 7")
    connection.execute("pragma verify_parallelism")  # small tables are split between threads too
    return connection


duckdb.connect = connect_otherwise
"""


def shuffle_records(path: Path) -> bool:
    """Put a text file's records into another order, where each of them is a line; whether that was done."""
    raw = path.read_bytes()
    lines = raw.splitlines(keepends=True)
    if path.suffix not in {".csv", ".tsv", ".jsonl"} or not raw.endswith(b"\n") or b"\r" in raw.replace(b"\r\n", b""):
        return False
    if any(line.count(b'"') % 2 for line in lines):  # a quoted value goes on over lines
        return False
    header, records = ([], lines) if path.suffix == ".jsonl" else (lines[:1], lines[1:])
    random.Random(path.name).shuffle(records)
    path.write_bytes(b"".join([*header, *records]))
    return True


def test_row_order_threads_hash_seed_zone_and_locale_change_nothing(sample_run, tmp_path):
    ran, first = sample_run
    workspace = fresh_sample(tmp_path)
    shuffled = [path for path in sorted((workspace / "landing").rglob("*.*")) if shuffle_records(path)]
    assert len(shuffled) > 30
    (tmp_path / "sitecustomize.py").write_text(OTHER_THREADS)
    outcome = leadroute(
        workspace, "run", "--json", PYTHONPATH=str(tmp_path), PYTHONHASHSEED="4711", TZ="Asia/Kathmandu", LC_ALL="C",
        OMP_NUM_THREADS="1",
    )  # fmt: skip
    assert outcome.code == 0, outcome.errors
    assert outcome.json["feeds"] == first["feeds"]
    assert outcome.json["leads"] == first["leads"]
    assert marts_of(workspace) == marts_of(ran)
    assert contents_of(outcome.json) == contents_of(first)


def test_a_failed_gate_refuses_says_why_and_changes_nothing(ran_workspace):
    published = bytes_of(ran_workspace / "published")
    batches = bytes_of(ran_workspace / "state" / "batches")
    contract = ran_workspace / "sources" / "web_leads.yaml"
    lines = [line for line in contract.read_text().splitlines() if not line.startswith("max_quarantined")]
    contract.write_text("\n".join([*lines, "max_quarantined: 0", ""]))
    outcome = leadroute(ran_workspace, "run")
    assert outcome.code == 3
    assert "feeds__is_within_quarantine_limit" in outcome.errors
    assert "web_leads" in outcome.errors
    assert "Traceback" not in outcome.errors
    assert bytes_of(ran_workspace / "published") == published
    assert bytes_of(ran_workspace / "state" / "batches") == batches


def test_a_batch_is_reviewed_approved_by_a_second_person_released_and_delivered_once(sample_run, ran_workspace):
    batch_id = sample_run[1]["batch"]["batch_id"]
    shown = leadroute(ran_workspace, "batch", "show", batch_id, "--json")
    assert shown.code == 0, shown.errors
    assert shown.json["batch"]["content_sha256"] == sample_run[1]["batch"]["content_sha256"]
    assert leadroute(ran_workspace, "batch", "approve", batch_id, "--actor", "raj").code != 0
    approved = leadroute(ran_workspace, "batch", "approve", batch_id, "--actor", "olivia")
    assert approved.code == 0, approved.errors
    released = leadroute(ran_workspace, "batch", "release", batch_id, "--actor", "olivia", "--json")
    assert released.code == 0, released.errors
    delivered = leadroute(ran_workspace, "outbox", "deliver")
    assert delivered.code == 0, delivered.errors
    files = messages_of(ran_workspace)
    assert files
    assert leadroute(ran_workspace, "batch", "release", batch_id, "--actor", "olivia").code == 0
    assert leadroute(ran_workspace, "outbox", "deliver").code == 0
    assert messages_of(ran_workspace) == files
    assert leadroute(ran_workspace, "ledger", "verify").code == 0
