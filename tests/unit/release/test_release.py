"""Release opens exactly what was approved, once, and withholds what changed since."""

import pytest
from ledger_world import T0, at, by, deadlines, line

from routing_jobs.ledger.activity import record_activity
from routing_jobs.ledger.audit import verify
from routing_jobs.ledger.authority import express_rule
from routing_jobs.ledger.batches import read_batch
from routing_jobs.ledger.recalls import recall_assignment, roll_back_batch
from routing_jobs.ledger.refusals import DecisionRefusedError
from routing_jobs.ledger.review import approve_express, hold_lines, override_unit
from routing_jobs.program.errors import ConfigurationError, GateRefusedError
from routing_jobs.release.facts import opened_facts
from routing_jobs.release.outbox import list_messages
from routing_jobs.release.releasing import release_batch


def release(world, batch_id, person="olivia", minutes=2, **more):
    with opened_facts(world.workspace) as facts:
        return release_batch(world.ledger, facts, deadlines, batch_id, by(person, minutes, **more))


def assignments(world):
    from sqlalchemy import select

    from routing_jobs.ledger.tables import ASSIGNMENT

    with world.ledger.reading() as connection:
        rows = connection.execute(select(ASSIGNMENT).order_by(ASSIGNMENT.c.lead_id)).mappings()
        return [dict(row) for row in rows]


def messages(world):
    with world.ledger.reading() as connection:
        return list_messages(connection)


@pytest.fixture
def approved(world):
    world.serve(6)
    batch_id = world.propose([line(0), line(1, "P2"), line(2, None), line(3, "P1", unit=7), line(4, unit=7)]).batch_id
    world.approve(batch_id)
    return batch_id


def test_a_release_opens_each_assigned_line_with_one_message(world, approved):
    done = release(world, approved)
    assert (done.is_new, done.assignments, done.withheld) == (True, 4, {})
    rows = assignments(world)
    assert [(row["lead_id"][-1], row["partner_id"], row["status"]) for row in rows] == [
        ("0", "P1", "open"),
        ("1", "P2", "open"),
        ("3", "P1", "open"),
        ("4", "P1", "open"),
    ]
    assert {row["accept_due_at"] for row in rows} == {"2026-03-03T08:00:00.000000Z"}
    assert rows[0]["tier_at_release"] == "gold" and rows[0]["rulebook_version"] == "7"
    offers = [message for message in messages(world) if message["kind"] == "offer"]
    assert sorted(message["assignment_id"] for message in offers) == sorted(row["assignment_id"] for row in rows)
    assert [message["message_id"] for message in messages(world) if message["kind"] == "vendor"] == [
        f"vendor-{approved}"
    ]
    assert verify(world.ledger).findings == []


def test_a_second_release_changes_nothing(world, approved):
    first = release(world, approved)
    head = world.ledger.head()
    again = release(world, approved, minutes=3)
    assert (again.is_new, again.assignments) == (False, first.assignments)
    assert world.ledger.head() == head


@pytest.mark.parametrize("person", ["raj", "adam", "run", "rule:express", "nobody"])
def test_release_takes_a_person_with_the_role(world, approved, person):
    with pytest.raises(DecisionRefusedError):
        release(world, approved, person)


def test_an_unapproved_batch_is_not_released(world):
    world.serve(1)
    batch_id = world.propose([line(0)]).batch_id
    with pytest.raises(DecisionRefusedError, match="is proposed"):
        release(world, batch_id)
    assert assignments(world) == []


def test_an_approver_who_lost_the_role_approved_nothing(world, approved, monkeypatch):
    import ledger_world

    monkeypatch.setitem(ledger_world.ROLES, "olivia", ("reviewer",))
    with pytest.raises(DecisionRefusedError, match="no approver any more"):
        release(world, approved, "pia")


def test_a_verdict_that_failed_after_the_approval_stops_the_release(world, approved):
    with world.ledger.reading() as connection:
        content = read_batch(connection, approved).content_sha256
    world.judge(content, 2, passed=False)
    with pytest.raises(GateRefusedError):
        release(world, approved, minutes=3)
    assert assignments(world) == []


def test_held_lines_stay(world):
    world.serve(2)
    batch_id = world.propose([line(0), line(1)]).batch_id
    hold_lines(world.ledger, batch_id, ["lead-000001"], is_held=True, reason=None, decision=by("raj"))
    world.approve(batch_id)
    assert release(world, batch_id).assignments == 1
    assert [row["lead_id"] for row in assignments(world)] == ["lead-000000"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"without_consent": (1,)}, "NO_CONSENT"),
        ({"without_contact": ("P2",)}, "NO_VALID_CONTACT"),
        ({"inactive": ("P2",)}, "PARTNER_NOT_ACTIVE"),
        ({"partners": ("P1",)}, "PARTNER_NOT_ACTIVE"),
    ],
)
def test_a_line_whose_facts_changed_since_is_withheld_with_the_reason(world, approved, change, reason):
    world.serve(6, **change)
    done = release(world, approved)
    assert (done.assignments, done.withheld) == (3, {reason: 1})
    assert release(world, approved).withheld == {reason: 1}
    assert verify(world.ledger).findings == []


def test_an_erased_person_is_withheld(world, approved):
    from routing_jobs.ledger.erasure import suppress

    suppress(world.ledger, " Buyer1@company1.EXAMPLE", at(1))
    assert release(world, approved).withheld == {"ERASED": 1}


def test_what_another_batch_opened_meanwhile_is_not_opened_twice(world):
    world.serve(4)
    first = world.propose([line(0)]).batch_id
    second = world.propose([line(1, "P2", account_id="account-000000", source="express")], is_express=True).batch_id
    third = world.propose([line(2, "P2", identity_id="identity-000000", source="express")], minutes=1).batch_id
    for batch_id in (first, second, third):
        if batch_id != first:
            world.approve(batch_id, minutes=1)
    assert release(world, second).assignments == 1
    assert release(world, third).assignments == 1
    again = world.propose([line(0)], minutes=3).batch_id
    world.approve(again, minutes=3)
    assert release(world, again, minutes=4).assignments == 1, "routing of minute 3 saw what minute 2 opened"


def test_a_lead_of_an_open_account_is_withheld(world):
    world.serve(4)
    first = world.propose([line(0)], minutes=0).batch_id
    second = world.propose([line(1, "P2", account_id="account-000000", source="express")], is_express=True).batch_id
    for batch_id in (first, second):
        world.approve(batch_id)
    assert release(world, first).assignments == 1
    assert release(world, second).withheld == {"ALREADY_OPEN": 1}


def test_an_overriding_person_cannot_be_the_one_whose_approval_counts(world, approved):
    override_unit(world.ledger, approved, "lead-000000", "P2", reason="x", decision=by("pia", 2))
    with pytest.raises(DecisionRefusedError, match="in review"):
        release(world, approved, minutes=3)
    with pytest.raises(DecisionRefusedError, match="another approver"):
        world.approve(approved, "pia", 3)
    world.approve(approved, "ada", 4)
    assert release(world, approved, "pia", 5).assignments == 4


def test_the_express_rule_releases_express_batches_within_its_limit_only(world):
    world.serve(4)
    rule = express_rule(at(1), lambda _person: ())
    main = world.propose([line(0)]).batch_id
    express = world.propose([line(1, source="express"), line(2, source="express")], is_express=True).batch_id
    with pytest.raises(DecisionRefusedError, match="people decide"):
        approve_express(world.ledger, main, rule, max_leads=50)
    with pytest.raises(DecisionRefusedError, match="at most 1"):
        approve_express(world.ledger, express, rule, max_leads=1)
    approve_express(world.ledger, express, rule, max_leads=2)
    with opened_facts(world.workspace) as facts:
        assert release_batch(world.ledger, facts, deadlines, express, rule).assignments == 2
        with pytest.raises(DecisionRefusedError, match="people decide"):
            release_batch(world.ledger, facts, deadlines, main, rule)


def test_without_a_serving_copy_the_message_says_what_to_do(world):
    with pytest.raises(ConfigurationError, match="leadroute run"), opened_facts(world.workspace):
        pass


class TestRecall:
    @pytest.fixture
    def released(self, world, approved):
        release(world, approved)
        return {row["lead_id"]: row["assignment_id"] for row in assignments(world)}

    def test_a_recall_before_sending_cancels_the_offer(self, world, released):
        recall_assignment(world.ledger, released["lead-000000"], reason="call me", decision=by("raj", 5))
        row = assignments(world)[0]
        assert (row["status"], row["recall_reason"], row["closed_at"]) == (
            "recalled",
            "recalled_by_operations",
            "2026-03-02T08:05:00.000000Z",
        )
        mine = [message for message in messages(world) if message["assignment_id"] == row["assignment_id"]]
        assert [(message["kind"], message["status"]) for message in mine] == [("offer", "cancelled")]

    def test_a_recall_takes_a_role_a_reason_and_an_open_assignment(self, world, released):
        name = released["lead-000000"]
        with pytest.raises(DecisionRefusedError):
            recall_assignment(world.ledger, name, reason="x", decision=by("adam", 5))
        with pytest.raises(ConfigurationError):
            recall_assignment(world.ledger, name, reason=" ", decision=by("raj", 5))
        with pytest.raises(DecisionRefusedError, match="earlier"):
            recall_assignment(world.ledger, name, reason="x", decision=by("raj", 1))
        recall_assignment(world.ledger, name, reason="x", decision=by("raj", 5))
        with pytest.raises(DecisionRefusedError, match="is recalled"):
            recall_assignment(world.ledger, name, reason="x", decision=by("raj", 6))
        with pytest.raises(ConfigurationError, match="no assignment asg-x"):
            recall_assignment(world.ledger, "asg-x", reason="x", decision=by("raj", 6))

    def test_a_rollback_recalls_what_nobody_accepted(self, world, released, approved):
        accept = {
            "source_system": "portal",
            "activity_id": "1",
            "assignment_id": released["lead-000001"],
            "partner_id": "P2",
            "activity_type": "accepted",
            "occurred_at": at(3),
            "reported_at": at(3),
            "reason": None,
        }
        assert record_activity(world.ledger, [accept], at(4)) == 1
        assert roll_back_batch(world.ledger, approved, reason="wrong file", decision=by("olivia", 5)) == (3, 1)
        assert [row["status"] for row in assignments(world)] == ["recalled", "accepted", "recalled", "recalled"]
        with world.ledger.reading() as connection:
            assert read_batch(connection, approved).status == "rolled_back"
        with pytest.raises(DecisionRefusedError, match="rolled back"):
            release(world, approved, minutes=6)
        assert verify(world.ledger).findings == []

    def test_times_are_those_of_the_decision(self, world, released):
        assert {row["released_at"] for row in assignments(world)} == {"2026-03-02T08:02:00.000000Z"}
        assert at(0) == T0
