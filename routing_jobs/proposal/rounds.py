"""One batch: everyone is asked first, then each fallback among the units still without partner.

Lives here: the rounds, and what of each is stored in routing.candidate. Not here: who may be asked (the routing room's
SQL), who is chosen (`ranking`), what becomes of units without partner (`lines`).

route_outcome   a row per unit that found a partner
route_hurdle    a row per unit and round: how far its candidates came
"""

from dataclasses import dataclass, field
from datetime import date, datetime

import duckdb
import numpy as np

from routing_jobs.program.routing_rules import RoutingRules
from routing_jobs.proposal.arrays import decided_table, fetch_row, read_candidates, registered
from routing_jobs.routing.candidates import FALLBACK_RUNGS, PRIMARY, Rung, candidate_step, rungs
from routing_jobs.routing.eligibility import default_partner_steps, widened_steps
from routing_jobs.routing.exclusions import EXCLUSIONS, NUMBER
from routing_jobs.routing.instance import Ints
from routing_jobs.routing.ranking import Decision, decide
from routing_jobs.routing.steps import Step


@dataclass
class Certificate:
    """The figures of a batch over all its rounds; `worth`: of a slot more at each partner, in the first that asked it."""

    worth: dict[str, Ints]
    objective: int = 0
    upper_bound: int = 0
    band_cost: int = 0
    coverage_bonus: int = 0
    claim_bonus: int = 0
    divisor: int = 1
    asked: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=bool))

    @property
    def gap(self) -> float:
        """(upper_bound - objective) / upper_bound, 0.0 when there is nothing to route."""
        return (self.upper_bound - self.objective) / self.upper_bound if self.upper_bound else 0.0

    def add(self, decision: Decision, partners: np.ndarray, *, is_first: bool) -> None:
        """Take in one round. The bonuses are those of the first, in which nearly all is decided."""
        self.objective += decision.objective
        self.upper_bound += decision.upper_bound
        self.band_cost += decision.band_cost
        new = np.setdiff1d(partners, np.flatnonzero(self.asked))
        for name, values in self.worth.items():
            values[new] = getattr(decision.worth, name)[new]
        self.asked[new] = True
        if is_first:
            self.coverage_bonus, self.claim_bonus = decision.coverage_bonus, decision.claim_bonus
            self.divisor = decision.divisor


@dataclass(frozen=True)
class Round:
    """What every round of a run shares."""

    connection: duckdb.DuckDBPyConnection
    rules: RoutingRules
    day: date
    as_of: datetime

    def run(self, step: Step) -> None:
        """Execute one step."""
        self.connection.execute(step.sql, step.parameters)


def start_rounds(connection: duckdb.DuckDBPyConnection) -> None:
    """Empty route_outcome and route_hurdle."""
    connection.execute("""
        create or replace temp table route_outcome (
            unit_ix integer, partner_ix integer, rung varchar, is_claim boolean, score bigint, is_express boolean
        )
    """)
    connection.execute("""
        create or replace temp table route_hurdle (unit_ix integer, code utinyint, claimant_code utinyint, pairs bigint)
    """)


def place_batch(shared: Round, *, is_express: bool) -> Certificate:
    """Place the units of one batch and store their candidates; slots taken are taken from route_room."""
    connection = shared.connection
    partners = fetch_row(connection, "select count(*) from route_partner")[0]
    nothing = {name: np.zeros(partners, dtype=np.int64) for name in ("price", "claims", "leads", "value")}
    certificate = Certificate(worth=nothing, asked=np.zeros(partners, dtype=bool))
    connection.execute(_OPEN_UNITS, {"is_express": is_express})
    for rung in rungs(shared.rules):
        if fetch_row(connection, "select count(*) from route_open_unit")[0] == 0:
            break
        _place(shared, rung, certificate, is_express=is_express)
        connection.execute(_STILL_OPEN)
    _count_distributors(shared, is_express=is_express)
    return certificate


def _place(shared: Round, rung: Rung, certificate: Certificate, *, is_express: bool) -> None:
    connection, rules = shared.connection, shared.rules
    for step in _preparation(shared, rung):
        shared.run(step)
    shared.run(candidate_step(rules, rung, shared.as_of))
    if rung.name not in ("primary", "distributor"):
        connection.execute(_FORGET_KNOWN)
    connection.execute(_HURDLES, {"at_limit": NUMBER["AT_LIMIT"]})
    connection.execute(_STORE_EXCLUDED, _codes() | {"stage": rung.name, "at_limit": NUMBER["AT_LIMIT"]})
    candidates, others = read_candidates(connection, NUMBER["AT_LIMIT"])
    room = connection.execute("select free_slots from route_room order by partner_ix").fetchnumpy()["free_slots"]
    decision = decide(
        candidates,
        np.asarray(room, dtype=np.int64),
        rules.tie_band,
        coverage_first=rules.objective == "coverage_then_value",
    )
    certificate.add(decision, np.unique(candidates.partner), is_first=rung is PRIMARY)
    with registered(connection, "decided", decided_table(candidates, others, decision)):
        connection.execute(_STORE_DECIDED, {"stage": rung.name})
        connection.execute(_STORE_OUTCOMES, {"rung": rung.name, "is_express": is_express})
        connection.execute(_TAKE_SLOTS)


def _preparation(shared: Round, rung: Rung) -> list[Step]:
    if rung.name == "widen":
        return widened_steps(shared.rules, shared.day)
    if rung.name == "default_partner":
        return default_partner_steps(shared.rules, shared.day)
    return []


def _count_distributors(shared: Round, *, is_express: bool) -> None:
    """Distributors that were not asked stand in the record too, with the reason that they were not."""
    connection = shared.connection
    tried = FALLBACK_RUNGS["distributor"] in rungs(shared.rules)
    connection.execute(_NEVER_TRIED, {"is_express": is_express, "tried": tried})
    shared.run(candidate_step(shared.rules, FALLBACK_RUNGS["distributor"], shared.as_of))
    number = NUMBER["DISTRIBUTOR"]
    connection.execute("update route_candidate set code = $number where code = 0 or code > $number", {"number": number})
    connection.execute(_COUNT_ONLY)
    connection.execute(_STORE_EXCLUDED, _codes() | {"stage": "distributor", "at_limit": NUMBER["AT_LIMIT"]})


def _codes() -> dict[str, list[str]]:
    return {"codes": [exclusion.code for exclusion in EXCLUSIONS]}


_OPEN_UNITS = """
create or replace temp table route_open_unit as
select unit.unit_ix
from route_unit as unit
left join route_precedence as precedence on unit.unit_ix = precedence.unit_ix
where
    unit.is_express = $is_express
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

# A wider net brings back partners that were considered before; their answer stands.
_FORGET_KNOWN = """
delete from route_candidate
using route_unit as unit, route_partner as partner, routing.candidate as known
where
    route_candidate.unit_ix = unit.unit_ix
    and route_candidate.partner_ix = partner.partner_ix
    and known.unit_id = unit.unit_id
    and known.partner_id = partner.partner_id
"""

_HURDLES = """
insert into route_hurdle
select
    candidate.unit_ix,
    max(case when candidate.code = 0 then $at_limit else candidate.code end),
    max(case when candidate.code = 0 then $at_limit else candidate.code end) filter (
        where candidate.partner_ix = precedence.partner_ix
    ),
    count(*)
from route_candidate as candidate
left join route_precedence as precedence on candidate.unit_ix = precedence.unit_ix
group by candidate.unit_ix
"""

_COUNT_ONLY = "insert into route_hurdle select unit_ix, 0, null, count(*) from route_candidate group by unit_ix"

_STORE_EXCLUDED = """
insert into routing.candidate by name
select
    unit.unit_id,
    unit.lead_id,
    partner.partner_id,
    false as is_eligible,
    $codes[candidate.code] as exclusion_reason,
    candidate.p_won_micros,
    unit.value_minor,
    unit.value_source,
    unit.age_decay_micros,
    candidate.preference_micros,
    candidate.score,
    false as is_assigned,
    $stage as stage,
    false as is_claim
from route_candidate as candidate
inner join route_unit as unit on candidate.unit_ix = unit.unit_ix
inner join route_partner as partner on candidate.partner_ix = partner.partner_ix
where candidate.code not in (0, $at_limit)
"""

_STORE_DECIDED = """
insert into routing.candidate by name
select
    unit.unit_id,
    unit.lead_id,
    partner.partner_id,
    decided.code = 0 as is_eligible,
    case when decided.code > 0 then 'AT_LIMIT' end as exclusion_reason,
    decided.p_won_micros,
    unit.value_minor,
    unit.value_source,
    unit.age_decay_micros,
    decided.preference_micros,
    decided.score,
    decided.banded_score,
    decided.rank,
    decided.is_assigned,
    $stage as stage,
    decided.is_claim
from decided
inner join route_unit as unit on decided.unit_ix = unit.unit_ix
inner join route_partner as partner on decided.partner_ix = partner.partner_ix
"""

_STORE_OUTCOMES = """
insert into route_outcome
select unit_ix, partner_ix, $rung, is_claim, score, $is_express from decided where is_assigned
"""

_TAKE_SLOTS = """
update route_room set free_slots = free_slots - taken.slots
from (select partner_ix, count(*) as slots from decided where is_assigned and holds_slot group by partner_ix) as taken
where route_room.partner_ix = taken.partner_ix
"""
