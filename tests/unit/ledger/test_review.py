"""What people may do with a batch, and what they may not."""

import pytest
from ledger_world import RULEBOOK_SHA, at, by, line

from routing_jobs.ledger.audit import verify
from routing_jobs.ledger.batches import read_batch, read_lines
from routing_jobs.ledger.lines import content_sha256
from routing_jobs.ledger.refusals import ConflictError, DecisionRefusedError
from routing_jobs.ledger.review import approve_batch, hold_lines, override_unit, reject_batch, start_review
from routing_jobs.program.errors import ConfigurationError, GateRefusedError


def batch_of(world, batch_id):
    with world.ledger.reading() as connection:
        return read_batch(connection, batch_id)


def lines_of(world, batch_id):
    with world.ledger.reading() as connection:
        return {row["lead_id"]: row for row in read_lines(world.ledger, connection, batch_id).to_pylist()}


@pytest.fixture
def batch_id(world):
    lines = [line(0), line(1, "P2"), line(2, None), line(3, "P1", unit=7), line(4, "P1", unit=7)]
    return world.propose(lines).batch_id


def test_a_proposal_without_a_verdict_is_refused_and_leaves_no_files(world):
    with pytest.raises(GateRefusedError, match="no verdict"):
        world.propose([line(0)], judged=False)
    assert list(world.workspace.batches.iterdir()) == []


def test_a_proposal_whose_newest_verdict_failed_is_refused(world):
    lines = [line(0)]
    outcome = world.propose(lines)
    world.judge(outcome.content_sha256, 1, passed=False)
    with pytest.raises(GateRefusedError, match="2 of 3 rows"):
        approve_batch(world.ledger, outcome.batch_id, by("olivia", 2))


def test_the_batch_id_says_day_and_content(world, batch_id):
    batch = batch_of(world, batch_id)
    assert batch_id == f"B20260302-{batch.content_sha256[:8]}"
    assert (batch.lead_count, batch.unit_count, batch.assigned_count, batch.override_count) == (5, 4, 4, 0)


def test_an_override_moves_the_whole_unit_and_voids_the_approval(world, batch_id):
    world.approve(batch_id)
    before = batch_of(world, batch_id)
    moved = override_unit(world.ledger, batch_id, "lead-000003", "P2", reason="knows them", decision=by("raj", 2))
    after, lines = batch_of(world, batch_id), lines_of(world, batch_id)
    assert moved == ["lead-000003", "lead-000004"]
    assert [lines[lead]["partner_id"] for lead in moved] == ["P2", "P2"]
    assert lines["lead-000003"]["source"] == "override" and lines["lead-000003"]["is_overridden"]
    assert (before.status, after.status) == ("approved", "in_review")
    assert after.approved_by is None and after.approved_content_sha256 is None
    assert after.content_sha256 != before.content_sha256 and after.override_count == 2


def test_the_content_hash_is_that_of_the_standing_lines(world, batch_id):
    hold_lines(world.ledger, batch_id, ["lead-000001"], is_held=True, reason=None, decision=by("raj", 1))
    override_unit(world.ledger, batch_id, "lead-000000", "P2", reason="x", decision=by("raj", 2))
    with world.ledger.reading() as connection:
        standing = read_lines(world.ledger, connection, batch_id)
    shuffled = standing.take([4, 0, 2, 1, 3])
    assert batch_of(world, batch_id).content_sha256 == content_sha256(shuffled, RULEBOOK_SHA)


def test_an_override_back_and_a_hold_undone_restore_the_content(world, batch_id):
    before = batch_of(world, batch_id).content_sha256
    override_unit(world.ledger, batch_id, "lead-000000", "P2", reason="x", decision=by("raj", 1))
    override_unit(world.ledger, batch_id, "lead-000000", "P1", reason="no", decision=by("raj", 2))
    hold_lines(world.ledger, batch_id, ["lead-000001"], is_held=True, reason="wait", decision=by("raj", 3))
    hold_lines(world.ledger, batch_id, ["lead-000001"], is_held=False, reason=None, decision=by("raj", 4))
    assert batch_of(world, batch_id).content_sha256 == before
    assert batch_of(world, batch_id).override_count == 0


def test_a_person_can_place_an_exception(world, batch_id):
    override_unit(world.ledger, batch_id, "lead-000002", "P2", reason="agreed by phone", decision=by("raj", 1))
    placed = lines_of(world, batch_id)["lead-000002"]
    assert (placed["partner_id"], placed["exception_code"], placed["source"]) == ("P2", None, "override")
    assert batch_of(world, batch_id).assigned_count == 5


@pytest.mark.parametrize(
    ("lead", "partner", "why"),
    [
        ("lead-000000", "P9", "NOT_CERTIFIED"),
        ("lead-000000", "P8", "never a candidate"),
        ("lead-000000", "P1", "goes to P1 already"),
    ],
)
def test_an_override_against_a_hard_rule_is_refused_at_once(world, batch_id, lead, partner, why):
    before = world.ledger.head()
    with pytest.raises(DecisionRefusedError, match=why):
        override_unit(world.ledger, batch_id, lead, partner, reason="please", decision=by("raj", 1))
    assert world.ledger.head() == before


def test_an_override_over_the_limit_is_refused(world, batch_id):
    override_unit(world.ledger, batch_id, "lead-000000", "P3", reason="x", decision=by("raj", 1))
    with pytest.raises(DecisionRefusedError, match="would have 2 units of this batch, its limit is 1"):
        override_unit(world.ledger, batch_id, "lead-000001", "P3", reason="x", decision=by("raj", 2))


def test_an_override_to_a_partner_nobody_knows_says_so(world, batch_id):
    with pytest.raises(DecisionRefusedError, match="P404 took no part in this batch"):
        override_unit(world.ledger, batch_id, "lead-000000", "P404", reason="x", decision=by("raj", 1))


def test_an_override_that_splits_an_account_between_partners_is_refused(world):
    lines = [line(0, account_id="same"), line(1, "P1", account_id="same")]
    batch_id = world.propose(lines).batch_id
    with pytest.raises(DecisionRefusedError, match="account and product line same / routers"):
        override_unit(world.ledger, batch_id, "lead-000000", "P2", reason="x", decision=by("raj", 1))


@pytest.mark.parametrize("reason", ["", "   "])
def test_an_override_needs_a_reason(world, batch_id, reason):
    with pytest.raises(ConfigurationError, match="--reason"):
        override_unit(world.ledger, batch_id, "lead-000000", "P2", reason=reason, decision=by("raj", 1))


def test_the_reason_is_not_in_the_chain_but_can_be_read(world, batch_id):
    words = "Frau Müller asked for it"
    override_unit(world.ledger, batch_id, "lead-000000", "P2", reason=words, decision=by("raj", 1))
    database = world.workspace.ledger
    world.ledger.close()
    import sqlite3

    with sqlite3.connect(database) as connection:
        events = connection.execute("select payload from event").fetchall()
        bodies = [row[0] for row in connection.execute("select body from side_text")]
    assert not any("Müller" in row[0] for row in events)
    assert words in bodies


@pytest.mark.parametrize("person", ["nobody", "stranger", "run", "raj", "adam", "rule:express"])
def test_only_an_approver_approves(world, batch_id, person):
    with pytest.raises(DecisionRefusedError):
        approve_batch(world.ledger, batch_id, by(person, 1))


@pytest.mark.parametrize("person", ["olivia", "ada"])
def test_who_overrode_a_line_cannot_approve_even_as_admin_nor_after_another_override(world, batch_id, person):
    override_unit(world.ledger, batch_id, "lead-000000", "P2", reason="x", decision=by(person, 1))
    override_unit(world.ledger, batch_id, "lead-000000", "P1", reason="y", decision=by("raj", 2))
    world.judge(batch_of(world, batch_id).content_sha256, 3)
    with pytest.raises(DecisionRefusedError, match="another approver"):
        approve_batch(world.ledger, batch_id, by(person, 4))
    approve_batch(world.ledger, batch_id, by("pia", 5))


def test_approval_needs_a_verdict_on_the_changed_content(world, batch_id):
    override_unit(world.ledger, batch_id, "lead-000000", "P2", reason="x", decision=by("raj", 1))
    with pytest.raises(GateRefusedError, match="no verdict"):
        approve_batch(world.ledger, batch_id, by("olivia", 2))
    world.approve(batch_id, minutes=3)
    assert batch_of(world, batch_id).status == "approved"


def test_approval_of_content_that_is_no_longer_there_is_a_conflict(world, batch_id):
    seen = batch_of(world, batch_id).content_sha256
    hold_lines(world.ledger, batch_id, ["lead-000001"], is_held=True, reason=None, decision=by("raj", 1))
    world.judge(batch_of(world, batch_id).content_sha256, 2)
    with pytest.raises(ConflictError, match="as you saw it"):
        approve_batch(world.ledger, batch_id, by("olivia", 3), content=seen)


def test_of_two_decisions_on_one_version_one_commits(world, batch_id):
    version = batch_of(world, batch_id).version
    override_unit(world.ledger, batch_id, "lead-000000", "P2", reason="x", decision=by("raj", 1, version))
    with pytest.raises(ConflictError, match="changed since you looked"):
        override_unit(world.ledger, batch_id, "lead-000001", "P1", reason="x", decision=by("pia", 1, version))
    with pytest.raises(ConflictError):
        reject_batch(world.ledger, batch_id, reason="x", decision=by("pia", 1, version))


def test_a_hold_stands_against_an_approval_of_the_same_version(world, batch_id):
    version = batch_of(world, batch_id).version
    approve_batch(world.ledger, batch_id, by("olivia", 1, version))
    hold_lines(world.ledger, batch_id, ["lead-000001"], is_held=True, reason=None, decision=by("raj", 1, version))
    assert batch_of(world, batch_id).status == "in_review"
    with pytest.raises(ConflictError):
        approve_batch(world.ledger, batch_id, by("olivia", 1, version))


def test_two_processes_deciding_at_once_are_serialised(world, batch_id):
    from concurrent.futures import ThreadPoolExecutor

    from routing_jobs.ledger import Ledger

    version = batch_of(world, batch_id).version

    def reject(person):
        with Ledger.open(world.workspace) as ledger:
            try:
                reject_batch(ledger, batch_id, reason="x", decision=by(person, 1, version))
            except (ConflictError, DecisionRefusedError) as error:
                return type(error).__name__
        return "done"

    with ThreadPoolExecutor(4) as pool:
        results = sorted(pool.map(reject, ["raj", "pia", "olivia", "ada"]))
    assert results == ["ConflictError"] * 3 + ["done"]
    assert verify(world.ledger).findings == []


def test_a_decision_before_the_proposal_is_refused(world, batch_id):
    with pytest.raises(DecisionRefusedError, match="cannot be earlier"):
        start_review(world.ledger, batch_id, by("raj", -1))


def test_an_unknown_batch_and_lead_are_named(world, batch_id):
    with pytest.raises(ConfigurationError, match="no batch B1"):
        start_review(world.ledger, "B1", by("raj"))
    with pytest.raises(ConfigurationError, match="lead-000009"):
        hold_lines(world.ledger, batch_id, ["lead-000009"], is_held=True, reason=None, decision=by("raj"))


def test_a_changed_file_stops_the_approval(world, batch_id):
    path = world.workspace.batches / batch_id / "lines.parquet"
    import pyarrow as pa
    import pyarrow.parquet as pq

    from routing_jobs.ledger.lines import LINE_SCHEMA

    path.unlink()
    pq.write_table(pa.Table.from_pylist([line(0, "P2")], LINE_SCHEMA), path)
    with pytest.raises(DecisionRefusedError, match="no longer say"):
        approve_batch(world.ledger, batch_id, by("olivia", 1))
    assert [finding.kind for finding in verify(world.ledger).findings] == ["file"]


def test_files_of_a_batch_are_read_only(world, batch_id):
    folder = world.workspace.batches / batch_id
    assert {path.name for path in folder.iterdir()} == {
        "lines.parquet",
        "candidates.parquet",
        "partners.parquet",
        "rulebook.json",
        "head.json",
    }
    assert {oct(path.stat().st_mode & 0o777) for path in folder.iterdir()} == {"0o444"}


class TestKeepAndSupersede:
    def test_the_same_content_keeps_the_open_batch(self, world):
        first = world.propose([line(0), line(1)])
        head = world.ledger.head().seq
        again = world.propose([line(1), line(0)], minutes=5)
        assert (again.outcome, again.batch_id) == ("kept", first.batch_id)
        assert world.ledger.head().seq == head + 1  # the verdict

    def test_an_untouched_batch_is_superseded_by_a_different_one(self, world):
        first = world.propose([line(0)])
        second = world.propose([line(0), line(1)], minutes=5)
        assert (second.outcome, second.superseded) == ("superseded", (first.batch_id,))
        assert batch_of(world, first.batch_id).superseded_by == second.batch_id

    def test_a_touched_batch_keeps_its_leads(self, world):
        first = world.propose([line(0)])
        start_review(world.ledger, first.batch_id, by("raj", 1))
        with pytest.raises(DecisionRefusedError, match="--supersede"):
            world.propose([line(0), line(1)], minutes=5)
        second = world.propose([line(1)], minutes=6)
        assert second.outcome == "created"
        assert batch_of(world, first.batch_id).status == "in_review"

    def test_a_touched_batch_is_redone_on_purpose(self, world):
        first = world.propose([line(0)])
        start_review(world.ledger, first.batch_id, by("raj", 1))
        second = world.propose([line(0)], minutes=5, supersede=first.batch_id)
        assert second.outcome == "superseded"
        assert second.batch_id == f"{first.batch_id}-2"

    def test_express_and_main_batches_stand_side_by_side(self, world):
        main = world.propose([line(0)])
        express = world.propose([line(1, source="express")], is_express=True)
        assert [batch_of(world, item.batch_id).status for item in (main, express)] == ["proposed", "proposed"]

    def test_a_lead_that_became_express_leaves_the_untouched_main_batch(self, world):
        main = world.propose([line(0), line(1)])
        express = world.propose([line(1, source="express")], is_express=True, minutes=1)
        assert express.superseded == (main.batch_id,)

    def test_a_rejected_batch_frees_its_name_with_a_suffix(self, world):
        first = world.propose([line(0)])
        reject_batch(world.ledger, first.batch_id, reason="wrong", decision=by("raj", 1))
        assert world.propose([line(0)], minutes=2).batch_id == f"{first.batch_id}-2"
        assert world.propose([line(0)], minutes=3).outcome == "kept"

    def test_nothing_to_route_supersedes_what_nobody_touched(self, world):
        first = world.propose([line(0)])
        assert world.propose([], minutes=1, judged=False).outcome == "nothing_to_route"
        assert batch_of(world, first.batch_id).status == "superseded"

    def test_an_older_as_of_cannot_propose(self, world):
        world.ledger.record_arrivals([("web", "a" * 64, "web/a.csv", 1)], at(10))
        with pytest.raises(DecisionRefusedError, match="older than the ledger's newest event"):
            world.propose([line(0)], minutes=9)

    def test_a_refused_proposal_leaves_the_open_batch_as_it_was(self, world):
        first = world.propose([line(0)])
        before = batch_of(world, first.batch_id)
        with pytest.raises(GateRefusedError):
            world.propose([line(0), line(1)], minutes=1, judged=False)
        assert batch_of(world, first.batch_id) == before
        assert [path.name for path in world.workspace.batches.iterdir()] == [first.batch_id]
