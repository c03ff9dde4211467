"""Batches replayed: as they were, then under drafts whose effect is worked out by hand."""

import hashlib
import json
import os
from datetime import date

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from routing_jobs.ledger import Ledger
from routing_jobs.ledger.audit import verify
from routing_jobs.ledger.authority import Decision
from routing_jobs.ledger.backup import write_backup
from routing_jobs.ledger.restore import restore_backup
from routing_jobs.ledger.review import reject_batch, start_review
from routing_jobs.program.errors import ConfigurationError
from routing_jobs.simulation.stored_batches import Choice, NothingToReplayError, choose_batches

DEFAULTS = {"default_capacity": 2, "default_batch_limit": 25}


def two_partners_four_leads(program):
    """P1 with the default room in Germany, where three leads are; P2 that states one in France, where one is."""
    program.partner("P1", default=2)
    program.partner("P2", free=1, covers="FR")
    for number in (1, 2, 3):
        program.world.lead(f"L{number}")
    program.world.lead("L4", country="FR", region=None)
    return program.propose(limits=DEFAULTS)


def test_under_its_own_rulebook_a_batch_comes_out_as_it_was(program):
    two_partners_four_leads(program)
    found = program.simulate(limits=DEFAULTS)
    (replay,) = found.replays
    assert (replay.check.passed, replay.check.lines, replay.check.differing_lines) == (True, 4, 0)
    assert (found.changes, found.differences, found.not_replayed) == ([], [], [])
    assert found.total("before") == found.total("after")


def test_another_default_places_more_and_fills_the_partner_that_states_nothing(program):
    two_partners_four_leads(program)
    found = program.simulate(limits=DEFAULTS | {"default_capacity": 3})
    before, after = found.total("before"), found.total("after")
    assert (before.leads, before.placed, before.exceptions) == (4, 3, {"ALL_AT_LIMIT": 1})
    assert (after.leads, after.placed, after.exceptions) == (4, 4, {})
    assert [change["kind"] for change in found.changes] == ["newly_placed"]
    assert found.changes[0]["after_partner_id"] == "P1"
    one, two = found.partners
    assert (one["before_slots"], one["before_free_slots"], one["after_slots"], one["after_free_slots"]) == (2, 2, 3, 3)
    assert (two["before_leads"], two["after_leads"], two["after_free_slots"]) == (1, 1, 1), "what it states holds"
    assert [difference.words for difference in found.differences] == ["default capacity 2 -> 3"]


def test_a_tier_the_draft_turns_round_moves_the_lead(program, routing):
    program.partner("P1", tier="gold")
    program.partner("P2", tier="silver")
    program.world.lead("L1")
    program.propose()
    found = program.simulate(tiers=["platinum", "silver", "gold"])
    (change,) = found.changes
    assert (change["kind"], change["before_partner_id"], change["after_partner_id"]) == ("moved", "P1", "P2")
    assert (change["before_rule"], change["after_rule"], change["happened"]) == (
        "best_score", "best_score", "not_released"
    )  # fmt: skip


def test_a_harder_rule_leaves_a_lead_without_partner(program, routing):
    program.partner("P1")
    program.world.special("P1", "vertical", "retail")
    program.world.lead("L1", industry="finance")
    program.world.lead("L2", industry="retail")
    program.propose()
    criteria = routing["criteria"] | {"vertical": {"rule": "require"}}
    found = program.simulate(criteria=criteria)
    (change,) = found.changes
    assert (change["lead_id"], change["kind"]) == ("L1", "newly_unplaced")
    assert change["after_exception_code"] == "NO_VERTICAL_MATCH"
    assert found.summary()["changed"] == {"newly_unplaced": 1}


def test_what_both_sides_are_worth_is_counted_alike(program, routing):
    """P1 and P2 with rates from offers; the draft doubles P2's score, not what its leads are worth."""
    program.partner("P1", tier="gold")
    program.partner("P2", tier="silver")
    program.world.special("P2", "language", "de")
    program.world.offers("P1", good=30, bad=10)
    program.world.offers("P2", good=20, bad=20)
    program.world.lead("L1", estimated_value_minor=1_000_000, language="de")
    program.propose()
    facts = program.world.connection.execute("""
        select partner_id, max(p_won_micros), max(round(rate * 1000000)) filter (where outcome = 'followed_up')
        from routing.partner_performance group by partner_id order by partner_id
    """).fetchall()
    won = {partner: micros for partner, micros, _ in facts}
    followed_up = {partner: int(micros) for partner, _, micros in facts}
    draft = routing["criteria"] | {"language": {"rule": "prefer", "weight": 4.0}}
    found = program.simulate(criteria=draft)
    before, after = found.total("before"), found.total("after")
    # the value is the lead's own, no older than a day: worth 1,000,000 minor units times the chance
    assert before.expected_won_minor == 1_000_000 * won["P1"] // 1_000_000
    assert after.expected_won_minor == 1_000_000 * won["P2"] // 1_000_000
    assert (before.expected_follow_ups, after.expected_follow_ups) == (followed_up["P1"], followed_up["P2"])
    assert after.expected_won_minor < before.expected_won_minor < after.objective


def test_fairness_is_the_distance_from_equal_chance(program):
    program.partner("P1", tier="gold")
    program.partner("P2", tier="silver")
    program.world.lead("L1")
    program.propose()
    found = program.simulate()
    # both are eligible, one gets all: half of the leads too many, half too few
    assert found.before_fairness.largest == pytest.approx(0.5)
    assert found.before_fairness.mean == pytest.approx(0.5)
    assert found.before_fairness.largest_partner_id == "P1"


def test_a_line_that_comes_out_otherwise_and_an_input_that_was_changed_are_told(program):
    (batch_id,) = two_partners_four_leads(program)
    folder = program.workspace.batches / batch_id
    lines = pq.read_table(folder / "lines.parquet")
    names = lines["partner_id"].to_pylist()
    swapped = ["P2" if name == "P1" else name for name in names]
    rewrite(folder / "lines.parquet", lines.set_column(5, "partner_id", pa.array(swapped, pa.string())))
    leads = pq.read_table(folder / "input_leads.parquet")
    rewrite(folder / "input_leads.parquet", leads.slice(0, 3))
    found = program.simulate(limits=DEFAULTS)
    check = found.replays[0].check
    assert not check.passed
    assert not check.is_input_whole
    assert check.differing_lines == 2 + 1, "two that went to P1, and the lead that is not in the input any more"


def rewrite(path, table):
    path.unlink()
    pq.write_table(table, path)


def test_batches_that_cannot_be_replayed_are_named_and_left_out(program, as_of):
    (first,) = two_partners_four_leads(program)
    program.world.lead("L9")
    (second,) = program.propose(as_of("2026-03-03T09:00:00"), limits=DEFAULTS)
    (program.workspace.batches / first / "input_setting.json").unlink()
    found = program.simulate(Choice(first_day=date(2026, 3, 1)), limits=DEFAULTS)
    assert found.skipped == []
    assert [replay.source.batch_ids for replay in found.replays] == [[second]], "the first was superseded"
    with pytest.raises(NothingToReplayError, match="made by an earlier version"):
        program.simulate(Choice(batch_id=first))
    with pytest.raises(ConfigurationError, match="There is no batch B-nothing"):
        program.simulate(Choice(batch_id="B-nothing"))
    with pytest.raises(NothingToReplayError, match="There is no batch to replay"):
        program.simulate(Choice(first_day=date(2027, 1, 1)))


def test_usually_the_newest_and_those_of_ninety_days_that_still_count(program, as_of):
    def propose_at(text, lead):
        program.world.connection.execute("delete from intermediate.int_routing__leads")
        program.world.lead(lead)
        (batch_id,) = program.propose(as_of(text))
        with Ledger.open(program.workspace) as ledger:  # a touched batch is not superseded by the next run
            decision = Decision("raj", as_of(text), lambda _person: ("reviewer",))
            start_review(ledger, batch_id, decision)
        return batch_id

    program.partner("P1")
    old = propose_at("2026-01-01T09:00:00", "L1")
    ended = propose_at("2026-03-01T09:00:00", "L2")
    recent = propose_at("2026-03-20T09:00:00", "L3")
    newest = propose_at("2026-04-02T09:00:00", "L4")
    decision = Decision("raj", as_of("2026-04-02T10:00:00"), lambda _person: ("reviewer",))
    with Ledger.open(program.workspace) as ledger:
        reject_batch(ledger, ended, reason="no", decision=decision)

    def chosen(choice=None):
        with Ledger.open(program.workspace) as ledger, ledger.reading() as reading:
            found = choose_batches(ledger, reading, choice or Choice(), "Europe/Berlin")
        return [batch for replay in found.replays for batch in replay.batch_ids]

    assert chosen() == [recent, newest]
    assert chosen(Choice(last_day=date(2026, 1, 1))) == [old]
    assert chosen(Choice(batch_id=ended)) == [ended]
    with Ledger.open(program.workspace) as ledger:
        reject_batch(ledger, newest, reason="no", decision=decision)
    assert chosen() == [recent, newest], "the newest is always looked at"


def test_an_express_batch_and_the_other_of_its_run_are_one_replay(program):
    program.partner("P1")
    program.world.lead("L1", is_express=True)
    program.world.lead("L2")
    express = {"grades": ["B"], "interests": ["demo"], "max_leads": 5}
    batches = program.propose(express=express)
    assert len(batches) == 2
    found = program.simulate(express=express)
    assert [replay.source.batch_ids for replay in found.replays] == [batches]
    assert found.replays[0].check.passed
    assert found.total("before").leads == 2


def bytes_below(folder):
    return {
        path.relative_to(folder): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        for path in sorted(folder.rglob("*"))
    }


def test_no_byte_of_the_workspace_changes(program):
    two_partners_four_leads(program)
    before = bytes_below(program.root)
    os.sync()
    program.simulate(limits=DEFAULTS | {"default_capacity": 3})
    assert bytes_below(program.root) == before


def test_the_same_simulation_twice_is_the_same_to_the_byte(program):
    two_partners_four_leads(program)
    texts = {json.dumps(program.simulate(limits=DEFAULTS | {"default_capacity": 3}).as_dict()) for _ in range(2)}
    assert len(texts) == 1


def test_what_a_replay_cannot_show_is_named(program, routing):
    two_partners_four_leads(program)
    found = program.simulate(
        limits=DEFAULTS | {"max_hops": 5},
        product_lines={"routers": ["Edge Router"], "security": ["Firewall", "Gateway"]},
        value={"default_minor": 500000, "min_sample": 30},
        incumbent_months=6,
        express={"grades": ["A"], "interests": ["demo"], "max_leads": 5},
        age_decay={"half_life_days": 60},
        version="another",
    )
    assert {one.path for one, _ in found.not_replayed} == {
        "limits.max_hops", "product_lines.security", "value.min_sample", "incumbent_months", "express",
    }  # fmt: skip
    assert {one.path for one in found.differences} >= {"age_decay.half_life_days", "version"}


def test_inputs_of_a_batch_are_hashed_backed_up_and_the_same_for_any_order_of_rows(program, tmp_path, as_of):
    (batch_id,) = two_partners_four_leads(program)
    folder = program.workspace.batches / batch_id
    with Ledger.open(program.workspace) as ledger:
        assert verify(ledger).findings == []
        write_backup(ledger, tmp_path / "saved")
    kept = bytes_below(folder)
    (folder / "input_leads.parquet").unlink()
    with Ledger.open(program.workspace) as ledger:
        assert [finding.kind for finding in verify(ledger).findings] == ["file"]
    restore_backup(program.workspace, tmp_path / "saved", as_of("2026-03-04"), actor="ada")
    assert bytes_below(folder) == kept
    assert program.simulate(limits=DEFAULTS).replays[0].check.passed


def test_rows_in_any_order_give_the_same_bytes(program, tmp_path):
    from routing_jobs.ledger.batch_inputs import RoutingSetting, stage_inputs

    two_partners_four_leads(program)
    connection = program.world.connection
    setting = RoutingSetting(duckdb.sql("select timestamp '2026-03-02'").fetchone()[0], "UTC", "EUR")
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        stage_inputs(connection, tmp_path / name, setting)
        connection.execute("""
            create or replace table intermediate.int_routing__leads as
            from intermediate.int_routing__leads order by lead_id desc
        """)
    assert bytes_below(tmp_path / "one") == bytes_below(tmp_path / "other")
