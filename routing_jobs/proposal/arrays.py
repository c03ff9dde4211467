"""Between DuckDB and numpy: candidates out, streamed and counted into rows; decisions back in. No rules here."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from routing_jobs.routing.csr import count_rows, order_within_rows, places, row_starts
from routing_jobs.routing.decision import Decision
from routing_jobs.routing.instance import Ints
from routing_jobs.routing.pairs import Candidates
from routing_jobs.routing.propensity import scores

_BATCH = 500_000  # rows; a few tens of MB
_PAIR_COLUMNS = {
    "partner": np.int32, "code": np.uint8, "preference_micros": np.int64, "tie": np.int64, "area": np.int32,
    "score": np.int64,
}  # fmt: skip


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


def batches(connection: duckdb.DuckDBPyConnection, query: str, parameters: Any = None) -> Iterator[list[NDArray[Any]]]:
    """The columns of a query, none of them ever null, some hundred thousand rows at a time, in no order."""
    for batch in connection.execute(query, parameters).to_arrow_reader(_BATCH):
        yield [column.to_numpy(zero_copy_only=False) for column in batch.columns]


def read_candidates(connection: duckdb.DuckDBPyConnection, at_limit: int) -> tuple[Candidates, dict[str, NDArray[Any]]]:
    """The pairs of route_candidate that may be chosen, by unit and partner; and code and preference, in that order."""
    units, partners = _units(connection), _partners(connection)
    chosen = "from route_candidate where code in (0, $at_limit)"  # read twice: to count rows, then to fill them
    counts = np.zeros(len(units["turn"]), dtype=np.int64)
    for (unit,) in batches(connection, f"select unit_ix {chosen}", {"at_limit": at_limit}):
        count_rows(counts, unit)
    indptr = row_starts(counts)
    pairs = {name: np.empty(indptr[-1], dtype=dtype) for name, dtype in _PAIR_COLUMNS.items()}
    free = indptr[:-1].copy()
    columns = "unit_ix, partner_ix, code, preference_micros, tie, area_ix"
    for unit, partner, *rest in batches(connection, f"select {columns} {chosen}", {"at_limit": at_limit}):
        place = places(free, unit)
        chance = np.where(units["is_for_newcomers"][unit], partners["newcomer_p_won_micros"][partner],
                          partners["p_won_micros"][partner])  # fmt: skip
        score = scores(units["worth_micros"][unit], chance, rest[1])
        for name, values in zip(_PAIR_COLUMNS, (partner, *rest, score), strict=True):
            pairs[name][place] = values
    order = order_within_rows(indptr, pairs["partner"])
    for name in pairs:
        pairs[name] = pairs[name][order]
    candidates = Candidates(
        indptr=indptr,
        is_claim=pairs["partner"] == np.repeat(units["claimant_ix"], counts),
        holds_slot=units["holds_slot"],
        pool=units["pool_ix"],
        turn=units["turn"],
        **{name: pairs[name] for name in ("partner", "score", "tie", "area")},
    )
    return candidates, {name: pairs[name] for name in ("code", "preference_micros")}


def _units(connection: duckdb.DuckDBPyConnection) -> dict[str, NDArray[Any]]:
    """What of each unit its pairs need; claimant_ix is -1 where precedence names nobody, or several."""
    return fetch_arrays(
        connection,
        """
        select
            unit.holds_slot, unit.pool_ix, unit.turn, unit.is_for_newcomers, unit.worth_micros,
            coalesce(case when precedence.exception_code is null then precedence.partner_ix end, -1) as claimant_ix
        from route_unit as unit
        left join route_precedence as precedence on unit.unit_ix = precedence.unit_ix
        order by unit.unit_ix
    """,
    )


def _partners(connection: duckdb.DuckDBPyConnection) -> dict[str, NDArray[Any]]:
    return fetch_arrays(
        connection,
        """
        select p_won_micros, coalesce(newcomer_p_won_micros, p_won_micros) as newcomer_p_won_micros
        from route_partner order by partner_ix
    """,
    )


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
