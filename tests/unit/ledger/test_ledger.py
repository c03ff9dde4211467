"""Opening, migrating, numbering arrivals, partner reports, verdicts, the copy in the warehouse."""

import itertools
import random
import sqlite3

import duckdb
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_world import at, by, deadlines, line, verdict
from plain_candidates import candidates_by_hand
from sqlalchemy import select

from routing_jobs.ledger import Ledger
from routing_jobs.ledger.activity import record_activity, state_of
from routing_jobs.ledger.audit import verify
from routing_jobs.ledger.batches import read_batch, read_lines
from routing_jobs.ledger.export import export_to_warehouse
from routing_jobs.ledger.proposals import Proposal, propose_batch
from routing_jobs.ledger.reassignment import reassign_assignment
from routing_jobs.ledger.recalls import recall_assignment
from routing_jobs.ledger.refusals import DecisionRefusedError
from routing_jobs.ledger.review import hold_lines, override_unit, reject_batch, start_review
from routing_jobs.ledger.tables import ASSIGNMENT, METADATA
from routing_jobs.program.errors import BusyError, GateRefusedError
from routing_jobs.release.facts import opened_facts
from routing_jobs.release.releasing import release_batch
from routing_jobs.warehouse.schema import LEDGER, create_tables


def release(world, lines, minutes=1, **more):
    batch_id = world.propose(lines, minutes=minutes, **more).batch_id
    world.approve(batch_id, minutes=minutes)
    with opened_facts(world.workspace) as facts:
        release_batch(world.ledger, facts, deadlines, batch_id, by("olivia", minutes))
    return batch_id


def assignments(world):
    with world.ledger.reading() as connection:
        rows = connection.execute(select(ASSIGNMENT).order_by(ASSIGNMENT.c.lead_id, ASSIGNMENT.c.hop)).mappings()
        return [dict(row) for row in rows]


class TestOpening:
    def test_migrations_make_exactly_the_tables(self, world):
        with world.ledger.reading() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, METADATA) == []

    def test_the_store_is_durable_and_checked(self, world):
        with world.ledger.reading() as connection:
            asked = {name: connection.exec_driver_sql(f"pragma {name}").scalar() for name in (
                "journal_mode", "foreign_keys", "synchronous", "secure_delete",
            )}  # fmt: skip
        assert asked == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2, "secure_delete": 1}

    def test_salt_and_heads_are_private(self, world):
        world.ledger.record_arrivals([("web", "a" * 64, "a", 1)], at(0))
        for name in ("ledger.salt", "ledger_heads.jsonl"):
            assert (world.workspace.state / name).stat().st_mode & 0o077 == 0

    def test_a_second_opening_finds_the_same(self, world):
        world.ledger.record_arrivals([("web", "a" * 64, "a", 1)], at(0))
        with Ledger.open(world.workspace) as again:
            assert again.head() == world.ledger.head() and again.salt == world.ledger.salt

    def test_an_address_in_the_environment_is_used(self, world, tmp_path, monkeypatch):
        monkeypatch.setenv("LEADROUTE_LEDGER_URL", f"sqlite:///{tmp_path}/other.db")
        with Ledger.open(world.workspace) as other:
            other.record_arrivals([("web", "a" * 64, "a", 1)], at(0))
        assert (tmp_path / "other.db").exists() and world.ledger.head().seq == 0

    def test_a_waiting_writer_names_who_writes(self, world, monkeypatch):
        monkeypatch.setattr("routing_jobs.ledger.storage.LOCK_WAIT_SECONDS", 0.1)
        with (
            Ledger.open(world.workspace) as second,
            world.ledger.writing(at(0)),
            pytest.raises(BusyError, match=r"process [0-9]+"),
        ):
            second.record_arrivals([("web", "a" * 64, "a", 1)], at(0))
        assert world.ledger.head().seq == 0

    def test_a_transaction_that_fails_leaves_nothing(self, world):
        with pytest.raises(RuntimeError), world.ledger.writing(at(0)) as transaction:
            transaction.append("privacy", "x", "person_suppressed", {})
            transaction.flush()
            raise RuntimeError
        assert world.ledger.head().seq == 0 and verify(world.ledger).findings == []


class TestArrivals:
    def test_files_are_numbered_in_the_order_given_and_once(self, world):
        first = world.ledger.record_arrivals([("b", "1" * 64, "b/1", 1), ("a", "2" * 64, "a/2", 2)], at(0))
        again = world.ledger.record_arrivals([("a", "2" * 64, "a/new name", 2), ("a", "1" * 64, "a/1", 1)], at(1))
        assert first == {("b", "1" * 64): 1, ("a", "2" * 64): 2}
        assert again == {("a", "2" * 64): 2, ("a", "1" * 64): 3}

    def test_nothing_new_writes_nothing(self, world):
        files = [("a", f"{n:064d}", f"a/{n}", n) for n in range(300)]
        numbers = world.ledger.record_arrivals(files, at(0))
        head = world.ledger.head()
        assert world.ledger.record_arrivals(files[::-1], at(5)) == numbers
        assert world.ledger.head() == head and sorted(numbers.values()) == list(range(1, 301))


class TestVerdicts:
    def test_the_newest_verdict_counts(self, world):
        world.ledger.record_verdicts([verdict("c" * 64)], at(0))
        world.ledger.require_verdict("proposed_batch", "c" * 64)
        world.ledger.record_verdicts([verdict("c" * 64, passed=False)], at(1))
        with pytest.raises(GateRefusedError):
            world.ledger.require_verdict("proposed_batch", "c" * 64)

    def test_one_failed_check_among_passed_ones_refuses(self, world):
        good, bad = verdict("c" * 64), verdict("c" * 64, passed=False)
        bad.check_name = "lines__partner_is_active"
        world.ledger.record_verdicts([good, bad], at(0))
        with pytest.raises(GateRefusedError, match="1 of 2 checks failed") as error:
            world.ledger.require_verdict("proposed_batch", "c" * 64)
        assert error.value.exit_code == 3 and "lines__partner_is_active" in str(error.value)

    @pytest.mark.parametrize("asked", [("marts", "c" * 64), ("proposed_batch", "d" * 64)])
    def test_a_verdict_holds_for_its_gate_and_content_only(self, world, asked):
        world.ledger.record_verdicts([verdict("c" * 64)], at(0))
        with pytest.raises(GateRefusedError, match="no verdict"):
            world.ledger.require_verdict(*asked)


def report(assignment, kind, minute, number, reason=None):
    return {
        "source_system": "portal", "activity_id": f"act {number}", "assignment_id": assignment["assignment_id"],
        "partner_id": assignment["partner_id"], "activity_type": kind, "occurred_at": at(minute),
        "reported_at": at(minute), "reason": reason,
    }  # fmt: skip


class TestActivity:
    @pytest.fixture
    def one(self, world):
        world.serve(2)
        release(world, [line(0), line(1, "P2")])
        return assignments(world)[0]

    @pytest.mark.parametrize(
        ("told", "status", "response", "responded", "followed", "closed"),
        [
            ([("accepted", 5)], "accepted", "accepted", 5, None, None),
            ([("contacted", 7), ("accepted", 5)], "accepted", "accepted", 5, 7, None),
            ([("contacted", 7)], "accepted", "accepted", 7, 7, None),
            ([("note", 4)], "open", None, None, None, None),
            ([("declined", 6)], "declined", "declined", 6, None, 6),
            ([("declined", 6), ("accepted", 8)], "declined", "declined", 6, None, 6),
            ([("accepted", 3), ("declined", 6)], "declined", "accepted", 3, None, 6),
            ([("accepted", 3), ("meeting", 4), ("disqualified", 9)], "disqualified", "accepted", 3, 4, 9),
            ([("qualified", 5), ("won", 9)], "won", "accepted", 5, 5, 9),
            ([("accepted", 5), ("declined", 5)], "declined", "accepted", 5, None, 5),
        ],
    )
    def test_reports_make_the_state_in_whatever_order_they_come(
        self, world, one, told, status, response, responded, followed, closed
    ):
        from routing_jobs.ledger.event import instant_text

        rows = [report(one, kind, minute, number) for number, (kind, minute) in enumerate(told)]
        for row in random.Random(1).sample(rows, len(rows)):
            assert record_activity(world.ledger, [row], at(30)) == 1
        text = [None if minute is None else instant_text(at(minute)) for minute in (responded, followed, closed)]
        row = assignments(world)[0]
        assert (row["status"], row["response"]) == (status, response)
        assert [row["responded_at"], row["first_follow_up_at"], row["closed_at"]] == text
        assert assignments(world)[1]["status"] == "open"
        assert verify(world.ledger).findings == []

    def test_a_report_counts_once(self, world, one):
        row = report(one, "declined", 5, 1, "no_capacity")
        assert record_activity(world.ledger, [row, dict(row)], at(9)) == 1
        head = world.ledger.head()
        assert record_activity(world.ledger, [row], at(10)) == 0
        assert world.ledger.head() == head
        assert assignments(world)[0]["decline_reason"] == "no_capacity"

    def test_reports_of_others_of_before_and_of_later_are_left_out(self, world, one):
        foreign = report(one, "accepted", 5, 1) | {"partner_id": "P2"}
        early, late = report(one, "accepted", 0, 2), report(one, "accepted", 50, 3)
        unknown = report(one, "accepted", 5, 4) | {"assignment_id": "asg-none"}
        assert record_activity(world.ledger, [foreign, early, late, unknown], at(30)) == 0
        assert assignments(world)[0]["status"] == "open"
        assert record_activity(world.ledger, [late], at(60)) == 1

    def test_an_unknown_type_is_an_error(self, world, one):
        with pytest.raises(ValueError, match="'danced' is not known"):
            record_activity(world.ledger, [report(one, "danced", 5, 1)], at(9))

    def test_a_reason_in_words_is_kept_aside(self, world, one):
        record_activity(world.ledger, [report(one, "declined", 5, 1, "Frau Weiß is on leave")], at(9))
        assert assignments(world)[0]["decline_reason"] == "other"

    def test_a_late_report_restates_times_but_undoes_no_recall(self, world, one):
        recall_assignment(world.ledger, one["assignment_id"], reason="x", decision=by("raj", 20))
        rows = [report(one, "accepted", 10, 1), report(one, "contacted", 12, 2), report(one, "declined", 25, 3)]
        record_activity(world.ledger, rows, at(30))
        row = assignments(world)[0]
        assert (row["status"], row["response"]) == ("recalled", "accepted")
        assert (row["responded_at"], row["first_follow_up_at"]) == (
            "2026-03-02T08:10:00.000000Z",
            "2026-03-02T08:12:00.000000Z",
        )

    @settings(deadline=None, max_examples=200)
    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["accepted", "declined", "contacted", "note", "disqualified", "won", "lost"]),
                st.integers(1, 6),
            ),
            max_size=6,
        ),
        st.randoms(),
    )
    def test_the_state_does_not_depend_on_the_order_of_reports(self, told, shuffle):
        assignment = dict.fromkeys(("status", "closed_at"))
        rows = [
            {"event_id": f"e{n}", "event_type": kind, "occurred_at": str(minute), "reason": None}
            for n, (kind, minute) in enumerate(told)
        ]
        expected = state_of(assignment, rows)
        shuffle.shuffle(rows)
        assert state_of(assignment, rows) == expected
        closings = sorted(
            row["occurred_at"] for row in rows if row["event_type"] in ("declined", "disqualified", "won", "lost")
        )
        assert expected["closed_at"] == (closings[0] if closings else None)


class TestReassignment:
    @staticmethod
    def judge(_folder, lines, rulebook_sha256, _as_of):
        from routing_jobs.ledger.lines import content_sha256

        return [verdict(content_sha256(lines, rulebook_sha256))]

    @pytest.fixture
    def unit(self, world):
        world.serve(4)
        release(world, [line(0, unit=5), line(1, unit=5), line(2, "P2")])
        return {row["lead_id"]: row["assignment_id"] for row in assignments(world)}

    def test_the_unit_is_recalled_and_proposed_to_the_other_partner(self, world, unit):
        made, leads = reassign_assignment(
            world.ledger, unit["lead-000000"], "P2", reason="asked", decision=by("pia", 9), judge=self.judge
        )
        assert leads == ["lead-000000", "lead-000001"] and made.outcome == "created"
        assert [row["status"] for row in assignments(world)] == ["recalled", "recalled", "open"]
        with world.ledger.reading() as connection:
            batch = read_batch(connection, made.batch_id)
            lines = read_lines(world.ledger, connection, made.batch_id).to_pylist()
        assert (batch.status, batch.created_by) == ("in_review", "pia")
        assert [(row["partner_id"], row["hop"], row["source"]) for row in lines] == [("P2", 2, "override")] * 2

    def test_who_reassigns_cannot_approve_it(self, world, unit):
        made, _leads = reassign_assignment(
            world.ledger, unit["lead-000002"], "P1", reason="asked", decision=by("pia", 9), judge=self.judge
        )
        with pytest.raises(DecisionRefusedError, match="another approver"):
            world.approve(made.batch_id, "pia", 10)
        world.approve(made.batch_id, "olivia", 10)
        with opened_facts(world.workspace) as facts:
            assert release_batch(world.ledger, facts, deadlines, made.batch_id, by("pia", 11)).assignments == 1
        rows = [row for row in assignments(world) if row["lead_id"] == "lead-000002"]
        assert [(row["partner_id"], row["hop"], row["status"]) for row in rows] == [
            ("P2", 1, "recalled"),
            ("P1", 2, "open"),
        ]
        assert verify(world.ledger).findings == []

    @pytest.mark.parametrize(
        ("partner", "why"), [("P9", "NOT_CERTIFIED"), ("P8", "territory"), ("P1", "with P1 already")]
    )
    def test_a_partner_that_may_not_is_refused_and_nothing_is_recalled(self, world, unit, partner, why):
        with pytest.raises(DecisionRefusedError, match=why):
            reassign_assignment(
                world.ledger, unit["lead-000000"], partner, reason="x", decision=by("pia", 9), judge=self.judge
            )
        assert {row["status"] for row in assignments(world)} == {"open"}

    def test_a_full_partner_is_refused(self, world, unit):
        release(world, [line(3, "P3")], minutes=2)
        with pytest.raises(DecisionRefusedError, match="at its limit"):
            reassign_assignment(
                world.ledger, unit["lead-000000"], "P3", reason="x", decision=by("pia", 9), judge=self.judge
            )

    def test_a_failed_gate_recalls_nothing(self, world, unit):
        def refuse(*arguments):
            return [verdict(self.judge(*arguments)[0].subject_sha256, passed=False)]

        with pytest.raises(GateRefusedError):
            reassign_assignment(
                world.ledger, unit["lead-000000"], "P2", reason="x", decision=by("pia", 9), judge=refuse
            )
        assert {row["status"] for row in assignments(world)} == {"open"}

    def test_hops_end(self, world):
        world.serve(1)
        release(world, [line(0, hop=3)])
        name = assignments(world)[0]["assignment_id"]
        with pytest.raises(DecisionRefusedError, match="max_hops is 3"):
            reassign_assignment(world.ledger, name, "P2", reason="x", decision=by("pia", 9), judge=self.judge)


class TestExport:
    @pytest.fixture
    def warehouse(self):
        with duckdb.connect() as connection:
            create_tables(connection)
            yield connection

    def rows(self, warehouse, table):
        order = ", ".join(str(number + 1) for number in range(len(warehouse.execute(f"describe {table}").fetchall())))
        return warehouse.execute(f"select * from {table} order by {order}").fetchall()

    def test_the_warehouse_says_what_the_ledger_says(self, world, warehouse):
        world.serve(4)
        batch_id = release(world, [line(0), line(1, "P2"), line(2, None)])
        override_unit(world.ledger, world.propose([line(3)], minutes=2).batch_id, "lead-000003", "P2", reason="x",
                      decision=by("raj", 3))  # fmt: skip
        export_to_warehouse(world.ledger, warehouse)
        lines = warehouse.execute("select lead_id, partner_id, source, is_overridden from ledger.batch_line order by 1")
        assert lines.fetchall() == [
            ("lead-000000", "P1", "routed", False),
            ("lead-000001", "P2", "routed", False),
            ("lead-000002", None, "routed", False),
            ("lead-000003", "P2", "override", True),
        ]
        released = warehouse.execute("select batch_id, released_at, accept_due_at from ledger.assignment").fetchall()
        assert released == [(batch_id, at(1), at(60 * 24))] * 2
        assert warehouse.execute("select count(*) from ledger.candidate").fetchone() == (16,)
        assert warehouse.execute("select distinct event_type from ledger.assignment_event").fetchall() == [
            ("released",)
        ]
        assert warehouse.execute("select count(*), bool_and(passed) from ledger.gate_verdict").fetchone()[1]

    def test_exporting_again_and_from_scratch_give_the_same(self, world, warehouse):
        world.serve(6)
        first = world.propose([line(0)]).batch_id
        export_to_warehouse(world.ledger, warehouse)
        world.propose([line(0), line(1)], minutes=1)
        second = world.propose([line(2), line(1)], minutes=2).batch_id
        export_to_warehouse(world.ledger, warehouse)
        hold_lines(world.ledger, second, ["lead-000001"], is_held=True, reason=None, decision=by("raj", 3))
        export_to_warehouse(world.ledger, warehouse)
        reject_batch(world.ledger, second, reason="x", decision=by("raj", 4))
        release(world, [line(4)], minutes=5)
        export_to_warehouse(world.ledger, warehouse)
        with duckdb.connect() as fresh:
            create_tables(fresh)
            export_to_warehouse(world.ledger, fresh)
            for table in LEDGER:
                assert self.rows(warehouse, table) == self.rows(fresh, table), table
        assert first not in {row[0] for row in self.rows(warehouse, "ledger.candidate")}

    def test_a_batch_to_be_redone_is_shown_as_superseded_only_there(self, world, warehouse):
        batch_id = world.propose([line(0)]).batch_id
        start_review(world.ledger, batch_id, by("raj", 1))
        export_to_warehouse(world.ledger, warehouse, superseding=batch_id)
        assert warehouse.execute("select status from ledger.batch").fetchall() == [("superseded",)]
        with world.ledger.reading() as connection:
            assert read_batch(connection, batch_id).status == "in_review"
        export_to_warehouse(world.ledger, warehouse)
        assert warehouse.execute("select status from ledger.batch").fetchall() == [("in_review",)]

    def test_files_that_are_gone_are_named_and_the_copy_stays(self, world, warehouse):
        from routing_jobs.program.errors import LeadrouteError

        batch_id = world.propose([line(0)]).batch_id
        export_to_warehouse(world.ledger, warehouse)
        (world.workspace.batches / batch_id / "candidates.parquet").unlink()
        with duckdb.connect() as fresh:
            create_tables(fresh)
            with pytest.raises(LeadrouteError, match=batch_id):
                export_to_warehouse(world.ledger, fresh)
            assert self.rows(fresh, "ledger.batch") == []

    def test_a_proposal_goes_from_the_warehouse_into_files_and_back(self, world, warehouse):
        from ledger_world import RULEBOOK, RULEBOOK_SHA, candidate

        from routing_jobs.ledger.batch_files import stage_from_warehouse
        from routing_jobs.ledger.lines import content_sha256

        candidates_by_hand(warehouse)
        for number, express in itertools.product((0, 1), (False, True)):
            row = line(number + 2 * express)
            warehouse.execute(
                f"insert into routing.line by name select {', '.join('? as ' + name for name in row)}, ? as is_express",
                [*row.values(), express],
            )
            unit_ix = number + 2 * express
            warehouse.execute("insert into routing.candidate_unit (unit_ix) values (?)", [unit_ix])
            pair = candidate(unit_ix, "P1") | {"unit_ix": unit_ix}
            warehouse.execute(
                f"insert into routing.candidate by name select {', '.join('? as ' + name for name in pair)}",
                list(pair.values()),
            )
        folder = stage_from_warehouse(warehouse, world.workspace.batches, RULEBOOK, is_express=True)
        import pyarrow.parquet as pq

        lines = pq.read_table(folder / "lines.parquet")
        assert lines["lead_id"].to_pylist() == ["lead-000002", "lead-000003"]
        content = content_sha256(lines, RULEBOOK_SHA)
        world.judge(content)
        made = propose_batch(world.ledger, Proposal(folder, True, RULEBOOK_SHA, "7"), at(1), expected_content=content)
        export_to_warehouse(world.ledger, warehouse)
        assert warehouse.execute("select lead_id from ledger.candidate order by 1").fetchall() == [
            ("lead-000002",),
            ("lead-000003",),
        ]
        assert made.content_sha256 == content and not folder.exists()

    def test_a_proposal_that_is_not_what_was_judged_is_refused(self, world):
        folder = world.stage([line(0)], [], {"P1": 1})
        with pytest.raises(DecisionRefusedError, match="was judged"):
            propose_batch(world.ledger, Proposal(folder, False, "f" * 64, "7"), at(1), expected_content="0" * 64)
        assert not folder.exists()


def test_orphans_of_a_killed_proposal_are_replaced(world):
    """Killed between the rename of the files and the commit: the next run proposes the same batch."""
    made = world.propose([line(0)])
    world.ledger.close()
    with sqlite3.connect(world.workspace.ledger) as connection:
        connection.execute("drop trigger event_is_never_removed")
        connection.execute("delete from event where seq = 2")
        connection.execute("delete from batch")
        connection.execute("update chain_head set seq = 1, hash = (select hash from event where seq = 1)")
    connection.close()
    world.ledger.heads_file.write_text("")
    (world.workspace.batches / ".staging-999999999-x").mkdir()
    again = world.propose([line(0)], minutes=1)
    assert again == made
    assert verify(world.ledger).findings == []
    assert [path.name for path in world.workspace.batches.iterdir()] == [made.batch_id]
