"""Who may decide what: roles by action, and that nobody lets out what they wrote themselves.

No role is exempt. Roles come from program.yaml; `run` (the program itself) is not a person.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from routing_jobs.ledger.ledger import PROGRAM_ACTOR
from routing_jobs.ledger.refusals import DecisionRefusedError
from routing_jobs.ledger.tables import BATCH, EVENT

RolesOf = Callable[[str], Sequence[str]]

EXPRESS_RULE = "rule:express"  # the rulebook's express limits, approving a batch of their own kind
_DECIDED_BY_RULE = ("approve", "release")
_REVIEW = ("reviewer", "approver")
_APPROVE = ("approver",)
_CARE = ("approver", "admin")
ROLES_FOR = {
    "review": _REVIEW,
    "override": _REVIEW,
    "hold": _REVIEW,
    "reject": _REVIEW,
    "recall": _REVIEW,
    "reassign": _REVIEW,
    "approve": _APPROVE,
    "release": _APPROVE,
    "roll back": _APPROVE,
    "resolve": _CARE,
    "activate a rulebook": _CARE,
}


@dataclass(frozen=True)
class Decision:
    """Who decides, and when. `expected_version` is the version of the batch the person saw; None: whatever stands.

    `is_express_rule` is for the program alone, never for what a person enters: the rulebook's express limits decide.
    """

    actor: str
    as_of: datetime
    roles_of: RolesOf
    expected_version: int | None = None
    is_express_rule: bool = False


def express_rule(as_of: datetime, roles_of: RolesOf) -> Decision:
    """The decision of the express rule: it may approve and release express batches, and nothing else."""
    return Decision(EXPRESS_RULE, as_of, roles_of, is_express_rule=True)


def require_role(decision: Decision, action: str) -> None:
    """DecisionRefusedError unless the actor is a person with a role that may take `action`."""
    wanted = ROLES_FOR[action]
    if decision.is_express_rule and action in _DECIDED_BY_RULE:
        return
    if decision.actor in (PROGRAM_ACTOR, EXPRESS_RULE):
        raise DecisionRefusedError(f"`{decision.actor}` is the program, not a person: it cannot {action} anything.")
    roles = decision.roles_of(decision.actor)
    if not set(roles) & set(wanted):
        held = ", ".join(roles) or "none"
        raise DecisionRefusedError(
            f"{decision.actor} may not {action}: it takes the role {' or '.join(wanted)} in program.yaml under people, "
            f"{decision.actor} has {held}. Act as somebody else with --actor, or have program.yaml changed."
        )


def authors_of(connection: Connection, batch_id: str) -> set[str]:
    """Everybody who made the batch or ever overrode a line of it: none of them may approve it."""
    creators = select(BATCH.c.created_by).where(BATCH.c.batch_id == batch_id)
    overrides = select(EVENT.c.actor).where(EVENT.c.subject_id == batch_id, EVENT.c.event_type == "lines_overridden")
    found = {*connection.execute(creators).scalars(), *connection.execute(overrides).scalars()}
    return found - {PROGRAM_ACTOR}


def require_second_person(connection: Connection, batch_id: str, approver: str) -> None:
    """DecisionRefusedError where the approver wrote part of what is approved; holds for every role."""
    if approver in authors_of(connection, batch_id):
        raise DecisionRefusedError(
            f"{approver} made batch {batch_id} or overrode a line of it, so another approver has to approve it."
        )
