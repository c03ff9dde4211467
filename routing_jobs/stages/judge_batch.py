"""The batch gate on a batch people changed, before it may be approved; reads the serving copy, never the warehouse."""

from datetime import datetime

import duckdb

from expectations.gate import judge
from expectations.proposed_batch import CHANGED_BATCH
from routing_jobs.ledger import Ledger
from routing_jobs.ledger.batches import read_batch, read_lines
from routing_jobs.ledger.verdicts import BATCH_GATE, read_verdict, record_verdicts
from routing_jobs.release.facts import serving_database


def judge_changed_batch(ledger: Ledger, batch_id: str, as_of: datetime) -> bool:
    """Store the batch gate's verdict on the batch as it stands, unless it has one; whether it passed.

    The verdict is bound to the content: another change needs another one.
    """
    with ledger.reading() as reading:
        batch = read_batch(reading, batch_id)
        known = read_verdict(reading, BATCH_GATE, batch.content_sha256)
        if known:
            return all(check["passed"] for check in known)
        lines = read_lines(ledger, reading, batch_id)
    connection = duckdb.connect()
    try:
        path = str(serving_database(ledger.workspace)).replace("'", "''")
        connection.register("standing", lines)
        connection.execute("create table main.line as select * from standing")
        connection.execute(
            "create table main.counted as select ? as line_count, ? as placed_count",
            [batch.lead_count, batch.assigned_count],
        )
        connection.execute(f"attach '{path}' as operations (read_only)")
        connection.execute("use operations.main")
        verdicts = judge(CHANGED_BATCH, connection, f"review {batch_id}", as_of, [batch.content_sha256])
    finally:
        connection.close()
    record_verdicts(ledger, verdicts, as_of)
    return all(verdict.passed for verdict in verdicts)
