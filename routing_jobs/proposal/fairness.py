"""Turns across batches: reads what partners are owed from before, stores what a batch adds to it. No rules here."""

import duckdb
import numpy as np
import pyarrow as pa

from routing_jobs.proposal.arrays import fetch_arrays, fetch_row, registered
from routing_jobs.routing.steps import Relations
from routing_jobs.routing.turns import Rotation, new_rotation

_WEIGHTS = {
    "equal": "select 1 as weight from route_partner order by partner_ix",
    "capacity": """
        select greatest(coalesce(limits.capacity, 0), 0) as weight
        from route_partner as partner
        left join {relations.partners} as limits on partner.partner_id = limits.partner_id
        order by partner.partner_ix""",
    "performance": "select weight_micros as weight from route_partner order by partner_ix",
}
_CREDIT = """
select pools.pool_ix * (select count(*) from route_partner) + partner.partner_ix as place, fairness.credit_nanos
from {relations.fairness} as fairness
inner join (select distinct pool, pool_ix from route_unit) as pools on fairness.pool = pools.pool
inner join route_partner as partner on fairness.partner_id = partner.partner_id
"""
_STORE = """
insert into routing.fairness by name
select $is_express as is_express, pools.pool, partner.partner_id, turns.expected_nanos, turns.received
from turns
inner join (select distinct pool, pool_ix from route_unit) as pools
    on turns.place // (select count(*) from route_partner) = pools.pool_ix
inner join route_partner as partner on turns.place % (select count(*) from route_partner) = partner.partner_ix
"""


def read_rotation(connection: duckdb.DuckDBPyConnection, weight: str, relations: Relations) -> Rotation:
    """Every pool's turns as the run begins; `weight` is the rulebook's fairness.weight."""
    weights = fetch_arrays(connection, _WEIGHTS[weight].format(relations=relations))["weight"]
    pools = fetch_row(connection, "select coalesce(max(pool_ix) + 1, 0) from route_unit")[0]
    owed = fetch_arrays(connection, _CREDIT.format(relations=relations))
    credit = np.zeros(pools * len(weights), dtype=np.int64)
    credit[owed["place"]] = owed["credit_nanos"]
    return new_rotation(weights, pools, credit)


def store_fairness(
    connection: duckdb.DuckDBPyConnection, before: Rotation, after: Rotation, *, is_express: bool
) -> None:
    """What the batch added: a row for each pool and partner that was owed or given something."""
    expected, received = after.expected - before.expected, after.received - before.received
    places = np.flatnonzero((expected != 0) | (received != 0))
    turns = pa.table({"place": places, "expected_nanos": expected[places], "received": received[places]})
    with registered(connection, "turns", turns):
        connection.execute(_STORE, {"is_express": is_express})
