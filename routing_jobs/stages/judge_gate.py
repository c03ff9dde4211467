"""A gate judged and written down: in the warehouse for people to query, in the ledger for every later step to re-read."""

import duckdb

from expectations.gate import Verdict, run_gate
from routing_jobs.ledger import Ledger
from routing_jobs.ledger.verdicts import read_verdict, record_verdicts

_COMPARED = ("passed", "rows_seen", "rows_failed", "message")


def judge_gate(gate: str, connection: duckdb.DuckDBPyConnection, ledger: Ledger, run_id: str) -> list[Verdict]:
    """Run the gate's suites; the ledger gets the verdict unless it holds the very same one on this content."""
    as_of = connection.execute("select as_of from program.setting").fetchone()[0]
    verdicts = run_gate(gate, connection, run_id, as_of)
    new: list[Verdict] = []
    with ledger.reading() as reading:
        for subject in {verdict.subject_sha256 for verdict in verdicts}:
            judged = [verdict for verdict in verdicts if verdict.subject_sha256 == subject]
            known = {check["check_name"]: check for check in read_verdict(reading, gate, subject)}
            if known.keys() != {verdict.check_name for verdict in judged} or any(
                known[verdict.check_name][name] != getattr(verdict, name) for verdict in judged for name in _COMPARED
            ):
                new.extend(judged)
    record_verdicts(ledger, new, as_of)
    return verdicts
