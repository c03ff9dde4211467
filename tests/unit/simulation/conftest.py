"""A program whose batches come from the small routing world, stored as a run stores them."""

import importlib.util
import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from routing_jobs.ledger import Ledger
from routing_jobs.ledger.batch_files import stage_from_warehouse
from routing_jobs.ledger.batch_inputs import RoutingSetting, stage_inputs
from routing_jobs.ledger.proposals import Proposal, propose_batch
from routing_jobs.program.workspace import Workspace
from routing_jobs.proposal import propose
from routing_jobs.simulation.simulate import simulate
from routing_jobs.simulation.stored_batches import Choice

_PROPOSAL_WORLD = Path(__file__).parents[1] / "proposal" / "conftest.py"


def _load_proposal_world():
    spec = importlib.util.spec_from_file_location("proposal_world", _PROPOSAL_WORLD)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


routing_world = _load_proposal_world()
STATED = {"stated_tier": "varchar", "stated_capacity": "bigint", "stated_batch_limit": "bigint"}


@dataclass
class Program:
    """Workspace, routing world and the rulebook in use; `free=None` leaves a partner's capacity to the rulebook."""

    root: Path
    world: routing_world.World = field(default_factory=routing_world.new_world)

    def __post_init__(self):
        self.root.mkdir()
        (self.root / "program.yaml").write_text("name: Test\n")
        self.workspace = Workspace(self.root)
        for name, kind in STATED.items():
            self.world.connection.execute(f"alter table intermediate.int_routing__partners add column {name} {kind}")

    def partner(self, partner_id, *, free=None, tier="gold", default=10, **facts):
        room = default if free is None else free
        tiers = routing_world.ROUTING["tiers"]
        stated = {"stated_tier": tier, "stated_capacity": free, "stated_batch_limit": 1_000}
        order = {"tier": tier, "tier_order": tiers.index(tier) + 1}
        self.world.partner(partner_id, free=room, **{"batch_limit": 1_000} | order | stated | facts)

    def propose(self, as_of=routing_world.AS_OF, run_id="run-1", **routing):
        """Route, and store every batch of it; batch ids."""
        program = routing_world.make_program(**routing)
        connection = self.world.connection
        made = []
        with Ledger.open(self.workspace) as ledger:
            for proposal in propose(connection, program, as_of, run_id):
                bodies = {name: rules.model_dump(mode="json") for name, rules in program.rules.items()}
                folder = stage_from_warehouse(
                    connection, self.workspace.batches, bodies, is_express=proposal.is_express
                )
                stage_inputs(connection, folder, RoutingSetting(as_of, "Europe/Berlin", "EUR"))
                ledger.record_verdicts([_verdict(proposal.content_sha256)], as_of)
                stored = Proposal(
                    folder, proposal.is_express, program.rulebook_sha256, "test", run_id, proposal.input_sha256,
                    proposal.objective, proposal.upper_bound, proposal.gap, proposal.band_cost,
                )  # fmt: skip
                made.append(propose_batch(ledger, stored, as_of).batch_id)
        return made

    def simulate(self, choice=None, **routing):
        program = routing_world.make_program(**routing)
        return simulate(self.workspace, program.config, program.rules, choice or Choice())


def _verdict(content):
    return SimpleNamespace(
        run_id="run-1", gate="proposed_batch", check_name="c", subject_sha256=content, passed=True, rows_seen=1,
        rows_failed=0, message="", remedy="",
    )  # fmt: skip


@pytest.fixture
def program(tmp_path):
    made = Program(tmp_path / "program")
    yield made
    made.world.connection.close()


@pytest.fixture
def routing():
    """The rulebook of the routing world, to make drafts of."""
    return json.loads(json.dumps(routing_world.ROUTING))


@pytest.fixture
def as_of():
    return datetime.fromisoformat
