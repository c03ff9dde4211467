"""What commands that decide share: the opened ledger, the instant, who decides. A decision is made by a named person."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from routing_jobs.program.workspace import Workspace

if TYPE_CHECKING:
    from routing_jobs.ledger import Ledger
    from routing_jobs.ledger.authority import Decision
    from routing_jobs.program.loading import Program


@dataclass(frozen=True)
class Desk:
    """Where a decision is made: the program, its ledger, and the decision's instant and actor."""

    program: "Program"
    ledger: "Ledger"
    as_of: datetime
    decision: "Decision"


@contextmanager
def at_desk(workspace: Workspace, actor: str, as_of: str | None) -> Iterator[Desk]:
    """Open the ledger for one decision."""
    from routing_jobs.ledger import Ledger
    from routing_jobs.ledger.authority import Decision
    from routing_jobs.program.loading import load_program
    from routing_jobs.stages.release import command_as_of

    program = load_program(workspace)
    with Ledger.open(workspace) as ledger:
        instant = command_as_of(program, ledger, as_of)
        yield Desk(program, ledger, instant, Decision(actor, instant, program.config.roles_of))
