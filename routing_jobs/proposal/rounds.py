"""One batch: everyone is asked first, then each fallback among the units still without partner; mode by mode.

Lives here: the rounds. Not here: who may be asked (the routing room's SQL), who is chosen (`decision`), what of it is
stored (`recording`, `certificate`), what becomes of units without partner (`lines`).
"""

from dataclasses import dataclass
from datetime import date, datetime

import duckdb
import numpy as np

from routing_jobs.program.routing_rules import RoutingRules
from routing_jobs.proposal.arrays import fetch_arrays, fetch_row, read_candidates
from routing_jobs.proposal.certificate import Certificate, new_certificate
from routing_jobs.proposal.recording import (
    forget_known,
    record_decided,
    record_excluded,
    record_hurdles,
    record_never_asked,
)
from routing_jobs.proposal.reservation import estimated_propensities
from routing_jobs.routing.areas import Room
from routing_jobs.routing.candidates import FALLBACK_RUNGS, PRIMARY, Rung, candidate_step, rungs
from routing_jobs.routing.decision import Policy, chosen, decide
from routing_jobs.routing.eligibility import default_partner_steps, widened_steps
from routing_jobs.routing.exclusions import NUMBER
from routing_jobs.routing.steps import Step
from routing_jobs.routing.turns import Rotation


@dataclass
class Round:
    """What every round of a run shares; `rotation` goes on from one to the next."""

    connection: duckdb.DuckDBPyConnection
    rules: RoutingRules
    day: date
    as_of: datetime
    rotation: Rotation
    seed: str

    def run(self, step: Step) -> None:
        """Execute one step."""
        self.connection.execute(step.sql, step.parameters)

    def room(self) -> Room:
        """The slots each partner may still fill, and those of its limited territories."""
        slots = fetch_arrays(self.connection, "select free_slots from route_room order by partner_ix")["free_slots"]
        areas = fetch_arrays(self.connection, "select free_slots, partner_ix from route_area_room order by area_ix")
        return Room(slots.astype(np.int64), areas["free_slots"].astype(np.int64), areas["partner_ix"].astype(np.int32))


def place_batch(shared: Round, *, is_express: bool) -> list[Certificate]:
    """Place the units of one batch and store their candidates; slots taken are taken from route_room."""
    certificates = [_place_mode(shared, mode, is_express=is_express) for mode in shared.rules.modes()]
    _count_distributors(shared, is_express=is_express)
    return certificates


def _place_mode(shared: Round, mode: str, *, is_express: bool) -> Certificate:
    connection, before = shared.connection, shared.room()
    certificate = new_certificate(mode, before)
    connection.execute(_OPEN_UNITS, {"is_express": is_express, "mode": mode})
    for rung in rungs(shared.rules):
        if fetch_row(connection, "select count(*) from route_open_unit")[0] == 0:
            break
        _place(shared, rung, certificate, is_express=is_express)
        connection.execute(_STILL_OPEN)
    after = shared.room()
    certificate.assigned = before.partner - after.partner
    certificate.area_assigned = before.area - after.area
    return certificate


def _place(shared: Round, rung: Rung, certificate: Certificate, *, is_express: bool) -> None:
    connection, rules = shared.connection, shared.rules
    for step in (*_preparation(shared, rung), candidate_step(rules, rung, shared.as_of)):
        shared.run(step)
    if rung.name not in ("primary", "distributor"):
        forget_known(connection)
    record_hurdles(connection)
    record_excluded(connection, rung.name)
    candidates, others = read_candidates(connection, NUMBER["AT_LIMIT"])
    policy = Policy(certificate.mode, rules.tie_band, rules.objective == "coverage_then_value")
    room, before = shared.room(), shared.rotation
    decision = decide(candidates, room, policy, before)
    shared.rotation = decision.rotation
    certificate.add(decision, np.unique(candidates.partner), is_first=rung is PRIMARY)
    propensity = None
    if rung is PRIMARY:
        propensity = estimated_propensities(
            connection,
            candidates,
            others["preference_micros"],
            decision.is_assigned,
            rules.performance.newcomer_share,
            shared.seed,
            lambda found, slots: chosen(found, slots, policy, before),
            room,
        )
    record_decided(connection, candidates, others, decision, propensity, rung.name, is_express=is_express)


def _preparation(shared: Round, rung: Rung) -> list[Step]:
    if rung.name == "widen":
        return widened_steps(shared.rules, shared.day)
    if rung.name == "default_partner":
        return default_partner_steps(shared.rules, shared.day)
    return []


def _count_distributors(shared: Round, *, is_express: bool) -> None:
    """Distributors that were not asked stand in the record too, with the reason that they were not."""
    tried = FALLBACK_RUNGS["distributor"] in rungs(shared.rules)
    shared.connection.execute(_NEVER_TRIED, {"is_express": is_express, "tried": tried})
    shared.run(candidate_step(shared.rules, FALLBACK_RUNGS["distributor"], shared.as_of))
    record_never_asked(shared.connection)


_OPEN_UNITS = """
create or replace temp table route_open_unit as
select unit.unit_ix
from route_unit as unit
left join route_precedence as precedence on unit.unit_ix = precedence.unit_ix
where
    unit.is_express = $is_express
    and unit.mode = $mode
    and (precedence.exception_code is not null or precedence.partner_id is distinct from 'direct')
"""

# A unit with a binding claim or a conflict is for nobody else.
_STILL_OPEN = """
create or replace temp table route_open_unit as
select open_unit.unit_ix
from route_open_unit as open_unit
left join route_outcome as outcome on open_unit.unit_ix = outcome.unit_ix
left join route_precedence as precedence on open_unit.unit_ix = precedence.unit_ix
where
    outcome.unit_ix is null
    and precedence.exception_code is null
    and not coalesce(precedence.is_binding, false)
"""

_NEVER_TRIED = """
create or replace temp table route_open_unit as
select unit.unit_ix
from route_unit as unit
left join route_precedence as precedence on unit.unit_ix = precedence.unit_ix
left join route_outcome as outcome on unit.unit_ix = outcome.unit_ix and outcome.rung = 'primary'
where
    unit.is_express = $is_express
    and (
        not $tried
        or outcome.unit_ix is not null
        or precedence.exception_code is not null
        or coalesce(precedence.is_binding, false)
    )
"""
