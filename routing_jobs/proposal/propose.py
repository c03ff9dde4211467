"""`propose`: from what prepare made to a proposal in schema `routing`, with its certificate and content hash.

Lives here: the order of the steps, and the summary. Not here: rules (the routing room), rounds of asking (`rounds`),
lines (`lines`), whether a proposal may become a batch (gates and ledger).
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import duckdb

from routing_jobs.ledger.lines import content_sha256
from routing_jobs.program.errors import ConfigurationError
from routing_jobs.program.loading import Program
from routing_jobs.program.tables import EXPONENTS
from routing_jobs.proposal.arrays import fetch_row
from routing_jobs.proposal.certificate import Certificate, store_certificate
from routing_jobs.proposal.evidence import weigh_partners
from routing_jobs.proposal.fairness import read_rotation, store_fairness
from routing_jobs.proposal.lines import write_lines
from routing_jobs.proposal.recording import start_record
from routing_jobs.proposal.rounds import Round, place_batch
from routing_jobs.routing.candidates import room_steps
from routing_jobs.routing.eligibility import eligibility_steps
from routing_jobs.routing.precedence import precedence_steps
from routing_jobs.routing.steps import Relations
from routing_jobs.routing.units import unit_steps
from routing_jobs.warehouse.fingerprint import combined_fingerprint
from routing_jobs.warehouse.schema import empty_routing

NOTHING_TO_ROUTE, PROPOSED = "nothing_to_route", "proposed"


@dataclass(frozen=True)
class Proposal:
    """One batch as proposed: what routing.summary says.

    `exceptions` counts leads by code; scores are micro-units; `mode` names the modes it was placed in, in their order.
    """

    is_express: bool
    leads: int
    units: int
    assigned: int
    exceptions: dict[str, int]
    objective: int
    upper_bound: int
    gap: float
    band_cost: int
    input_sha256: str
    content_sha256: str
    outcome: str
    mode: str


def propose(
    connection: duckdb.DuckDBPyConnection,
    program: Program,
    as_of: datetime,
    run_id: str,
    relations: Relations | None = None,
) -> list[Proposal]:
    """Route every routable lead; schema `routing` is replaced.

    Args:
        connection: The warehouse, after prepare.
        program: Rules, owners, currency and zone.
        as_of: Naive UTC.
        run_id: Noted in the summary, in no hash.
        relations: Where to read, unless from prepare's own tables.

    Returns:
        The express batch, if any lead is express, then the other one; one proposal with outcome `nothing_to_route` when
        there is no routable lead.

    Raises:
        ConfigurationError: A criterion needs facts the roster does not have.
    """
    relations = relations or Relations()
    empty_routing(connection)
    expected = fetch_row(connection, f"select count(*) from {relations.leads}")[0]  # noqa: S608 - from Relations
    fingerprint = combined_fingerprint(connection, relations.names())
    if expected == 0:
        return [_nothing(connection, program, as_of, run_id, fingerprint)]
    try:
        certificates = _route(connection, program, as_of, relations)
        write_lines(connection, program, as_of)
    finally:
        _forget(connection)
    written = fetch_row(connection, "select count(*), count(distinct lead_id) from routing.line")
    assert written == (expected, expected), f"{expected} routable leads, {written} lines: every lead has exactly one"
    return [
        _summarise(connection, program, as_of, run_id, fingerprint, is_express, of_modes)
        for is_express, of_modes in certificates.items()
    ]


def _route(
    connection: duckdb.DuckDBPyConnection, program: Program, as_of: datetime, relations: Relations
) -> dict[bool, list[Certificate]]:
    rules = program.routing
    day = _local_day(as_of, program.config.timezone)
    _check_coordinates(connection, program, day, relations)
    weigh_partners(connection, rules, rules.criteria_on(day), relations)
    steps = [
        *eligibility_steps(rules, day, relations),
        *room_steps(relations),
        *unit_steps(rules, relations, 10 ** (6 - EXPONENTS.get(program.config.currency, 2)), program.rulebook_sha256),
        *precedence_steps(rules, relations),
    ]
    for step in steps:
        connection.execute(step.sql, step.parameters)
    start_record(connection)
    rotation = read_rotation(connection, rules.fairness.weight, relations)
    shared = Round(connection, rules, day, as_of, rotation, program.rulebook_sha256)
    has_express = fetch_row(connection, "select count(*) > 0 from route_unit where is_express")[0]
    certificates = {}
    for is_express in (True, False) if has_express else (False,):
        before = shared.rotation
        certificates[is_express] = place_batch(shared, is_express=is_express)
        store_certificate(connection, certificates[is_express], is_express=is_express)
        store_fairness(connection, before, shared.rotation, is_express=is_express)
    return certificates


def _local_day(as_of: datetime, timezone: str) -> date:
    return as_of.replace(tzinfo=UTC).astimezone(ZoneInfo(timezone)).date()


def _check_coordinates(
    connection: duckdb.DuckDBPyConnection, program: Program, day: date, relations: Relations
) -> None:
    """Distance cannot be judged for a partner nobody can place on a map; a lead without coordinates is left alone."""
    if "proximity" not in program.routing.criteria_on(day):
        return
    query = f"""
        select partner_id from {relations.partners}
        where is_active_now and (latitude is null or longitude is null) order by partner_id
    """  # noqa: S608 - a name from Relations
    missing = [row[0] for row in connection.execute(query).fetchall()]
    if missing:
        raise ConfigurationError(
            f"rulebook/routing.yaml: criteria.proximity: {len(missing)} active partners have no latitude and longitude "
            f"({', '.join(missing[:5])}{', ...' if len(missing) > 5 else ''}): expected coordinates for each; "
            "enter them in the roster, or remove the criterion"
        )


def _summarise(
    connection: duckdb.DuckDBPyConnection,
    program: Program,
    as_of: datetime,
    run_id: str,
    fingerprint: str,
    is_express: bool,
    certificates: list[Certificate],
) -> Proposal:
    lines = connection.execute(
        "select lead_id, partner_id, hop, source from routing.line where is_express = ? order by lead_id", [is_express]
    ).to_arrow_table()
    counted = fetch_row(connection, _COUNTS, [is_express])
    exceptions = dict(connection.execute(_EXCEPTIONS, [is_express]).fetchall())
    objective = sum(certificate.objective for certificate in certificates)
    upper_bound = sum(certificate.upper_bound for certificate in certificates)
    proposal = Proposal(
        is_express=is_express,
        leads=counted[0],
        units=counted[1],
        assigned=counted[2],
        exceptions=exceptions,
        objective=objective,
        upper_bound=upper_bound,
        gap=(upper_bound - objective) / upper_bound if upper_bound else 0.0,
        band_cost=sum(certificate.band_cost for certificate in certificates),
        input_sha256=fingerprint,
        content_sha256=content_sha256(lines, program.rulebook_sha256),
        outcome=PROPOSED if lines.num_rows else NOTHING_TO_ROUTE,
        mode=", ".join(certificate.mode for certificate in certificates),
    )
    _store_summary(connection, program, as_of, run_id, proposal)
    return proposal


_COUNTS = """
select
    count(*) filter (where source is distinct from 'direct'),
    count(distinct unit_id),
    count(partner_id)
from routing.line where is_express = ?
"""
_EXCEPTIONS = """
select exception_code, count(*) from routing.line
where exception_code is not null and is_express = ? group by exception_code order by exception_code
"""


def _nothing(
    connection: duckdb.DuckDBPyConnection, program: Program, as_of: datetime, run_id: str, fingerprint: str
) -> Proposal:
    lines = connection.execute("select lead_id, partner_id, hop, source from routing.line").to_arrow_table()
    content = content_sha256(lines, program.rulebook_sha256)
    proposal = Proposal(False, 0, 0, 0, {}, 0, 0, 0.0, 0, fingerprint, content, NOTHING_TO_ROUTE, program.routing.mode)
    _store_summary(connection, program, as_of, run_id, proposal)
    return proposal


def _store_summary(
    connection: duckdb.DuckDBPyConnection,
    program: Program,
    as_of: datetime,
    run_id: str,
    proposal: Proposal,
) -> None:
    row = {
        "run_id": run_id,
        "as_of": as_of,
        **{name: value for name, value in vars(proposal).items() if name != "exceptions"},
        "rulebook_sha256": program.rulebook_sha256,
    }
    names = ", ".join(row)
    marks = ", ".join(f"${name}" for name in row)
    connection.execute(f"insert into routing.summary ({names}) values ({marks})", row)  # noqa: S608 - our own names


def _forget(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop the temporary tables of this run; the connection may live on."""
    found = connection.execute(
        "select table_name from duckdb_tables() where temporary and starts_with(table_name, 'route_')"
    ).fetchall()
    for (name,) in found:
        connection.execute(f'drop table temp."{name}"')
