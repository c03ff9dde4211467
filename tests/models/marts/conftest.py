"""The world the marts are tested on: few records, each there for a case whose answer is worked out by hand in a test.

As of 2026-06-15 12:00 UTC, a Monday. Leads are named after trees; every tree is a buyer and a company of its own.
"""

import json
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any

import duckdb
import pytest

BATCH = {
    "is_express": False, "content_sha256": "c", "rulebook_sha256": "r", "rulebook_version": "1", "input_sha256": "i",
    "lead_count": 1, "unit_count": 1, "assigned_count": 1, "override_count": 0,
}  # fmt: skip


def at(text: str, year: int = 2026) -> datetime:
    """`01-05 08:00` as an instant of `year`, UTC."""
    return datetime.fromisoformat(f"{year}-{text}")


def lead_id(name: str) -> str:
    """The lead_id dbt makes of the lead `name`."""
    row = duckdb.sql("select 'lead-' || substr(md5('crm' || chr(31) || $name), 1, 20)", params={"name": name})
    return row.fetchall()[0][0]


def _lead(world: Any, name: str, captured_at: str, **values: Any) -> None:
    company = f"{name.capitalize()} Works"
    record = {
        "source_record_id": name,
        "captured_at": at(captured_at),
        "email": f"buyer@{name}.example",
        "company": company,
    }
    world.add("leads", **(record | values))


def _offer(world: Any, name: str, partner_id: str, assigned_at: str, **values: Any) -> None:
    reference = {"lead_source_system": "crm", "lead_source_record_id": name}
    world.add("assignment_history", partner_id=partner_id, assigned_at=at(assigned_at), **reference, **values)


def _touch(world: Any, touch_id: str, name: str, touched_at: datetime, channel: str, campaign_id: str | None) -> None:
    reference = {"lead_source_system": "crm", "lead_source_record_id": name}
    world.add(
        "touches", touch_id=touch_id, touched_at=touched_at, channel=channel, campaign_id=campaign_id, **reference
    )


def _deal(world: Any, opportunity_id: str, name: str | None, created_at: str, amount: float, **values: Any) -> None:
    reference = {"lead_source_system": "crm", "lead_source_record_id": name} if name else {}
    record = {"currency": "EUR", "stage": "open"} | values
    world.add(
        "opportunities", opportunity_id=opportunity_id, created_at=at(created_at), amount=amount, **reference, **record
    )


def _partners(world: Any) -> None:
    roster = {"partner_id": "acme", "timezone": "Europe/Berlin", "capacity": 5, "joined_on": date(2025, 6, 1)}
    world.add("partners", **roster, tier="silver", arrived_at=at("01-01 00:00"), is_current=False)
    world.add("partners", **roster, tier="gold", channel_manager="cm-1", arrived_at=at("03-01 00:00"), arrival_seq=2)
    world.add("partners", partner_id="bolt", tier="Silver", country="GB", timezone="Europe/London", capacity=3,
              arrived_at=at("01-01 00:00"))  # fmt: skip
    world.add("partner_territories", partner_id="acme", country="DE")
    world.add("partner_specializations", partner_id="acme", kind="product_certification", code="Edge Router")
    world.add("partner_contacts", partner_id="acme", email="leads@acme.example")
    world.add("partner_territories", partner_id="bolt", country="DE")  # certified too, but nobody there to write to
    world.add("partner_specializations", partner_id="bolt", kind="product_certification", code="Edge Router")


def _worked_leads(world: Any) -> None:
    _lead(world, "alder", "01-05 08:00", campaign_id="C1")
    _offer(world, "alder", "acme", "01-05 09:00", response="accepted", responded_at=at("01-05 12:00"),
           first_follow_up_at=at("01-06 09:00"))  # fmt: skip
    _deal(world, "O1", "alder", "02-02 09:00", 1000.01, is_won=True, closed_at=at("03-02 09:00"), partner_id="acme")
    _touch(world, "T1", "alder", at("12-20 09:00", 2025), "email", "C1")
    _touch(world, "T2", "alder", at("01-20 09:00"), "webinar", "C2")
    _touch(world, "T3", "alder", at("02-02 09:00"), "search", None)
    _touch(world, "T4", "alder", at("02-10 09:00"), "email", "C1")
    _touch(world, "T0", "alder", at("10-01 09:00", 2025), "email", "C1")  # before the lookback of 90 days
    _lead(world, "birch", "01-10 09:00")
    _offer(world, "birch", "bolt", "01-12 09:00", response="declined", responded_at=at("01-12 15:00"),
           decline_reason="No capacity")  # fmt: skip
    _offer(world, "birch", "acme", "01-13 09:00", response="accepted", responded_at=at("01-13 10:00"))
    _deal(world, "O2", "birch", "04-01 09:00", 500.00, currency="USD", partner_id="acme")
    _lead(world, "cedar", "01-15 09:00")
    for partner_id, assigned_at in (("bolt", "01-15 10:00"), ("acme", "02-16 10:00"), ("bolt", "03-20 10:00")):
        _offer(world, "cedar", partner_id, assigned_at, response="expired")
    _lead(world, "larch", "01-20 09:00", lead_channel="event")
    _touch(world, "T5", "larch", at("01-30 09:00"), "email", "C1")
    _deal(world, "O4", "larch", "02-10 09:00", 300.00, is_won=False, closed_at=at("03-10 09:00"), lost_reason="Price")


def _judged_leads(world: Any) -> None:
    _lead(world, "dogwood", "02-01 09:00", segment="student")
    _lead(world, "elm", "02-01 09:00", company=None)
    _lead(world, "fir", "02-01 09:00", consent_to_share=False)
    world.add("leads", source_record_id="alder2", captured_at=at("01-20 09:00"), email="buyer@alder.example",
              company="Alder Works")  # fmt: skip
    _lead(world, "juniper", "02-01 09:00")
    world.add("named_accounts", account="Juniper Works", partner_id="direct")


def _partner_deals(world: Any) -> None:
    _lead(world, "ginkgo", "02-03 09:00", lead_channel="partner_referral", originating_partner_id="acme")
    _deal(world, "O3", "ginkgo", "03-03 09:00", 200.00, is_won=True, closed_at=at("05-04 09:00"), partner_id="acme")
    registrations = (
        (
            "R1",
            "bolt",
            "Maple Works",
            "Firewall",
            "03-01 09:00",
            {"status": "approved", "decided_at": at("03-02 09:00")},
        ),
        ("R2", "acme", "Birch Works", "Edge Router", "03-20 09:00", {"status": "submitted"}),
        (
            "R3",
            "bolt",
            "Birch Works",
            "Edge Router",
            "03-25 09:00",
            {"status": "rejected", "decided_at": at("03-29 09:00")},
        ),
    )
    for registration_id, partner_id, company, product, submitted_at, values in registrations:
        world.add("deal_registrations", registration_id=registration_id, partner_id=partner_id, company=company,
                  product=product, submitted_at=at(submitted_at), amount=700.00, currency="EUR", **values)  # fmt: skip
    _deal(world, "O5", None, "03-15 09:00", 700.00, registration_id="R1", is_won=True, closed_at=at("04-15 09:00"))


def _batches(world: Any) -> None:
    _lead(world, "hazel", "06-12 09:00")
    _lead(world, "iris", "06-05 09:00", country=None)
    _lead(world, "kapok", "06-09 09:00")
    world.add(
        "ledger.batch",
        batch_id="B1",
        status="released",
        as_of=at("06-10 08:00"),
        proposed_at=at("06-10 08:00"),
        reviewed_by="raj",
        approved_by="olivia",
        approved_at=at("06-10 08:30"),
        released_at=at("06-10 09:00"),
        **BATCH,
    )
    world.add("ledger.batch", batch_id="B2", status="proposed", as_of=at("06-15 12:00"), proposed_at=at("06-15 12:00"),
              **(BATCH | {"lead_count": 2}))  # fmt: skip
    lines = (("B1", "kapok", "bolt", None), ("B2", "hazel", "acme", None), ("B2", "iris", None, "NO_COUNTRY"))
    for batch_id, name, partner_id, code in lines:
        world.add("ledger.batch_line", batch_id=batch_id, lead_id=lead_id(name), unit_id=f"unit-{name}", hop=1,
                  partner_id=partner_id, source="routed", is_held=False, exception_code=code)  # fmt: skip
    candidates = (("B2", "hazel", "acme", True, None, True), ("B2", "hazel", "bolt", True, None, False),
                  ("B1", "kapok", "bolt", True, None, True),
                  ("B1", "kapok", "acme", False, "AT_LIMIT", False))  # fmt: skip
    for batch_id, name, partner_id, is_eligible, reason, is_assigned in candidates:
        world.add("ledger.candidate", batch_id=batch_id, unit_id=f"unit-{name}", lead_id=lead_id(name),
                  partner_id=partner_id, is_eligible=is_eligible, exclusion_reason=reason, is_assigned=is_assigned,
                  score=10 if is_eligible else None, rank=1 if is_assigned else 2)  # fmt: skip
    world.add("ledger.assignment", assignment_id="as-kapok", batch_id="B1", lead_id=lead_id("kapok"), partner_id="bolt",
              hop=1, source="routed", status="open", tier_at_release="silver", released_at=at("06-10 09:00"),
              accept_due_at=at("06-11 09:00"), follow_up_due_at=at("06-12 09:00"), rulebook_version="1")  # fmt: skip


def _bookkeeping(world: Any) -> None:
    for campaign_id, channel, spend_date, amount, currency in (
        ("C1", "email", date(2026, 1, 10), 200.00, "EUR"),
        ("C2", None, date(2026, 1, 15), 100.00, "USD"),
        ("BRAND", "print", date(2026, 2, 5), 50.00, "EUR"),
    ):
        world.add("campaign_spend", campaign_id=campaign_id, channel=channel, spend_date=spend_date, amount=amount,
                  currency=currency)  # fmt: skip
    verdict = {"check_name": "leads__rows", "subject_sha256": "s", "rows_seen": 12, "as_of": at("06-15 12:00")}
    world.add("gates.verdict", run_id="run-1", gate="arrivals", passed=True, rows_failed=0, **verdict)
    world.add("gates.verdict", run_id="run-1", gate="marts", passed=True, rows_failed=0, **verdict)
    world.add("ledger.gate_verdict", run_id="run-0", gate="marts", passed=False, rows_failed=2, **verdict)
    world.add("ledger.gate_verdict", run_id="run-1", gate="arrivals", passed=True, rows_failed=0, **verdict)
    world.add("raw.landed_file", feed="crm_leads", entity="leads", file_sha256="f", contract_sha256="c", path="p",
              bytes=1, arrival_seq=1, arrived_at=at("06-15 12:00"), counted=20, accepted=14, duplicates=1, filtered=2,
              quarantined=3, is_snapshot=False)  # fmt: skip
    for number, code in enumerate(("BAD_DATE", "BAD_DATE", "MISSING_KEY")):
        world.add("raw.quarantined_record", quarantine_id=f"q{number}", feed="crm_leads", entity="leads",
                  file_sha256="f", path="p", record_number=number, reason_code=code, message="m", remedy="r",
                  arrival_seq=1, arrived_at=at("06-15 12:00"), record_count=1)  # fmt: skip
    world.add("routing.partner_performance", partner_id="acme", outcome="followed_up", successes_micros=1_000_000,
              trials_micros=2_000_000, offers=2, rate=0.5, lower=0.2, upper=0.8, weight_micros=1_100_000)  # fmt: skip


@pytest.fixture(scope="session")
def world(new_world: Callable[[], Any]) -> Any:
    """The hand-made world, every model and every data test of the project built on it."""
    world = new_world()
    for fill in (_partners, _worked_leads, _judged_leads, _partner_deals, _batches, _bookkeeping):
        fill(world)
    world.build("path:models", "path:data_tests").close()
    return world


@pytest.fixture(scope="session")
def unit_tests(world: Any) -> dict[str, str]:
    """dbt unit test of the marts -> outcome. The models must exist, and nobody else have the warehouse open."""
    world.dbt("test", "--select", "path:models/marts,test_type:unit")
    ran = json.loads((world.target / "run_results.json").read_text())["results"]
    return {result["unique_id"].split(".")[-1]: result["status"] + (result["message"] or "") for result in ran}


@pytest.fixture(scope="session")
def marts(world: Any, unit_tests: dict[str, str]) -> Iterator[duckdb.DuckDBPyConnection]:
    """The built world, opened to read, schema marts."""
    connection = duckdb.connect(str(world.workspace.warehouse), read_only=True)
    connection.execute("set schema = 'marts'")
    yield connection
    connection.close()
