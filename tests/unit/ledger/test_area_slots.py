"""A territory with a capacity of its own, when people change a batch: refused at once, and at the gate again."""

import importlib.util
import sys
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from ledger_world import by

from routing_jobs.ledger import Ledger
from routing_jobs.ledger.authority import Decision
from routing_jobs.ledger.batches import read_batch, read_lines
from routing_jobs.ledger.hard_rules import Load, moved_area_loads, read_area_loads
from routing_jobs.ledger.lines import read_proposed_lines
from routing_jobs.ledger.refusals import DecisionRefusedError
from routing_jobs.ledger.review import approve_batch, override_unit
from routing_jobs.program.errors import ConfigurationError, GateRefusedError
from routing_jobs.program.rulebook import canonical_body
from routing_jobs.publish.serving import JUDGED
from routing_jobs.release.facts import DATABASE
from routing_jobs.stages.judge_batch import judge_changed_batch

_SPEC = importlib.util.spec_from_file_location("stored_world", Path(__file__).parents[1] / "simulation" / "conftest.py")
stored = sys.modules.setdefault("stored_world", importlib.util.module_from_spec(_SPEC))
_SPEC.loader.exec_module(stored)
AS_OF = stored.routing_world.AS_OF


@pytest.fixture
def program(tmp_path):
    """P1 takes leads of Bavaria, but only so many; P2 and P3 anywhere in the country."""
    made = stored.Program(tmp_path / "program")
    made.partner("P1", covers=None)
    made.partner("P2")
    made.partner("P3")
    return made


def decision(person, minutes):
    return Decision(person, AS_OF + timedelta(minutes=minutes), by(person).roles_of)


def partners(ledger, batch_id):
    with ledger.reading() as reading:
        lines = read_lines(ledger, reading, batch_id).to_pylist()
    return {line["lead_id"]: line["partner_id"] for line in lines}


def bavaria(program, capacity, leads):
    program.world.territory("P1", country="DE", region="bavaria", capacity=capacity)
    program.world.offers("P1", good=9, bad=1)  # so that P1 is everybody's first choice
    for other in ("P2", "P3"):
        program.world.offers(other, good=1, bad=9)
    for number in range(leads):
        program.world.lead(f"L{number}", estimated_value_minor=100_000 - number)
    (batch_id,) = program.propose()
    return batch_id


def test_an_override_into_a_full_territory_is_refused_at_once(program):
    batch_id = bavaria(program, 1, 2)
    with Ledger.open(program.workspace) as ledger:
        placed = partners(ledger, batch_id)
        ((inside, _),) = [pair for pair in placed.items() if pair[1] == "P1"]
        (outside,) = set(placed) - {inside}
        into = {"reason": "knows the buyer", "decision": decision("raj", 1)}
        with pytest.raises(
            DecisionRefusedError, match="P1 would have 2 units of this batch in DE/bavaria, its limit there is 1"
        ):
            override_unit(ledger, batch_id, outside, "P1", **into)
        assert partners(ledger, batch_id) == placed
        override_unit(ledger, batch_id, inside, "P3", reason="frees the slot", decision=decision("raj", 2))
        override_unit(ledger, batch_id, outside, "P1", reason="takes it", decision=decision("raj", 3))
        assert partners(ledger, batch_id) == {inside: "P3", outside: "P1"}


def test_moves_are_counted_in_the_territory_that_limits_there(program):
    batch_id = bavaria(program, 2, 2)
    folder = program.workspace.batches / batch_id
    proposed = read_proposed_lines(folder)
    assert read_area_loads(folder) == {("P1", "DE/bavaria"): Load(2, 2)}
    away = proposed.set_column(
        proposed.schema.get_field_index("partner_id"), "partner_id", [["P2", *proposed["partner_id"].to_pylist()[1:]]]
    )
    assert moved_area_loads(folder, proposed, away) == {("P1", "DE/bavaria"): Load(2, 1)}
    assert moved_area_loads(folder, proposed, proposed) == {("P1", "DE/bavaria"): Load(2, 2)}


def test_the_gate_refuses_a_batch_whose_territory_was_cut_after_the_proposal(program):
    batch_id = bavaria(program, 2, 3)
    with Ledger.open(program.workspace) as ledger:
        (third,) = [lead for lead, partner in partners(ledger, batch_id).items() if partner != "P1"]
        other = {"P2": "P3", "P3": "P2"}[partners(ledger, batch_id)[third]]
        override_unit(ledger, batch_id, third, other, reason="x", decision=decision("raj", 1))
        serve(program)
        judge_changed_batch(ledger, batch_id, AS_OF + timedelta(minutes=2))
        assert approve_batch(ledger, batch_id, decision("olivia", 3)).status == "approved"

        override_unit(ledger, batch_id, third, {"P2": "P3", "P3": "P2"}[other], reason="y", decision=decision("raj", 4))
        override_unit(ledger, batch_id, "L0", other, reason="z", decision=decision("raj", 5))
        program.world.connection.execute(
            "update intermediate.int_routing__territories set capacity = 0 where capacity = 2"
        )
        serve(program)
        judge_changed_batch(ledger, batch_id, AS_OF + timedelta(minutes=6))
        with pytest.raises(GateRefusedError, match="territory_capacity"):
            approve_batch(ledger, batch_id, decision("olivia", 7))
        with ledger.reading() as reading:
            assert read_batch(reading, batch_id).status == "in_review"


def test_a_gate_that_finds_a_copy_of_an_earlier_version_says_so(program):
    batch_id = bavaria(program, 2, 2)
    with Ledger.open(program.workspace) as ledger:
        override_unit(ledger, batch_id, "L0", "P2", reason="x", decision=decision("raj", 1))
        database = serve(program)
        with duckdb.connect(str(database)) as connection:
            connection.execute("drop table intermediate.int_routing__open_units")
        with pytest.raises(ConfigurationError, match=r"earlier version of leadroute.*open_units.*`leadroute run`"):
            judge_changed_batch(ledger, batch_id, AS_OF + timedelta(minutes=2))


def serve(program):
    """The serving copy a run would have left: what the gate looks at again."""
    connection = program.world.connection
    rules = canonical_body(stored.routing_world.make_program().routing)
    connection.execute("create schema if not exists program")
    connection.execute(
        "create or replace table program.setting as select ? as as_of, 'Europe/Berlin' as timezone", [AS_OF]
    )
    connection.execute("create or replace table program.rulebook as select 'routing' as file, ? as body", [rules])
    folder = program.workspace.serving / "000001"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / DATABASE).unlink(missing_ok=True)
    connection.execute(f"attach '{folder / DATABASE}' as operations")
    for schema in ("intermediate", "program"):
        connection.execute(f"create schema operations.{schema}")
    for table, query in JUDGED.items():
        connection.execute(f"create table operations.{table} as {query}")
    connection.execute("detach operations")
    current = program.workspace.serving / "current"
    current.unlink(missing_ok=True)
    current.symlink_to(folder)
    return folder / DATABASE


def test_partners_after_a_claim_have_their_territory_too(program):
    program.world.territory("P1", country="DE", region="bavaria", capacity=1)
    program.world.territory("P2", country="DE", region="bavaria", is_exclusive=True)
    for number in range(2):
        program.world.lead(f"L{number}")
    (batch_id,) = program.propose()
    with Ledger.open(program.workspace) as ledger:
        assert partners(ledger, batch_id) == {"L0": "P2", "L1": "P2"}
        override_unit(ledger, batch_id, "L0", "P1", reason="knows the buyer", decision=decision("raj", 1))
        with pytest.raises(DecisionRefusedError, match="2 units of this batch in DE/bavaria, its limit there is 1"):
            override_unit(ledger, batch_id, "L1", "P1", reason="knows both", decision=decision("raj", 2))
