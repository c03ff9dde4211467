"""A draft rulebook on the sample, as a person goes about it: compared, simulated, activated by two, then run."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest
from tests_integration_support import leadroute

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("sample")]


@pytest.fixture
def draft(ran_workspace, tmp_path) -> Path:
    """Another default capacity, a harder rule, one more fallback."""
    folder = tmp_path / "draft"
    shutil.copytree(ran_workspace / "rulebook", folder)
    routing = folder / "routing.yaml"
    text = routing.read_text()
    for old, new in (
        ("default_capacity: 10", "default_capacity: 12"),
        ("vertical: {rule: prefer, weight: 1.25}", "vertical: {rule: require}"),
        ("fallback: [distributor]", "fallback: [distributor, widen]"),
    ):
        assert old in text
        text = text.replace(old, new)
    routing.write_text(text)
    return folder


def bytes_of(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        for path in sorted(folder.rglob("*"))
    }


def test_the_sample_is_replayed_as_it_was_and_nothing_is_written(sample_run, ran_workspace, draft, tmp_path):
    before = bytes_of(ran_workspace)
    found = leadroute(ran_workspace, "simulate", "--rulebook", str(draft), "--html", str(tmp_path / "s.html"), "--json")
    assert found.code == 0, found.errors
    assert bytes_of(ran_workspace) == before
    (replay,) = found.json["batches"]
    assert replay["self_check"]["passed"]
    summary = sample_run[1]
    assert set(replay["batch_ids"]) == {batch["batch_id"] for batch in summary["batches"]}
    assert replay["before"]["placed"] == sum(batch["assigned"] for batch in summary["batches"])
    assert replay["before"]["objective"] == sum(batch["objective"] for batch in summary["batches"])
    assert [one["words"] for one in found.json["differences"]] == [
        "vertical: preferred with weight 1.25 -> required",
        "default capacity 10 -> 12",
        "new fallback: widen after distributor",
    ]
    for change in found.json["changes"]:
        fates = [(change[f"{side}_partner_id"], change[f"{side}_exception_code"]) for side in ("before", "after")]
        assert fates[0] != fates[1]
    assert "Leads that move" in (tmp_path / "s.html").read_text()


def test_an_unchanged_copy_changes_nothing(ran_workspace, tmp_path):
    shutil.copytree(ran_workspace / "rulebook", tmp_path / "same")
    found = leadroute(ran_workspace, "simulate", "--rulebook", str(tmp_path / "same"), "--json").json
    assert (found["changes"], found["differences"]) == ([], [])
    assert {name: found["before"][name] for name in ("placed", "objective", "expected_won_minor")} == {
        name: found["after"][name] for name in ("placed", "objective", "expected_won_minor")
    }


def test_activated_by_two_the_next_run_routes_by_it_and_refuses_what_nobody_approved(ran_workspace, draft):
    def activate(person):
        return leadroute(
            ran_workspace, "rulebook", "activate", str(draft), "--reason", "why", "--actor", person, "--json"
        )

    assert activate("raj").code == 2
    assert activate("olivia").json["outcome"] == "requested"
    assert activate("ada").json["outcome"] == "activated"
    routing = ran_workspace / "rulebook" / "routing.yaml"
    routing.write_text(routing.read_text().replace("default_capacity: 12", "default_capacity: 13"))
    refused = leadroute(ran_workspace, "run", "--json")
    assert refused.code == 2
    assert "rulebook activate" in refused.errors
    assert activate("ada").json["outcome"] == "put_back"
    run = leadroute(ran_workspace, "run", "--json")
    assert run.code == 0, run.errors
    batch = run.json["batch"]
    kept = leadroute(ran_workspace, "rulebook", "diff", str(draft), batch["batch_id"], "--json").json
    assert kept["differences"] == []
    assert leadroute(ran_workspace, "ledger", "verify", "--json").json["findings"] == []
    history = json.loads(leadroute(ran_workspace, "rulebook", "history", "--json").output)
    assert [one["approved_by"] for one in history["activations"]] == ["ada"]
