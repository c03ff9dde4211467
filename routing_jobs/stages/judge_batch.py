"""The batch gate on lines people changed or made, before they may be approved; reads the serving copy, never the warehouse."""

from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from expectations.gate import Verdict, judge
from expectations.proposed_batch import CHANGED_BATCH
from routing_jobs.ledger import Ledger
from routing_jobs.ledger.batches import read_batch, read_lines
from routing_jobs.ledger.lines import assigned_count, content_sha256
from routing_jobs.ledger.reassignment import Judge
from routing_jobs.ledger.verdicts import BATCH_GATE, read_verdict, record_verdicts
from routing_jobs.program.workspace import Workspace
from routing_jobs.release.facts import explained_by_age, serving_database


def judge_changed_batch(ledger: Ledger, batch_id: str, as_of: datetime) -> None:
    """Store the batch gate's verdict on the batch as it stands, unless it has one.

    The verdict is bound to the content: another change needs another one.
    """
    with ledger.reading() as reading:
        batch = read_batch(reading, batch_id)
        if read_verdict(reading, BATCH_GATE, batch.content_sha256):
            return
        lines = read_lines(ledger, reading, batch_id)
    verdicts = _judge(ledger.workspace, lines, batch.content_sha256, f"review {batch_id}", as_of)
    record_verdicts(ledger, verdicts, as_of)


def judge_of(workspace: Workspace) -> Judge:
    """The batch gate for lines made by hand, in the form `reassign_assignment` asks for."""

    def judged(_folder: Path, lines: pa.Table, rulebook_sha256: str, as_of: datetime) -> list[Verdict]:
        return _judge(workspace, lines, content_sha256(lines, rulebook_sha256), "by hand", as_of)

    return judged


def _judge(workspace: Workspace, lines: pa.Table, content: str, run_id: str, as_of: datetime) -> list[Verdict]:
    connection = duckdb.connect()
    try:
        database = serving_database(workspace)
        path = str(database).replace("'", "''")
        connection.register("standing", lines)
        connection.execute("create table main.line as select * from standing")
        if "is_express" not in lines.column_names:
            connection.execute("alter table main.line add column is_express boolean default false")
        connection.execute(
            "create table main.counted as select ? as line_count, ? as placed_count",
            [lines.num_rows, assigned_count(lines)],
        )
        connection.execute(f"attach '{path}' as operations (read_only)")
        connection.execute("use operations.main")
        with explained_by_age(database):
            return judge(CHANGED_BATCH, connection, run_id, as_of, [content])
    finally:
        connection.close()
