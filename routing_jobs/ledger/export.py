"""Copies the ledger into schema `ledger` of the warehouse, where SQL can join it.

State tables are replaced. Lines and candidates come from the batches' files, and only for batches the warehouse does
not have as they stand.
"""

from collections.abc import Sequence

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pds
from sqlalchemy import Connection, Select, func, select

from routing_jobs.ledger.batches import Batch, batch_folder, list_batches, read_lines
from routing_jobs.ledger.ledger import Ledger
from routing_jobs.ledger.lines import CANDIDATES_FILE, FAIRNESS_FILE
from routing_jobs.ledger.tables import ASSIGNMENT, ASSIGNMENT_EVENT, BATCH, GATE_VERDICT, SUPPRESSION
from routing_jobs.program.errors import LeadrouteError

_ROWS_AT_ONCE = 50_000


def export_to_warehouse(
    ledger: Ledger, connection: duckdb.DuckDBPyConnection, *, superseding: str | None = None
) -> None:
    """Make schema `ledger` of the warehouse say what the ledger says, in one DuckDB transaction.

    `superseding` names an open batch this run is to redo: it is shown as superseded, so that its leads are routed,
    while the ledger changes only when the new batch is proposed.
    """
    connection.execute("begin transaction")
    try:
        with ledger.reading() as reading:
            batches = list_batches(reading)
            known = dict(connection.execute("select batch_id, content_sha256 from ledger.batch").fetchall())
            for table, query in _STATE.items():
                _replace(connection, table, reading, query)
            _write_lines(ledger, reading, connection, batches, known)
        _write_files(ledger, connection, batches, "ledger.candidate", CANDIDATES_FILE)
        _write_files(ledger, connection, batches, "ledger.batch_fairness", FAIRNESS_FILE)
        if superseding is not None:
            connection.execute("update ledger.batch set status = 'superseded' where batch_id = ?", [superseding])
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise


_NEWEST_JUDGEMENT = (
    select(func.max(GATE_VERDICT.c.seq))
    .group_by(GATE_VERDICT.c.run_id, GATE_VERDICT.c.gate, GATE_VERDICT.c.subject_sha256)
    .scalar_subquery()
)
_STATE: dict[str, Select[tuple[object, ...]]] = {
    "ledger.batch": select(BATCH).order_by(BATCH.c.batch_id),
    "ledger.assignment": select(ASSIGNMENT).order_by(ASSIGNMENT.c.assignment_id),
    "ledger.assignment_event": select(ASSIGNMENT_EVENT).order_by(ASSIGNMENT_EVENT.c.event_id),
    "ledger.gate_verdict": select(GATE_VERDICT)
    .where(GATE_VERDICT.c.seq.in_(_NEWEST_JUDGEMENT))
    .order_by(GATE_VERDICT.c.seq, GATE_VERDICT.c.check_name),
    "ledger.suppression": select(SUPPRESSION).order_by(SUPPRESSION.c.digest),
}


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    """Column name -> type of one of the warehouse's ledger tables."""
    return {row[0]: row[1] for row in connection.execute(f"describe {table}").fetchall()}


def _replace(
    connection: duckdb.DuckDBPyConnection, table: str, reading: Connection, query: Select[tuple[object, ...]]
) -> None:
    columns = _columns(connection, table)
    connection.execute(f"delete from {table}")  # noqa: S608  (a key of _STATE)
    result = reading.execute(query).mappings()
    while rows := result.fetchmany(_ROWS_AT_ONCE):
        frame = pa.table({name: pa.array([row[name] for row in rows]) for name in columns})
        _insert(connection, table, columns, frame)


def _insert(connection: duckdb.DuckDBPyConnection, table: str, columns: dict[str, str], frame: pa.Table) -> None:
    """Add a frame's rows; instants come as the ledger's texts (UTC, with a Z DuckDB reads) or as timestamps.

    A column the frame does not have (a file of an earlier release) is null.
    """
    known = {name: sql_type for name, sql_type in columns.items() if name in frame.column_names}
    casts = ", ".join(f'cast("{name}" as {sql_type}) as "{name}"' for name, sql_type in known.items())
    connection.register("ledger_frame", frame)
    try:
        connection.execute(f"insert into {table} by name select {casts} from ledger_frame")  # noqa: S608  (our own table)
    finally:
        connection.unregister("ledger_frame")


def _write_lines(
    ledger: Ledger,
    reading: Connection,
    connection: duckdb.DuckDBPyConnection,
    batches: Sequence[Batch],
    known: dict[str, str],
) -> None:
    """Lines of each batch whose content is not the one the warehouse has."""
    columns = _columns(connection, "ledger.batch_line")
    changed = [batch for batch in batches if known.get(batch.batch_id) != batch.content_sha256]
    kept = [[batch.batch_id] for batch in batches if batch not in changed]
    present = [row[0] for row in connection.execute("select distinct batch_id from ledger.batch_line").fetchall()]
    gone = sorted(set(present) - {row[0] for row in kept})
    connection.execute("delete from ledger.batch_line where batch_id in (select unnest(?))", [gone])
    for batch in changed:
        _require_files(ledger, batch)
        lines = read_lines(ledger, reading, batch.batch_id)
        _insert(connection, "ledger.batch_line", columns, _with_batch(lines, batch))


def _write_files(
    ledger: Ledger, connection: duckdb.DuckDBPyConnection, batches: Sequence[Batch], table: str, file: str
) -> None:
    """A file of each batch that stood or stands; those of superseded proposals stay in their folders."""
    columns = _columns(connection, table)
    wanted = {batch.batch_id: batch for batch in batches if batch.status != "superseded"}
    # table and file are those of the callers above
    present = {row[0] for row in connection.execute(f"select distinct batch_id from {table}").fetchall()}  # noqa: S608
    gone = sorted(present - set(wanted))
    connection.execute(f"delete from {table} where batch_id in (select unnest(?))", [gone])  # noqa: S608
    for batch_id in sorted(set(wanted) - present):
        _require_files(ledger, wanted[batch_id])
        path = batch_folder(ledger, batch_id) / file
        if not path.is_file():  # a batch put together by hand, or made before there was such a file
            continue
        for chunk in pds.dataset(path).to_batches(batch_size=_ROWS_AT_ONCE):
            frame = _with_batch(pa.Table.from_batches([chunk]), wanted[batch_id])
            _insert(connection, table, columns, frame)


def _with_batch(frame: pa.Table, batch: Batch) -> pa.Table:
    return frame.append_column("batch_id", pc.cast(pa.repeat(batch.batch_id, frame.num_rows), pa.string()))


def _require_files(ledger: Ledger, batch: Batch) -> None:
    if not (batch_folder(ledger, batch.batch_id) / CANDIDATES_FILE).is_file():
        raise LeadrouteError(
            f"The files of batch {batch.batch_id} are missing under {ledger.workspace.batches}. They are as durable "
            "as the ledger: bring them back from a backup (`leadroute restore`)."
        )
