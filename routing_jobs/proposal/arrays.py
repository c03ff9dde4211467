"""Between DuckDB and numpy: candidates out as sorted arrays, decisions back in. No rules here."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from routing_jobs.routing.ranking import Candidates, Decision


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


def read_candidates(connection: duckdb.DuckDBPyConnection, at_limit: int) -> tuple[Candidates, dict[str, NDArray[Any]]]:
    """The pairs of route_candidate that may be chosen, by unit and partner; and their other columns, in that order."""
    columns = connection.execute(
        """
        select
            candidate.unit_ix, candidate.partner_ix, candidate.code, candidate.p_won_micros,
            candidate.preference_micros, candidate.tie, candidate.score, candidate.is_claim, unit.holds_slot
        from route_candidate as candidate
        inner join route_unit as unit on candidate.unit_ix = unit.unit_ix
        where candidate.code in (0, $at_limit)
        """,
        {"at_limit": at_limit},
    ).fetchnumpy()
    arrays = {name: np.ma.getdata(values) for name, values in columns.items()}
    order = np.lexsort((arrays["partner_ix"], arrays["unit_ix"]))
    arrays = {name: values[order] for name, values in arrays.items()}
    candidates = Candidates(
        unit=arrays["unit_ix"].astype(np.int64),
        partner=arrays["partner_ix"].astype(np.int64),
        score=arrays["score"].astype(np.int64),
        tie=arrays["tie"].astype(np.int64),
        is_claim=arrays["is_claim"].astype(bool),
        holds_slot=arrays["holds_slot"].astype(bool),
    )
    return candidates, {name: arrays[name] for name in ("code", "p_won_micros", "preference_micros")}


def decided_table(candidates: Candidates, others: dict[str, NDArray[Any]], decision: Decision) -> pa.Table:
    """One row a pair: its indices, parts, score, banded score, rank, and whether it was chosen."""
    return pa.table(
        {
            "unit_ix": candidates.unit.astype(np.int32),
            "partner_ix": candidates.partner.astype(np.int32),
            **others,
            "score": candidates.score,
            "is_claim": candidates.is_claim,
            "holds_slot": candidates.holds_slot,
            "banded_score": decision.banded_score,
            "rank": decision.rank.astype(np.int32),
            "is_assigned": decision.is_assigned,
        }
    )
