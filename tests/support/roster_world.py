"""A small roster in raw tables beside a starter workspace, for tests of what `rulebook check` finds."""

from datetime import date

from routing_jobs.program.loading import load_program
from routing_jobs.program.roster_check import check_roster
from routing_jobs.program.rulebook_check import check_rulebook
from routing_jobs.warehouse.schema import raw_columns

DAY = date(2026, 3, 1)


def edit(workspace, file, old, new):
    path = workspace.root / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def config_findings(workspace):
    findings = check_rulebook(load_program(workspace), DAY)
    return {(finding.severity, finding.subject): finding.message for finding in findings}


def put(connection, entity, *records, **metadata):
    """Rows of raw.<entity>; what a record leaves out is null, its place among the accepted is filled in."""
    standing = {"source_system": "s", "content_hash": "h", "feed": "f", "file_sha256": "x", "record_number": 1}
    standing |= {"arrival_seq": 1, "arrived_at": "2026-02-28", "is_current": True, "is_closed": False} | metadata
    columns = list(raw_columns(entity))
    for number, record in enumerate(records):
        row = {"record_key": f"{entity}-{number}"} | standing | record
        marks = ", ".join("?" for _ in columns)
        connection.execute(f"insert into raw.{entity} values ({marks})", [row.get(column) for column in columns])


def fill(connection):
    """Two good partners and a distributor, and leads that they serve; tests spoil it."""
    put(
        connection, "partners",
        {"partner_id": "p1", "partner_name": "One", "tier": "Gold", "response_commitment_hours": 24},
        {"partner_id": "p2", "partner_name": "Two", "tier": "silver", "calendar": "default"},
        {"partner_id": "p3", "partner_name": "Three", "partner_type": "Distributor ", "status": "active"},
    )  # fmt: skip
    put(
        connection, "partner_territories",
        {"partner_id": "p1", "country": "DE", "country_code": "DE"},
        {"partner_id": "p2", "country": "FR", "country_code": "FR", "is_exclusive": True},
    )  # fmt: skip
    put(
        connection, "partner_specializations",
        {"partner_id": "p1", "kind": "product_certification", "code": "Router"},
        {"partner_id": "p2", "kind": "product_certification", "code": "software"},
        {"partner_id": "p2", "kind": "vertical", "code": "Retail"},
        {"partner_id": "p2", "kind": "segment", "code": "smb"},
        {"partner_id": "p2", "kind": "language", "code": "fr"},
    )  # fmt: skip
    put(connection, "opportunities", {"opportunity_id": "o1", "created_at": "2026-02-01"})
    put(
        connection, "leads",
        {"source_record_id": "1", "captured_at": "2026-02-01", "country_code": "DE", "industry": "retail "},
        {"source_record_id": "2", "captured_at": "2026-02-01", "country_code": "FR"},
    )  # fmt: skip


def roster_findings(roster, workspace):
    return [(finding.severity, finding.message) for finding in check_roster(roster, load_program(workspace), DAY)]
