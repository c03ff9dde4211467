"""Between DuckDB and numpy: candidates out as sorted arrays, decisions back in. No rules here."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from routing_jobs.routing.decision import Decision
from routing_jobs.routing.instance import Ints
from routing_jobs.routing.pairs import Candidates


@contextmanager
def registered(connection: duckdb.DuckDBPyConnection, name: str, frame: Any) -> Iterator[None]:
    """`frame` (pandas or Arrow) as a view of that name, for the length of the block."""
    connection.register(name, frame)
    try:
        yield
    finally:
        connection.unregister(name)


def fetch_row(connection: duckdb.DuckDBPyConnection, query: str, parameters: Any = None) -> tuple[Any, ...]:
    """The first row of a query that always has one."""
    row = connection.execute(query, parameters).fetchone()
    assert row is not None, "an aggregate always has a row"
    return row


def fetch_arrays(connection: duckdb.DuckDBPyConnection, query: str, parameters: Any = None) -> dict[str, NDArray[Any]]:
    """Column name -> values of a query whose columns are never null."""
    columns = connection.execute(query, parameters).fetchnumpy()
    return {name: np.ma.getdata(values) for name, values in columns.items()}


def read_candidates(connection: duckdb.DuckDBPyConnection, at_limit: int) -> tuple[Candidates, dict[str, NDArray[Any]]]:
    """The pairs of route_candidate that may be chosen, by unit and partner; and their other columns, in that order."""
    arrays = fetch_arrays(
        connection,
        """
        select
            candidate.unit_ix, candidate.partner_ix, candidate.code, candidate.p_won_micros,
            candidate.preference_micros, candidate.tie, candidate.score, candidate.is_claim,
            candidate.area_ix
        from route_candidate as candidate
        where candidate.code in (0, $at_limit)
        """,
        {"at_limit": at_limit},
    )
    order = np.lexsort((arrays["partner_ix"], arrays["unit_ix"]))
    arrays = {name: values[order] for name, values in arrays.items()}
    units = fetch_arrays(connection, "select holds_slot, pool_ix, turn from route_unit order by unit_ix")
    counts = np.bincount(arrays["unit_ix"], minlength=len(units["turn"]))
    candidates = Candidates(
        indptr=np.concatenate(([0], np.cumsum(counts))).astype(np.int64),
        partner=arrays["partner_ix"].astype(np.int32),
        score=arrays["score"].astype(np.int64),
        tie=arrays["tie"].astype(np.int64),
        area=arrays["area_ix"].astype(np.int32),
        is_claim=arrays["is_claim"].astype(bool),
        holds_slot=units["holds_slot"].astype(bool),
        pool=units["pool_ix"].astype(np.int32),
        turn=units["turn"].astype(np.int32),
    )
    return candidates, {name: arrays[name] for name in ("code", "p_won_micros", "preference_micros")}


def decided_table(
    candidates: Candidates, others: dict[str, NDArray[Any]], decision: Decision, propensity: Ints | None
) -> pa.Table:
    """One row a pair: its indices, parts, score, banded score, rank, whether it was chosen, and how likely that was."""
    likely = np.full(len(candidates.partner), -1, dtype=np.int64) if propensity is None else propensity
    return pa.table(
        {
            "unit_ix": candidates.unit,
            "partner_ix": candidates.partner,
            **others,
            "score": candidates.score,
            "is_claim": candidates.is_claim,
            "holds_slot": candidates.pair_holds_slot,
            "banded_score": decision.banded_score,
            "rank": decision.rank,
            "is_assigned": decision.is_assigned,
            "area_ix": candidates.area,
            "propensity_micros": pa.array(likely, mask=likely < 0),
        }
    )
