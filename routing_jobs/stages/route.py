"""Routing, once arrivals and routing input have passed their gates."""

from dataclasses import dataclass
from typing import Any

import duckdb

from expectations.gate import GATES, subjects
from routing_jobs.ledger import Ledger
from routing_jobs.ledger.rulebooks import program_in_force
from routing_jobs.ledger.verdicts import require_verdict
from routing_jobs.program.loading import Program
from routing_jobs.proposal import propose
from routing_jobs.warehouse.schema import CANDIDATES, ROUTING

_CERTIFICATE = """
select leads, units, assigned, objective, upper_bound, gap, band_cost, outcome
from routing.summary where run_id = ? order by is_express
"""


@dataclass(frozen=True)
class Routed:
    """Rows per routing table, and the figures of the main proposal for people to see."""

    rows: dict[str, int]
    certificate: dict[str, Any]


def route(connection: duckdb.DuckDBPyConnection, program: Program, ledger: Ledger, run_id: str) -> Routed:
    """Write schema routing anew; GateRefusedError without passed verdicts on what is routed."""
    as_of = connection.execute("select as_of from program.setting").fetchone()[0]
    with ledger.reading() as reading:
        for gate in ("arrivals", "routing_input"):
            for subject in subjects(GATES[gate], connection):
                require_verdict(reading, gate, subject)
    propose(connection, program_in_force(ledger, program, as_of), as_of, run_id)
    names = ("leads", "units", "assigned", "objective", "upper_bound", "gap", "band_cost", "outcome")
    found = connection.execute(_CERTIFICATE, [run_id]).fetchall()
    certificate = dict(zip(names, found[0], strict=True)) if found else {"outcome": "nothing_to_route"}
    rows = {
        table: connection.execute(f"select count(*) from {table}").fetchone()[0]  # noqa: S608 - our own names
        for table in (*ROUTING, CANDIDATES)
    }
    return Routed(rows, certificate)
