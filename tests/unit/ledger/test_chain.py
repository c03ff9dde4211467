"""Whatever is done to the ledger behind its back, `verify` finds it; and its state is what its events add up to."""

import itertools
import json
import shutil
import sqlite3

import pytest
from ledger_world import at, by, deadlines, line, new_world
from sqlalchemy import select

from routing_jobs.ledger import Ledger
from routing_jobs.ledger.activity import record_activity
from routing_jobs.ledger.audit import verify
from routing_jobs.ledger.effects import fold
from routing_jobs.ledger.event import Event, canonical_json, event_hash, instant_text, parse_instant
from routing_jobs.ledger.journal import read_events
from routing_jobs.ledger.recalls import recall_assignment
from routing_jobs.ledger.review import hold_lines, override_unit, reject_batch
from routing_jobs.ledger.tables import PROJECTIONS, key_columns
from routing_jobs.release.delivery import deliver
from routing_jobs.release.facts import opened_facts
from routing_jobs.release.releasing import release_batch


def a_full_life(world):
    """Events of nearly every type."""
    ledger = world.ledger
    world.serve(6, without_consent=(3,))
    ledger.record_arrivals([("web", "a" * 64, "web/ann.csv", 10), ("crm", "b" * 64, "crm/b.csv", 20)], at(0))
    world.propose([line(5)])
    batch_id = world.propose([line(0), line(1, "P2"), line(2), line(3), line(4, None)], minutes=1).batch_id
    override_unit(ledger, batch_id, "lead-000000", "P2", reason="Herr Klein asked", decision=by("raj", 2))
    hold_lines(ledger, batch_id, ["lead-000002"], is_held=True, reason=None, decision=by("raj", 3))
    hold_lines(ledger, batch_id, ["lead-000002"], is_held=False, reason="fine", decision=by("raj", 3))
    world.approve(batch_id, minutes=4)
    with opened_facts(world.workspace) as facts:
        release_batch(ledger, facts, deadlines, batch_id, by("olivia", 5))
        deliver(ledger, facts, at(6))
        with ledger.reading() as connection:
            rows = connection.execute(select(PROJECTIONS["assignment"])).mappings().all()
        reports = [
            {"source_system": "portal", "activity_id": str(index), "assignment_id": row["assignment_id"],
             "partner_id": row["partner_id"], "activity_type": kind, "occurred_at": at(7), "reported_at": None,
             "reason": "Ask Anna Schmidt" if kind == "declined" else None}
            for index, (row, kind) in enumerate(zip(rows, ("contacted", "declined"), strict=False))
        ]  # fmt: skip
        record_activity(ledger, reports, at(8))
        recall_assignment(ledger, rows[2]["assignment_id"], reason="x", decision=by("raj", 9))
        deliver(ledger, facts, at(10))
    reject_batch(ledger, world.propose([line(5)], minutes=11).batch_id, reason="no", decision=by("raj", 12))


def events_of(ledger):
    with ledger.reading() as connection:
        return list(read_events(connection))


def state_of(ledger):
    with ledger.reading() as connection:
        return {
            name: {tuple(row[key] for key in key_columns(table)): dict(row) for row in rows}
            for name, table in PROJECTIONS.items()
            if (rows := connection.execute(select(table)).mappings().all())
        }


@pytest.fixture(scope="module")
def one_life(tmp_path_factory):
    world = new_world(tmp_path_factory.mktemp("life") / "program")
    a_full_life(world)
    world.ledger.close()
    return world.workspace.root


@pytest.fixture
def lived(one_life, tmp_path):
    """A copy of one full life to tamper with."""
    root = shutil.copytree(one_life, tmp_path / "program", symlinks=True)
    world = new_world(root)
    yield world
    world.ledger.close()


def test_a_full_life_is_whole(lived):
    audit = verify(lived.ledger)
    assert audit.findings == []
    assert audit.head.seq == len(events_of(lived.ledger)) and audit.heads_checked > 10


def test_numbers_have_no_gap_and_links_hold(lived):
    events = events_of(lived.ledger)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert all(after.prev_hash == before.hash for before, after in itertools.pairwise(events))


def test_the_hash_is_that_of_an_independent_computation(lived):
    import hashlib

    event = events_of(lived.ledger)[4]
    fields = [event.seq, event.stream, event.subject_id, event.event_type, event.occurred_at, event.actor,
              event.payload, event.prev_hash]  # fmt: skip
    body = json.dumps(fields, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(body.encode()).hexdigest() == event.hash


def test_the_time_of_writing_is_in_no_hash(world):
    event = event_hash(1, "a", "b", "c", "d", "e", "{}", "0" * 64)
    first = Event(1, "a", "b", "c", "d", "2030", "e", "{}", "0" * 64, event)
    from routing_jobs.ledger.event import hash_of

    assert hash_of(first) == event


def test_at_every_prefix_the_fold_is_the_state(tmp_path):
    """The live tables are compared after each transaction of a life, not only at its end."""
    world = new_world(tmp_path / "program")
    compared = []
    flush = Ledger.writing

    class Watching(Ledger):
        def writing(self, *arguments, **options):
            if events_of(self):
                compared.append(fold(events_of(self)) == state_of(self))
            return flush(self, *arguments, **options)

    world.ledger = Watching(world.ledger.workspace, world.ledger.engine, world.ledger.salt)
    a_full_life(world)
    assert len(compared) > 15 and all(compared)
    world.ledger.close()


def test_no_text_a_person_typed_is_in_the_chain(lived):
    chain = "".join(event.payload for event in events_of(lived.ledger))
    for words in ("Klein", "Schmidt", "ann.csv", "buyer", "+4930", "Zoë"):
        assert words not in chain


def tamper(world, *statements, guards=True):
    """Change the database file as an insider would: with the triggers dropped."""
    world.ledger.close()
    with sqlite3.connect(world.workspace.ledger) as connection:
        if guards:
            connection.execute("drop trigger event_is_never_changed")
            connection.execute("drop trigger event_is_never_removed")
        for statement in statements:
            connection.execute(*statement)
    connection.close()
    return verify(world.ledger)


def test_the_store_itself_refuses_to_change_or_remove_an_event(lived):
    for statement in ("update event set actor = 'x' where seq = 3", "delete from event where seq = 3"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            tamper(lived, (statement,), guards=False)


@pytest.mark.parametrize(
    "column", ["stream", "subject_id", "event_type", "occurred_at", "actor", "payload", "prev_hash", "hash"]
)
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_a_changed_byte_is_found(lived, column, share):
    events = events_of(lived.ledger)
    event = events[int((len(events) - 1) * share)]
    text = getattr(event, column)
    changed = text[:-1] + ("0" if text[-1] != "0" else "1")
    audit = tamper(lived, (f"update event set {column} = ? where seq = ?", (changed, event.seq)))
    assert any(finding.seq in (event.seq, event.seq + 1) for finding in audit.findings)


@pytest.mark.parametrize("share", [0.0, 0.4, 0.9, 1.0])
def test_a_removed_event_is_found(lived, share):
    seq = 1 + int((lived.ledger.head().seq - 1) * share)
    assert tamper(lived, ("delete from event where seq = ?", (seq,))).findings


def test_a_removed_event_with_the_rest_renumbered_is_found(lived):
    audit = tamper(lived, ("delete from event where seq = 5",), ("update event set seq = seq - 1 where seq > 5",))
    assert {finding.kind for finding in audit.findings} >= {"changed", "link"}


def test_swapped_events_are_found(lived):
    audit = tamper(
        lived,
        ("update event set seq = -1 where seq = 6",),
        ("update event set seq = 6 where seq = 7",),
        ("update event set seq = 7 where seq = -1",),
    )
    assert {finding.seq for finding in audit.findings} >= {6, 7}


def test_an_inserted_event_is_found(lived):
    head = lived.ledger.head()
    payload = canonical_json({})
    fields = (head.seq + 1, "privacy", "x" * 64, "person_suppressed", instant_text(at(20)), "raj", payload, head.hash)
    forged = event_hash(*fields)
    audit = tamper(
        lived,
        (
            "insert into event values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*fields[:5], "2030", *fields[5:], forged),
        ),
    )
    assert any("newest event" in finding.message for finding in audit.findings)


def test_a_cut_tail_is_found_by_heads_outside_even_if_the_rest_was_made_to_fit(lived):
    """Cut the last events, fold the tables anew, move the stored head: only a head outside can tell."""
    events = events_of(lived.ledger)
    kept = events[:-3]
    lived.ledger.close()
    with sqlite3.connect(lived.workspace.ledger) as connection:
        connection.execute("drop trigger event_is_never_removed")
        connection.execute("delete from event where seq > ?", (kept[-1].seq,))
        connection.execute("update chain_head set seq = ?, hash = ?", (kept[-1].seq, kept[-1].hash))
        for name, rows in fold(kept).items():
            connection.execute(f"delete from {name}")
            for row in rows.values():
                marks = ", ".join("?" * len(row))
                connection.execute(f"insert into {name} ({', '.join(row)}) values ({marks})", tuple(row.values()))
    connection.close()
    findings = verify(lived.ledger).findings
    assert findings and {finding.kind for finding in findings} == {"head"}


def test_a_head_in_a_published_manifest_is_a_witness(lived):
    release = lived.workspace.published / "releases" / "R1"
    release.mkdir(parents=True)
    (release / "manifest.json").write_text(json.dumps({"ledger_head": lived.ledger.head().hash}))
    assert verify(lived.ledger).findings == []
    (release / "manifest.json").write_text(json.dumps({"ledger_head": "d" * 64}))
    assert [finding.message[:10] for finding in verify(lived.ledger).findings] == ["release R1"]


def test_a_batch_folder_is_a_witness(lived):
    heads = sorted(lived.workspace.batches.glob("*/head.json"))
    noted = [json.loads(path.read_text()) for path in heads]
    chain = {event.seq: event.hash for event in events_of(lived.ledger)}
    assert heads and all(chain[head["seq"]] == head["hash"] for head in noted)


@pytest.mark.parametrize(
    "statement",
    [
        "update batch set status = 'approved' where status = 'rejected'",
        "update assignment set partner_id = 'P3'",
        "delete from outbox where message_id in (select message_id from outbox limit 1)",
        "insert into suppression values ('x', '2026')",
        "update gate_verdict set passed = 1 - passed",
        "update line_decision set is_held = 1",
        "update arrival set arrival_seq = arrival_seq + 10",
        "update side_text set body = 'nothing happened'",
    ],
)
def test_state_changed_behind_the_events_is_found(lived, statement):
    findings = tamper(lived, (statement,), guards=False).findings
    assert {finding.kind for finding in findings} <= {"state", "text"} and findings


def test_a_torn_last_line_of_the_heads_is_no_finding(lived):
    with lived.ledger.heads_file.open("a") as stream:
        stream.write('{"hash":"ab')
    assert verify(lived.ledger).findings == []


def test_erasing_a_text_leaves_the_chain_whole_and_no_byte(lived):
    from routing_jobs.ledger.erasure import erase_texts, texts_containing

    found = texts_containing(lived.ledger, ["KLEIN"])
    assert erase_texts(lived.ledger, found, at(30)) == len(found) == 1
    assert verify(lived.ledger).findings == []
    lived.ledger.close()
    for path in lived.workspace.state.glob("ledger*"):
        assert b"Klein" not in path.read_bytes()


def test_instants_are_texts_that_sort_and_come_back():
    from datetime import UTC, datetime, timedelta, timezone

    early = datetime(2026, 3, 29, 2, 30, 0, 7)
    assert instant_text(early) == "2026-03-29T02:30:00.000007Z"
    assert parse_instant(instant_text(early)) == early
    assert instant_text(early.replace(tzinfo=timezone(timedelta(hours=2)))) == "2026-03-29T00:30:00.000007Z"
    assert instant_text(datetime(1, 1, 1, tzinfo=UTC)) < instant_text(early) < instant_text(datetime(9999, 1, 1))


def test_canonical_json_refuses_what_has_no_one_form():
    with pytest.raises(ValueError, match="Out of range"):
        canonical_json({"gap": float("nan")})
    assert canonical_json({"b": 1, "a": ["é", None]}) == '{"a":["é",null],"b":1}'
