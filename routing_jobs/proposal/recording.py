"""What a round leaves in the warehouse: candidates considered, hurdles, outcomes, slots taken.

Lives here: the SQL that stores a round. Not here: the order of rounds (`rounds`), what is decided (the routing room).

route_outcome   a row per unit that found a partner
route_hurdle    a row per unit and round: how far its candidates came
"""

from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from routing_jobs.proposal.arrays import batches, decided_table, fetch_arrays, registered
from routing_jobs.routing.candidates import STAGE_NUMBER
from routing_jobs.routing.csr import count_rows, note_hurdles
from routing_jobs.routing.decision import Decision
from routing_jobs.routing.exclusions import NUMBER
from routing_jobs.routing.instance import Ints
from routing_jobs.routing.pairs import Candidates


def start_record(connection: duckdb.DuckDBPyConnection) -> None:
    """What stored pairs refer to; empty route_outcome and route_hurdle."""
    for statement in _REFERRED_TO:
        connection.execute(statement)
    connection.execute("""
        create or replace temp table route_outcome (
            unit_ix integer, partner_ix integer, rung varchar, is_claim boolean, score bigint, is_express boolean
        )
    """)
    connection.execute("""
        create or replace temp table route_hurdle (unit_ix integer, code utinyint, claimant_code utinyint, pairs bigint)
    """)


def forget_known(connection: duckdb.DuckDBPyConnection) -> None:
    """Take pairs out of route_candidate that an earlier round considered; their answer stands."""
    connection.execute(_FORGET_KNOWN)


def record_hurdles(connection: duckdb.DuckDBPyConnection) -> None:
    """How far the candidates of each open unit came."""
    claimant = fetch_arrays(connection, _CLAIMANTS)["partner_ix"]
    furthest, own = np.zeros(len(claimant), dtype=np.uint8), np.zeros(len(claimant), dtype=np.uint8)
    pairs = np.zeros(len(claimant), dtype=np.int64)
    for unit, partner, code in batches(connection, _REACHED, {"at_limit": NUMBER["AT_LIMIT"]}):
        count_rows(pairs, unit)
        note_hurdles(unit, partner, code, claimant, furthest, own)
    unit = np.flatnonzero(pairs).astype(np.int32)
    found = {"unit_ix": unit, "code": furthest[unit], "claimant_code": own[unit], "pairs": pairs[unit]}
    with registered(connection, "hurdles", pa.table(found)):
        connection.execute(_STORE_HURDLES)


def record_excluded(connection: duckdb.DuckDBPyConnection, stage: str) -> None:
    """Every pair of route_candidate that fails a rule other than a free slot, with the first one it fails."""
    connection.execute(_STORE_EXCLUDED, {"stage": STAGE_NUMBER[stage], "at_limit": NUMBER["AT_LIMIT"]})


def record_decided(
    connection: duckdb.DuckDBPyConnection,
    candidates: Candidates,
    others: dict[str, NDArray[Any]],
    decision: Decision,
    propensity: Ints | None,
    stage: str,
    *,
    is_express: bool,
) -> None:
    """The pairs a decision was about, who got what, and the slots that took."""
    with registered(connection, "decided", decided_table(candidates, others, decision, propensity)):
        connection.execute(_STORE_DECIDED, {"stage": STAGE_NUMBER[stage]})
        connection.execute(_STORE_OUTCOMES, {"rung": stage, "is_express": is_express})
        connection.execute(_TAKE_SLOTS)
        connection.execute(_TAKE_AREA_SLOTS)


def record_never_asked(connection: duckdb.DuckDBPyConnection) -> None:
    """The distributors of route_candidate as considered and not asked; pairs with an earlier rule's code keep it."""
    number = NUMBER["DISTRIBUTOR"]
    connection.execute("update route_candidate set code = $number where code = 0 or code > $number", {"number": number})
    connection.execute(_COUNT_ONLY)
    record_excluded(connection, "distributor")


_REFERRED_TO = (
    """
    insert into routing.candidate_unit by name
    select unit_ix, unit_id, lead_id, value_minor, value_source, age_decay_micros, worth_micros, is_for_newcomers
    from route_unit
    """,
    """
    insert into routing.candidate_partner by name
    select partner_ix, partner_id, p_won_micros, newcomer_p_won_micros from route_partner
    """,
    "insert into routing.candidate_area by name select area_ix, area from route_area_room",
)

_FORGET_KNOWN = """
delete from route_candidate
using routing.candidate_pair as known
where route_candidate.unit_ix = known.unit_ix and route_candidate.partner_ix = known.partner_ix
"""

_CLAIMANTS = """
select coalesce(precedence.partner_ix, -1) as partner_ix
from route_unit as unit
left join route_precedence as precedence on unit.unit_ix = precedence.unit_ix
order by unit.unit_ix
"""

# a pair that passed every rule came as far as one without a free slot
_REACHED = """
select unit_ix, partner_ix, cast(case when code = 0 then $at_limit else code end as utinyint) as code
from route_candidate
"""

_STORE_HURDLES = "insert into route_hurdle select unit_ix, code, nullif(claimant_code, 0), pairs from hurdles"

_COUNT_ONLY = "insert into route_hurdle select unit_ix, 0, null, count(*) from route_candidate group by unit_ix"

_STORE_EXCLUDED = """
insert into routing.candidate_pair by name
select
    unit_ix, partner_ix, code as exclusion, preference_micros, false as is_assigned, $stage as stage, false as is_claim,
    area_ix
from route_candidate
where code not in (0, $at_limit)
"""

_STORE_DECIDED = """
insert into routing.candidate_pair by name
select
    unit_ix, partner_ix, code as exclusion, preference_micros, banded_score, rank, is_assigned, $stage as stage, is_claim,
    propensity_micros, area_ix
from decided
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

_TAKE_AREA_SLOTS = """
update route_area_room set free_slots = free_slots - taken.slots
from (select area_ix, count(*) as slots from decided where is_assigned and holds_slot group by area_ix) as taken
where route_area_room.area_ix = taken.area_ix
"""
