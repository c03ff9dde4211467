"""What leaves, for whom, and that it leaves once."""

import csv
import io
import os

import pytest
from ledger_world import at, by, deadlines, line

from routing_jobs.ledger.activity import record_activity
from routing_jobs.ledger.audit import verify
from routing_jobs.ledger.recalls import recall_assignment
from routing_jobs.program.errors import BusyError, LeadrouteError
from routing_jobs.release.delivery import deliver
from routing_jobs.release.drops import folder_of
from routing_jobs.release.facts import opened_facts
from routing_jobs.release.outbox import list_messages
from routing_jobs.release.releasing import release_batch


def send(world, minutes=5, **more):
    with opened_facts(world.workspace) as facts:
        return deliver(world.ledger, facts, at(minutes), **more)


def release(world, lines, minutes=1, **more):
    batch_id = world.propose(lines, minutes=minutes, **more).batch_id
    world.approve(batch_id, minutes=minutes)
    with opened_facts(world.workspace) as facts:
        release_batch(world.ledger, facts, deadlines, batch_id, by("olivia", minutes))
    return batch_id


def drops(world):
    """path -> rows of every CSV in the outbox."""
    found = {}
    for path in sorted(world.workspace.outbox.rglob("*.csv")):
        with path.open(newline="", encoding="utf-8") as stream:
            found[str(path.relative_to(world.workspace.outbox))] = list(csv.DictReader(stream))
    return found


def rows_for(world, recipient, kind=""):
    return [row for path, rows in drops(world).items() for row in rows if path.startswith(f"{recipient}/{kind}")]


def statuses(world):
    with world.ledger.reading() as connection:
        return {row["message_id"]: row["status"] for row in list_messages(connection)}


@pytest.fixture
def released(world):
    world.serve(6)
    return release(world, [line(0), line(1, "P2"), line(2, "P1"), line(3, None)])


def test_each_partner_gets_its_own_leads_and_the_vendor_its_records(world, released):
    report = send(world)
    assert (report.sent, report.blocked) == (4, {})
    assert sorted(row["lead_ref"] for row in rows_for(world, "P1")) == ["LR-000000", "LR-000002"]
    assert [row["lead_ref"] for row in rows_for(world, "P2")] == ["LR-000001"]
    vendor = rows_for(world, "vendor")
    assert [(row["source_record_id"], row["partner_id"], row["status"]) for row in vendor] == [
        ("W0", "P1", "open"),
        ("W1", "P2", "open"),
        ("W2", "P1", "open"),
    ]
    assert set(statuses(world).values()) == {"sent"}
    assert verify(world.ledger).findings == []


def test_an_offer_says_what_the_partner_needs_in_its_own_time(world, released):
    send(world)
    row = rows_for(world, "P2")[0]
    assert row["email"] == "buyer1@company1.example" and row["phone"] == "+49301000001"
    assert row["company"] == "Company 1" and row["product_interest"] == "Edge Router; Firewall"
    assert row["accept_due_at"] == "2026-03-03T09:00:00+01:00"
    assert row["message_id"] == f"offer-{row['assignment_id']}"


def test_a_second_delivery_sends_nothing(world, released):
    send(world)
    before = {path: (world.workspace.outbox / path).stat().st_mtime_ns for path in drops(world)}
    head = world.ledger.head()
    assert send(world, 6).sent == 0
    assert {path: (world.workspace.outbox / path).stat().st_mtime_ns for path in drops(world)} == before
    assert world.ledger.head() == head


def test_drops_are_private(world, released):
    send(world)
    for path in drops(world):
        assert (world.workspace.outbox / path).stat().st_mode & 0o077 == 0
    assert world.workspace.outbox.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"without_consent": (0,)}, "NO_CONSENT"), ({"without_contact": ("P2",)}, "NO_VALID_CONTACT")],
)
def test_a_message_that_may_not_leave_waits_and_leaves_once_it_may(world, released, change, reason):
    world.serve(6, **change)
    report = send(world)
    assert report.blocked == {reason: 1} and report.sent == 3
    assert send(world, 6).sent == 0
    world.serve(6)
    assert send(world, 7).sent == 1
    assert sorted(row["lead_ref"] for path in ("P1", "P2") for row in rows_for(world, path)) == [
        "LR-000000",
        "LR-000001",
        "LR-000002",
    ]
    assert verify(world.ledger).findings == []


def test_an_erased_person_is_not_written_about(world, released):
    from routing_jobs.ledger.erasure import suppress

    suppress(world.ledger, "buyer1@company1.example", at(2))
    assert send(world).blocked == {"ERASED": 1}
    assert rows_for(world, "P2") == []


def test_a_recalled_offer_never_leaves(world, released):
    assignment = next(name for name in statuses(world) if name.startswith("offer-")).removeprefix("offer-")
    recall_assignment(world.ledger, assignment, reason="x", decision=by("raj", 3))
    send(world)
    assert assignment not in {row["assignment_id"] for path in ("P1", "P2") for row in rows_for(world, path)}
    assert ("recalled", "recalled_by_operations") in {
        (row["status"], row["reason"]) for row in rows_for(world, "vendor") if row["assignment_id"] == assignment
    }


def test_a_recall_after_sending_tells_partner_and_vendor(world, released):
    send(world)
    assignment = rows_for(world, "P2")[0]["assignment_id"]
    recall_assignment(world.ledger, assignment, reason="x", decision=by("raj", 6))
    send(world, 7)
    notice = rows_for(world, "P2", "recall")
    assert [(row["assignment_id"], row["reason"], row["recalled_at"]) for row in notice] == [
        (assignment, "recalled_by_operations", "2026-03-02T09:06:00+01:00")
    ]
    assert "buyer1" not in "".join(notice[0].values())
    assert [row["status"] for row in rows_for(world, "vendor") if row["assignment_id"] == assignment] == [
        "open",
        "recalled",
    ]
    assert send(world, 8).sent == 0


def test_status_changes_reach_the_vendor_once(world, released):
    send(world)
    row = rows_for(world, "P1")[0]
    decline = {
        "source_system": "portal",
        "activity_id": "7",
        "assignment_id": row["assignment_id"],
        "partner_id": "P1",
        "activity_type": "declined",
        "occurred_at": at(6),
        "reported_at": at(6),
        "reason": "no_capacity",
    }
    record_activity(world.ledger, [decline], at(7))
    send(world, 8)
    send(world, 9)
    news = [entry for entry in rows_for(world, "vendor") if entry["status"] != "open"]
    assert [(entry["status"], entry["reason"], entry["assignment_id"]) for entry in news] == [
        ("declined", "no_capacity", row["assignment_id"])
    ]


class TestContactAfterAcceptance:
    def test_an_offer_holds_no_contact_data(self, world, released):
        send(world, contact_data="after_acceptance")
        for row in rows_for(world, "P1") + rows_for(world, "P2"):
            assert (row["email"], row["phone"], row["first_name"], row["last_name"], row["notes"]) == ("",) * 5
            assert row["company"]

    def test_acceptance_brings_the_contact_once(self, world, released):
        send(world, contact_data="after_acceptance")
        row = rows_for(world, "P2")[0]
        accept = {
            "source_system": "portal",
            "activity_id": "7",
            "assignment_id": row["assignment_id"],
            "partner_id": "P2",
            "activity_type": "accepted",
            "occurred_at": at(6),
            "reported_at": None,
            "reason": None,
        }
        record_activity(world.ledger, [accept], at(7))
        send(world, 8, contact_data="after_acceptance")
        send(world, 9, contact_data="after_acceptance")
        contacts = rows_for(world, "P2", "contact")
        assert [(entry["email"], entry["phone"]) for entry in contacts] == [("buyer1@company1.example", "+49301000001")]
        assert rows_for(world, "P1", "contact") == []


def test_a_partner_id_that_is_no_plain_name_cannot_leave_the_outbox(world):
    for name in ("../../etc", "a/b", "vendor", "Vendor", ".hidden", "", "x" * 65, "P 1", "-rf", "é"):
        folder = folder_of(name, "offer")
        assert folder.startswith("partner-") and "/" not in folder
    assert folder_of("P-1.a_B", "offer") == "P-1.a_B"


def test_rows_of_another_partner_stop_the_drop(world, released, monkeypatch):
    from routing_jobs.release import drops as drops_module

    def slip(message, seen, contact_data):
        row = drops_module_partner_row(message, seen, contact_data)
        other = next(name for name in statuses(world) if name.startswith("offer-") and name != message.message_id)
        return dict(row) | {"assignment_id": other.removeprefix("offer-")}

    drops_module_partner_row = drops_module.partner_row
    monkeypatch.setattr(drops_module, "partner_row", slip)
    with pytest.raises(LeadrouteError, match="not its own"):
        send(world)
    assert rows_for(world, "P2") == []


def test_xlsx_says_the_same_as_csv_and_is_the_same_bytes_again(world, released):
    from openpyxl import load_workbook

    from routing_jobs.release.rendering import COLUMNS
    from routing_jobs.release.spreadsheet import csv_bytes, xlsx_bytes

    send(world, file_format="xlsx")
    path = next(world.workspace.outbox.glob("P2/*.xlsx"))
    sheet = load_workbook(path).worksheets[0]
    header, values = ([cell.value or "" for cell in row] for row in sheet.iter_rows())
    row = dict(zip(header, values, strict=True))
    assert row["phone"] == "+49301000001" and row["lead_ref"] == "LR-000001"
    assert {cell.data_type for cells in sheet.iter_rows() for cell in cells if cell.value} == {"s"}
    assert xlsx_bytes(COLUMNS["offer"], [row]) == xlsx_bytes(COLUMNS["offer"], [row])
    read = list(csv.DictReader(io.StringIO(csv_bytes(COLUMNS["offer"], [row]).decode())))
    assert read == [row]


def test_two_deliveries_at_once_are_refused(world, released):
    import fcntl

    world.workspace.outbox.mkdir(exist_ok=True)
    descriptor = os.open(world.workspace.outbox / ".lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    os.write(descriptor, b"process 4711")
    try:
        with pytest.raises(BusyError, match="process 4711"):
            send(world)
    finally:
        os.close(descriptor)


def test_a_recall_between_plan_and_file_still_stops_the_offer(world, released, monkeypatch):
    """The last look happens under the ledger's lock, after the drop was announced."""
    from routing_jobs.release import delivery as module

    plan, done = module._plan, []

    def plan_then_recall(ledger, transaction, facts, file_format):
        planned = plan(ledger, transaction, facts, file_format)
        transaction.flush()
        if not done:
            from routing_jobs.ledger.recalls import append_recall, read_assignment

            name = next(m for drop in planned for m in drop.message_ids if drop.recipient == "P2")
            append_recall(transaction, read_assignment(transaction.connection, name.removeprefix("offer-")), "x", None)
            done.append(name)
        return planned

    monkeypatch.setattr(module, "_plan", plan_then_recall)
    send(world)
    assert rows_for(world, "P2") == []
    assert statuses(world)[done[0]] == "cancelled"
    assert [status for name, status in statuses(world).items() if name.startswith("recall-")] == ["cancelled"]
    assert verify(world.ledger).findings == []
