"""The sample, end to end, as a new user runs it; then again, killed, shuffled, and with a gate that fails."""

import hashlib
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import duckdb
import pytest
from tests_integration_support import LEADROUTE, ROOT, fresh_sample, leadroute

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("sample")]


def bytes_of(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_summary_adds_up(sample_run):
    _, summary = sample_run
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


def test_row_order_threads_hash_seed_zone_and_locale_change_nothing(sample_run, tmp_path):
    _, first = sample_run
    workspace = fresh_sample(tmp_path)
    for path in sorted((workspace / "landing").rglob("*.csv")):
        raw = path.read_bytes()
        if b'"' in raw or path.parts[-2] in ("list_uploads", "partners"):
            continue
        header, *lines = raw.splitlines(keepends=True)
        if lines and lines[-1].endswith(b"\n"):
            random.Random(path.name).shuffle(lines)
            path.write_bytes(header + b"".join(lines))
    outcome = leadroute(
        workspace, "run", "--json", PYTHONHASHSEED="4711", TZ="Asia/Kathmandu", LC_ALL="C", OMP_NUM_THREADS="1"
    )
    assert outcome.code == 0, outcome.errors
    assert outcome.json["batch"]["content_sha256"] == first["batch"]["content_sha256"]
    assert outcome.json["leads"] == first["leads"]


def test_killed_at_random_instants_and_run_again_is_as_if_never_killed(sample_run, tmp_path):
    _, first = sample_run
    workspace = fresh_sample(tmp_path)
    duration = sum(first["seconds"].values())
    for share in (0.3, 0.8):
        process = subprocess.Popen(
            [str(LEADROUTE), "--workspace", str(workspace), "run"], cwd=ROOT, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        time.sleep(duration * share)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    outcome = leadroute(workspace, "run", "--json")
    assert outcome.code == 0, outcome.errors
    assert outcome.json["batch"]["content_sha256"] == first["batch"]["content_sha256"]
    assert outcome.json["leads"] == first["leads"]
    assert outcome.json["feeds"] == first["feeds"]
    assert leadroute(workspace, "ledger", "verify").code == 0


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
    files = bytes_of(ran_workspace / "state" / "outbox")
    assert files
    assert leadroute(ran_workspace, "batch", "release", batch_id, "--actor", "olivia").code == 0
    assert leadroute(ran_workspace, "outbox", "deliver").code == 0
    assert bytes_of(ran_workspace / "state" / "outbox") == files
    assert leadroute(ran_workspace, "ledger", "verify").code == 0
