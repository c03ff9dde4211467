"""The marts as a release: only after their gate passed on exactly this content."""

import duckdb

from expectations.gate import GATES, subjects
from routing_jobs.ledger import Ledger
from routing_jobs.ledger.verdicts import read_verdict, require_verdict
from routing_jobs.program.as_of import is_replay
from routing_jobs.program.loading import Program
from routing_jobs.program.workspace import Workspace
from routing_jobs.publish.release import Publication, ReleaseFacts, publish_release
from routing_jobs.publish.report import write_report
from routing_jobs.warehouse.fingerprint import combined_fingerprint

INPUT_TABLES = ("raw.landed_file",)


def publish(
    workspace: Workspace, connection: duckdb.DuckDBPyConnection, program: Program, ledger: Ledger, run_id: str
) -> Publication:
    """Publish the marts; GateRefusedError without a passed verdict on them.

    A run in the past (as_of before the ledger's newest event) builds its release but leaves `current` as it is.
    """
    as_of = connection.execute("select as_of from program.setting").fetchone()[0]
    (subject,) = subjects(GATES["marts"], connection)
    with ledger.reading() as reading:
        require_verdict(reading, "marts", subject)
        checks = read_verdict(reading, "marts", subject)
    verdict = [{name: check[name] for name in ("check_name", "passed", "rows_seen", "rows_failed")} for check in checks]
    facts = ReleaseFacts(
        as_of=as_of,
        run_id=run_id,
        input_sha256=combined_fingerprint(connection, INPUT_TABLES),
        rulebook_sha256=program.rulebook_sha256,
        ledger_head=ledger.head().hash,
        marts_verdict=verdict,
    )
    return publish_release(
        workspace,
        connection,
        facts,
        write_report,
        program.config.publishing.keep_releases,
        becomes_current=not is_replay(as_of, ledger.newest_occurred_at()),
    )
