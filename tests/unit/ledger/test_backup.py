"""A backup brings the ledger back as it was, refuses when it would lose decisions unsaid, and holds the outbox."""

import json
import zipfile

import pytest
from ledger_world import at, by, deadlines, line
from sqlalchemy import select

from routing_jobs.ledger import Ledger
from routing_jobs.ledger.audit import verify
from routing_jobs.ledger.backup import write_backup
from routing_jobs.ledger.journal import read_events
from routing_jobs.ledger.refusals import DecisionRefusedError
from routing_jobs.ledger.restore import restore_backup
from routing_jobs.ledger.review import override_unit, start_review
from routing_jobs.ledger.tables import PROJECTIONS, SIDE_TEXT
from routing_jobs.program.errors import LeadrouteError
from routing_jobs.program.workspace import Workspace
from routing_jobs.release.delivery import deliver
from routing_jobs.release.facts import opened_facts
from routing_jobs.release.outbox import confirm_reconciled, list_messages, resolve_messages
from routing_jobs.release.releasing import release_batch


def everything(ledger):
    with ledger.reading() as connection:
        state = {name: sorted(map(str, connection.execute(select(table)))) for name, table in PROJECTIONS.items()}
        return list(read_events(connection)), state, sorted(map(str, connection.execute(select(SIDE_TEXT))))


@pytest.fixture
def busy(world):
    """A batch released and not sent, another in review."""
    world.serve(4)
    world.ledger.record_arrivals([("web", "a" * 64, "web/a.csv", 3)], at(0))
    first = world.propose([line(0), line(1, "P2")]).batch_id
    override_unit(world.ledger, first, "lead-000000", "P2", reason="asked by phone", decision=by("raj", 1))
    world.approve(first, minutes=2)
    with opened_facts(world.workspace) as facts:
        release_batch(world.ledger, facts, deadlines, first, by("olivia", 3))
    start_review(world.ledger, world.propose([line(2)], minutes=4).batch_id, by("raj", 5))
    return world


def test_a_backup_restores_into_an_empty_workspace_as_it_was(busy, tmp_path):
    manifest = write_backup(busy.ledger, tmp_path / "b" / "ledger.backup")
    events, state, texts = everything(busy.ledger)
    place = Workspace(tmp_path / "elsewhere")
    restored = restore_backup(place, tmp_path / "b" / "ledger.backup", at(10), actor="ada")
    assert (restored.epoch, restored.batches, restored.lost_heads) == (1, 2, 0)
    with Ledger.open(place) as ledger:
        again_events, again_state, again_texts = everything(ledger)
        assert verify(ledger).findings == []
        assert ledger.salt == busy.ledger.salt
    assert again_events[:-1] == events and again_events[-1].event_type == "ledger_restored"
    assert again_texts == texts and manifest["seq"] == len(events)
    assert {name: rows for name, rows in again_state.items() if name not in ("outbox", "epoch")} == {
        name: rows for name, rows in state.items() if name not in ("outbox", "epoch")
    }
    for path in busy.workspace.batches.rglob("*.parquet"):
        copy = place.batches / path.relative_to(busy.workspace.batches)
        assert copy.read_bytes() == path.read_bytes() and copy.stat().st_mode & 0o777 == 0o444


def test_a_backup_is_private_and_whole_or_not_there(busy, tmp_path):
    write_backup(busy.ledger, tmp_path / "x.backup")
    assert (tmp_path / "x.backup").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.glob("*.backup*")] == ["x.backup"]


def test_after_a_restore_nothing_is_sent_until_reconciled(busy, tmp_path):
    write_backup(busy.ledger, tmp_path / "x.backup")
    busy.ledger.close()
    restored = restore_backup(busy.workspace, tmp_path / "x.backup", at(10), actor="ada")
    assert restored.uncertain_messages == 3
    with Ledger.open(busy.workspace) as ledger, opened_facts(busy.workspace) as facts:
        with pytest.raises(DecisionRefusedError, match="resolve reconciled"):
            deliver(ledger, facts, at(11))
        with pytest.raises(DecisionRefusedError, match="3 messages are uncertain"):
            confirm_reconciled(ledger, decision=by("ada", 12))
        with ledger.reading() as connection:
            uncertain = [row["message_id"] for row in list_messages(connection, ("uncertain",))]
        offers = sorted(name for name in uncertain if name.startswith("offer"))
        with pytest.raises(DecisionRefusedError):
            resolve_messages(ledger, offers[:1], "sent", reason="seen", decision=by("raj", 12))
        assert resolve_messages(ledger, offers[:1], "sent", reason="seen in the drop", decision=by("ada", 12)) == 1
        assert resolve_messages(ledger, [], "pending", reason="not there", decision=by("adam", 12)) == 2
        confirm_reconciled(ledger, decision=by("adam", 13))
        assert deliver(ledger, facts, at(14)).sent == 2
        with ledger.reading() as connection:
            assert {row["status"] for row in list_messages(connection)} == {"sent"}
        assert verify(ledger).findings == []


def test_a_restore_over_later_decisions_is_refused_unless_forced(busy, tmp_path):
    write_backup(busy.ledger, tmp_path / "x.backup")
    busy.ledger.record_arrivals([("web", "c" * 64, "web/c.csv", 3)], at(6))
    head = busy.ledger.head()
    busy.ledger.close()
    with pytest.raises(DecisionRefusedError, match="--force"):
        restore_backup(busy.workspace, tmp_path / "x.backup", at(10), actor="ada")
    assert busy.ledger.head() == head
    busy.ledger.close()
    restored = restore_backup(busy.workspace, tmp_path / "x.backup", at(10), actor="ada", force=True)
    assert restored.lost_heads == 2 and restored.epoch == 1
    with Ledger.open(busy.workspace) as ledger:
        assert verify(ledger).findings == [], "what was lost was said"


def test_the_watermark_outside_refuses_an_old_backup_where_the_ledger_itself_is_gone(busy, tmp_path):
    write_backup(busy.ledger, tmp_path / "x.backup")
    busy.ledger.record_arrivals([("web", "c" * 64, "web/c.csv", 3)], at(6))
    busy.ledger.close()
    for path in busy.workspace.state.glob("ledger.db*"):
        path.unlink()
    with pytest.raises(DecisionRefusedError, match="--force"):
        restore_backup(busy.workspace, tmp_path / "x.backup", at(10), actor="ada")


def test_a_broken_database_is_replaced(busy, tmp_path):
    write_backup(busy.ledger, tmp_path / "x.backup")
    busy.ledger.close()
    busy.workspace.ledger.write_bytes(b"not a database" * 1000)
    restore_backup(busy.workspace, tmp_path / "x.backup", at(10), actor="ada")
    with Ledger.open(busy.workspace) as ledger:
        assert verify(ledger).findings == []


def test_a_second_restore_opens_a_second_epoch(busy, tmp_path):
    write_backup(busy.ledger, tmp_path / "x.backup")
    busy.ledger.close()
    restore_backup(busy.workspace, tmp_path / "x.backup", at(10), actor="ada")
    with Ledger.open(busy.workspace) as ledger:
        write_backup(ledger, tmp_path / "y.backup")
    assert restore_backup(busy.workspace, tmp_path / "y.backup", at(11), actor="ada").epoch == 2


@pytest.mark.parametrize("member", ["ledger/events.jsonl", "ledger/side_text.jsonl", "lines.parquet", "manifest.json"])
def test_a_changed_backup_is_refused_and_nothing_is_replaced(busy, tmp_path, member):
    write_backup(busy.ledger, tmp_path / "x.backup")
    before = everything(busy.ledger)
    with zipfile.ZipFile(tmp_path / "x.backup") as source, zipfile.ZipFile(tmp_path / "y.backup", "w") as target:
        for name in source.namelist():
            body = source.read(name)
            if name.endswith(member):
                body = body.replace(b"0", b"1") if name != "manifest.json" else json.dumps(
                    json.loads(body) | {"seq": 1}
                ).encode()  # fmt: skip
            target.writestr(name, body)
    with pytest.raises(LeadrouteError):
        restore_backup(busy.workspace, tmp_path / "y.backup", at(10), actor="ada", force=True)
    assert everything(busy.ledger) == before


def test_a_backup_with_a_path_out_of_the_workspace_is_refused(busy, tmp_path):
    import hashlib

    write_backup(busy.ledger, tmp_path / "x.backup")
    with zipfile.ZipFile(tmp_path / "x.backup") as source, zipfile.ZipFile(tmp_path / "y.backup", "w") as target:
        for name in source.namelist():
            body = source.read(name)
            if name == "manifest.json":
                manifest = json.loads(body)
                manifest["files"]["../evil"] = hashlib.sha256(b"x").hexdigest()
                body = json.dumps(manifest).encode()
            target.writestr(name, body)
        target.writestr("../evil", b"x")
    with pytest.raises(LeadrouteError, match=r"\.\./evil"):
        restore_backup(Workspace(tmp_path / "new"), tmp_path / "y.backup", at(10), actor="ada")


def test_a_ledger_that_is_not_whole_is_not_backed_up(busy, tmp_path):
    import sqlite3

    busy.ledger.close()
    with sqlite3.connect(busy.workspace.ledger) as connection:
        connection.execute("drop trigger event_is_never_changed")
        connection.execute("update event set actor = 'x' where seq = 2")
    connection.close()
    with pytest.raises(LeadrouteError, match="not whole"):
        write_backup(busy.ledger, tmp_path / "x.backup")
    assert not (tmp_path / "x.backup").exists()


def test_landed_files_come_along_on_request(busy, tmp_path):
    busy.workspace.archive.mkdir()
    (busy.workspace.archive / "aa.bin").write_bytes(b"landed")
    assert "archive/aa.bin" not in write_backup(busy.ledger, tmp_path / "x.backup")["files"]
    write_backup(busy.ledger, tmp_path / "y.backup", with_archive=True)
    place = Workspace(tmp_path / "elsewhere")
    restore_backup(place, tmp_path / "y.backup", at(10), actor="ada")
    assert (place.archive / "aa.bin").read_bytes() == b"landed"
