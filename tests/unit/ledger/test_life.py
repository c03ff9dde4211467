"""A batch's life against a model that knows only SPEC section 8, and every order of actions four people can take."""

import shutil
from collections import deque
from functools import partial
from itertools import product
from pathlib import Path
from tempfile import mkdtemp

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from ledger_world import ROLES, by, deadlines, line, new_world
from sqlalchemy import select

from routing_jobs.ledger.audit import verify
from routing_jobs.ledger.batches import read_batch
from routing_jobs.ledger.effects import fold
from routing_jobs.ledger.journal import read_events
from routing_jobs.ledger.recalls import recall_assignment, roll_back_batch
from routing_jobs.ledger.refusals import ConflictError, DecisionRefusedError
from routing_jobs.ledger.review import approve_batch, hold_lines, override_unit, reject_batch, start_review
from routing_jobs.ledger.tables import ASSIGNMENT, EVENT
from routing_jobs.program.errors import GateRefusedError
from routing_jobs.release.facts import opened_facts
from routing_jobs.release.releasing import release_batch

REFUSED = (DecisionRefusedError, ConflictError, GateRefusedError)
PEOPLE = ("olivia", "raj", "ada", "pia")
LEGAL = {
    None: {"proposed"},
    "proposed": {"in_review", "superseded"},
    "in_review": {"approved", "rejected", "superseded"},
    "approved": {"released", "rejected", "in_review", "superseded"},
    "released": {"rolled_back"},
}


def release(world, batch_id, person, minutes):
    with opened_facts(world.workspace) as facts:
        return release_batch(world.ledger, facts, deadlines, batch_id, by(person, minutes))


def attempt(action, *arguments, **options):
    try:
        action(*arguments, **options)
    except REFUSED:
        return False
    return True


class Lives(RuleBasedStateMachine):
    """The model: status, who wrote, who approved what, which line is where; nothing of how it is stored."""

    @initialize()
    def begin(self):
        self.root = Path(mkdtemp(prefix="lives-"))
        self.world = new_world(self.root / "program", is_durable=False)
        self.world.serve(4)
        self.clock, self.batch = 0, None
        self.ended = set()

    def teardown(self):
        if hasattr(self, "world"):
            assert verify(self.world.ledger).findings == []
            self.check_transitions()
            self.world.ledger.close()
            shutil.rmtree(self.root)

    def tick(self):
        self.clock += 1
        return self.clock

    def content(self):
        return (tuple(sorted(self.partner.items())), frozenset(self.held))

    def actual(self):
        with self.world.ledger.reading() as connection:
            return read_batch(connection, self.batch)

    def in_status(self, *statuses):
        return self.batch is not None and self.status in statuses

    @rule(count=st.integers(1, 3))
    def propose(self, count):
        untouched = self.in_status("proposed")
        lines, proposed = [line(n) for n in range(count)], (tuple((n, "P1") for n in range(count)), frozenset())
        same = self.in_status("proposed", "in_review", "approved") and self.content() == proposed
        if self.in_status("in_review", "approved") and not same:
            assert not attempt(self.world.propose, lines, minutes=self.tick()), "its leads are reserved"
            return
        outcome = self.world.propose(lines, minutes=self.tick())
        assert outcome.outcome == ("kept" if same else "superseded" if untouched else "created")
        if not same:
            assert outcome.batch_id not in self.ended
            self.ended.add(self.batch)
            self.batch, self.status = outcome.batch_id, "proposed"
            self.authors, self.approver, self.accepted = set(), None, None
            self.partner, self.held = dict.fromkeys(range(count), "P1"), set()
        self.judged = {self.content()} if not same else self.judged | {self.content()}

    @precondition(lambda self: self.in_status("proposed", "in_review"))
    @rule(person=st.sampled_from(PEOPLE))
    def review(self, person):
        assert attempt(start_review, self.world.ledger, self.batch, by(person, self.tick()))
        self.status = "in_review"

    @precondition(lambda self: self.batch is not None)
    @rule(
        person=st.sampled_from([*PEOPLE, "adam"]),
        lead=st.integers(0, 2),
        partner=st.sampled_from(["P1", "P2", "P3", "P9"]),
    )
    def override(self, person, lead, partner):
        if lead not in self.partner:
            return
        full = partner == "P3" and "P3" in self.partner.values()
        allowed = (
            person != "adam" and self.in_status("proposed", "in_review", "approved")
            and partner != "P9" and partner != self.partner[lead] and not full
        )  # fmt: skip
        done = attempt(
            override_unit, self.world.ledger, self.batch, f"lead-{lead:06d}", partner, reason="because",
            decision=by(person, self.tick()),
        )  # fmt: skip
        assert done == allowed
        if done:
            self.partner[lead] = partner
            self.authors.add(person)
            self.status, self.approver = "in_review", None

    @precondition(lambda self: self.in_status("proposed", "in_review", "approved"))
    @rule(person=st.sampled_from(PEOPLE), lead=st.integers(0, 2), is_held=st.booleans())
    def hold(self, person, lead, is_held):
        if lead not in self.partner:
            return
        hold_lines(
            self.world.ledger, self.batch, [f"lead-{lead:06d}"], is_held=is_held, reason=None,
            decision=by(person, self.tick()),
        )  # fmt: skip
        (self.held.add if is_held else self.held.discard)(lead)
        self.status, self.approver = "in_review", None

    @precondition(lambda self: self.batch is not None)
    @rule(passed=st.booleans())
    def judge(self, passed):
        self.world.judge(self.actual().content_sha256, self.tick(), passed=passed)
        (self.judged.add if passed else self.judged.discard)(self.content())

    @precondition(lambda self: self.batch is not None)
    @rule(person=st.sampled_from([*PEOPLE, "adam", "run"]))
    def approve(self, person):
        allowed = (
            "approver" in ROLES.get(person, ()) and self.in_status("proposed", "in_review")
            and person not in self.authors and self.content() in self.judged
        )  # fmt: skip
        assert attempt(approve_batch, self.world.ledger, self.batch, by(person, self.tick())) == allowed
        if allowed:
            self.status, self.approver, self.accepted = "approved", person, self.content()

    @precondition(lambda self: self.batch is not None)
    @rule(person=st.sampled_from([*PEOPLE, "adam"]))
    def release(self, person):
        may = "approver" in ROLES[person]
        allowed = may and (
            self.in_status("released") or (self.in_status("approved") and self.content() in self.judged)
        )  # fmt: skip
        assert attempt(release, self.world, self.batch, person, self.tick()) == allowed
        if allowed and self.status == "approved":
            assert self.accepted == self.content()
            assert self.approver not in self.authors
            self.status = "released"

    @precondition(lambda self: self.batch is not None)
    @rule(person=st.sampled_from(PEOPLE))
    def reject(self, person):
        allowed = self.in_status("proposed", "in_review", "approved")
        decision = by(person, self.tick())
        assert attempt(reject_batch, self.world.ledger, self.batch, reason="no", decision=decision) == allowed
        self.status = "rejected" if allowed else self.status

    @precondition(lambda self: self.in_status("released"))
    @rule(person=st.sampled_from(PEOPLE), whole=st.booleans())
    def take_back(self, person, whole):
        decision = by(person, self.tick())
        if whole:
            allowed = "approver" in ROLES[person]
            assert attempt(roll_back_batch, self.world.ledger, self.batch, reason="no", decision=decision) == allowed
            self.status = "rolled_back" if allowed else self.status
            return
        with self.world.ledger.reading() as connection:
            query = select(ASSIGNMENT).where(ASSIGNMENT.c.batch_id == self.batch, ASSIGNMENT.c.status == "open")
            row = connection.execute(query).mappings().first()
        if row:
            recall_assignment(self.world.ledger, row["assignment_id"], reason="x", decision=decision)

    @invariant()
    def the_ledger_says_what_the_model_says(self):
        if getattr(self, "batch", None) is None:
            return
        batch = self.actual()
        assert batch.status == self.status
        assert batch.approved_by == self.approver or self.status in ("rejected", "superseded")
        with self.world.ledger.reading() as connection:
            rows = connection.execute(select(ASSIGNMENT).where(ASSIGNMENT.c.batch_id == self.batch)).mappings().all()
            opened = connection.execute(select(ASSIGNMENT).where(ASSIGNMENT.c.status == "open")).mappings().all()
        if self.status in ("released", "rolled_back"):
            expected = {n: p for n, p in self.partner.items() if n not in self.held}
            assert {int(row["lead_id"][-6:]): row["partner_id"] for row in rows} == expected
        else:
            assert not rows
        assert len({row["identity_id"] for row in opened}) == len(opened)

    def check_transitions(self):
        """At every prefix of the journal only legal transitions have happened."""
        with self.world.ledger.reading() as connection:
            events = list(read_events(connection))
        statuses = {}
        for end, event in enumerate(events, 1):
            if event.stream == "batch":
                row = fold(events[:end])["batch"][(event.subject_id,)]
                before, after = statuses.get(event.subject_id), row["status"]
                assert after == before or after in LEGAL[before], (before, after)
                statuses[event.subject_id] = after


TestLives = Lives.TestCase
TestLives.settings = settings(max_examples=12, stateful_step_count=14, deadline=None)


@pytest.mark.slow
def test_no_order_of_actions_of_four_people_lets_anybody_release_what_they_wrote(tmp_path, monkeypatch):
    """Exhaustive to depth 5: from each state that can be told apart, every action of every person is tried."""
    monkeypatch.setattr("os.fsync", lambda _descriptor: None)  # thousands of throw-away commits
    world = new_world(tmp_path / "program", is_durable=False)
    world.serve(1)
    batch_id = world.propose([line(0)]).batch_id
    world.judge(_content_with("P2", source="override"), 0)  # the other content overrides lead to
    world.ledger.close()
    database = world.workspace.ledger
    queue, seen, releases = deque([(database.read_bytes(), 0)]), set(), 0
    with opened_facts(world.workspace) as facts:
        actions = (_override, _hold, _approve, partial(_release, facts))
        while queue:
            start, depth = queue.popleft()
            for person, action in product(PEOPLE, actions):
                database.write_bytes(start)
                if attempt(action, world, batch_id, person):
                    releases += _check_release(world, batch_id)
                    key = _key(world, batch_id)
                    world.ledger.close()
                    if key not in seen and depth + 1 < 5:
                        seen.add(key)
                        queue.append((database.read_bytes(), depth + 1))
                world.ledger.close()
    assert len(seen) > 20 and releases > 20


def _content_with(partner, **changes):
    import pyarrow as pa
    from ledger_world import RULEBOOK_SHA

    from routing_jobs.ledger.lines import LINE_SCHEMA, content_sha256

    return content_sha256(pa.Table.from_pylist([line(0, partner, **changes)], LINE_SCHEMA), RULEBOOK_SHA)


def _override(world, batch_id, person):
    with world.ledger.reading() as connection:
        count = read_batch(connection, batch_id).override_count
    target = "P1" if count else "P2"
    override_unit(world.ledger, batch_id, "lead-000000", target, reason="x", decision=by(person, 1))


def _hold(world, batch_id, person):
    """Hold and let go again: touches the batch, leaves its content."""
    for is_held in (True, False):
        hold_lines(world.ledger, batch_id, ["lead-000000"], is_held=is_held, reason=None, decision=by(person, 1))


def _approve(world, batch_id, person):
    approve_batch(world.ledger, batch_id, by(person, 1))


def _release(facts, world, batch_id, person):
    release_batch(world.ledger, facts, deadlines, batch_id, by(person, 2))


def _authors(world, batch_id):
    with world.ledger.reading() as connection:
        query = select(EVENT.c.actor).where(EVENT.c.subject_id == batch_id, EVENT.c.event_type == "lines_overridden")
        return frozenset(connection.execute(query).scalars())


def _key(world, batch_id):
    with world.ledger.reading() as connection:
        batch = read_batch(connection, batch_id)
    return batch.status, batch.approved_by, batch.override_count, _authors(world, batch_id)


def _check_release(world, batch_id):
    with world.ledger.reading() as connection:
        batch = read_batch(connection, batch_id)
    if batch.status != "released":
        return 0
    assert batch.approved_by not in _authors(world, batch_id)
    assert "approver" in ROLES[batch.approved_by] and "approver" in ROLES[batch.released_by]
    assert batch.approved_content_sha256 == batch.content_sha256
    return 1
