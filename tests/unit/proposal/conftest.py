"""A small program as prepare would leave it: tables written by SQL, one helper to route it."""

import json
from dataclasses import dataclass
from datetime import datetime

import duckdb
import pytest

from routing_jobs.program.config import ProgramConfig
from routing_jobs.program.loading import Program
from routing_jobs.program.rulebook import (
    AttributionRules,
    RoutingRules,
    ScoringRules,
    SlaRules,
    canonical_body,
    rulebook_hash,
)
from routing_jobs.proposal import Proposal, propose
from routing_jobs.proposal.checker import violations
from routing_jobs.warehouse.schema import create_tables

AS_OF = datetime.fromisoformat("2026-03-02T09:00:00")  # a Monday

ROUTING = {
    "version": "test",
    "criteria": {
        "territory": {"rule": "require"},
        "product_certification": {"rule": "require"},
        "vertical": {"rule": "prefer", "weight": 1.25},
        "capacity": {"rule": "require"},
        "performance": {"rule": "prefer"},
        "tier": {"rule": "tiebreak", "order": 1},
    },
    "tiers": ["platinum", "gold", "silver"],
    "regulated_verticals": ["healthcare"],
    "product_lines": {"routers": ["Edge Router"], "security": ["Firewall"]},
    "tie_band": 0.0,
    "limits": {"default_capacity": 10, "default_batch_limit": 25},
    "performance": {"newcomer_share": 0.0},
    "value": {"default_minor": 500000},
    "age_decay": {"half_life_days": 30},
}
SCORING = {"version": "test", "qualified_at": 60, "grades": {"A": 80, "B": 60, "C": 0}}
DAY = {"business_days": 1}
SLA = {
    "version": "test",
    "calendars": {"default": {"weekdays": [1, 2, 3, 4, 5], "open": "09:00", "close": "17:00"}},
    "clocks": {
        "capture_to_release": DAY,
        "release_to_acceptance": DAY,
        "release_to_follow_up": DAY,
        "capture_to_follow_up": DAY,
    },
    "matures_after_days": {"accepted": 1, "worked": 1, "partner_qualified": 1, "opportunity": 90, "won": 180},
}
TABLES = {
    "int_routing__leads": """
        lead_id varchar, unit_id varchar, identity_id varchar, account_id varchar, product varchar,
        product_code varchar, country varchar, region varchar, postal_code varchar, latitude double, longitude double,
        industry varchar, segment varchar, language varchar, score integer, grade varchar, captured_at timestamp,
        age_days integer, hop integer, estimated_value_minor bigint, lead_channel varchar, direction varchar,
        originating_partner_id varchar, campaign_id varchar, is_express boolean, identity_exception varchar""",
    "int_routing__partners": """
        partner_id varchar, partner_type varchar, parent_partner_id varchar, status varchar, is_active_now boolean,
        tier varchar, tier_order integer, country varchar, timezone varchar, latitude double, longitude double,
        capacity bigint, batch_limit bigint, daily_limit bigint, monthly_limit bigint, slots_used bigint,
        used_today bigint, used_this_month bigint, free_slots bigint, has_valid_contact boolean,
        response_commitment_hours bigint""",
    "int_routing__territories": """
        partner_id varchar, country varchar, region varchar, postal_prefix varchar, product varchar,
        is_exclusive boolean, capacity bigint""",
    "int_routing__specializations": "partner_id varchar, kind varchar, code varchar",
    "int_routing__refusals": 'lead_id varchar, partner_id varchar, reason varchar, "at" timestamp',
    "int_routing__incumbents": "account_id varchar, product varchar, partner_id varchar, since timestamp",
    "int_routing__live_registrations": """
        account_id varchar, product varchar, partner_id varchar, registration_id varchar""",
    "int_routing__named_accounts": "account_id varchar, product varchar, partner_id varchar",
    "int_partners__offer_outcomes": """
        partner_id varchar, assignment_id varchar, lead_id varchar, country varchar, segment varchar, product varchar,
        released_at timestamp, age_days integer, follow_up_window_closed boolean, is_followed_up_in_time boolean,
        is_left_out boolean, left_out_reason varchar, is_opportunity_matured boolean, has_opportunity boolean,
        is_won_matured boolean, is_won boolean""",
    "int_routing__open_units": """
        partner_id varchar, account_id varchar, product varchar, product_code varchar, country varchar, region varchar,
        postal_code varchar""",
    "int_routing__fairness": "pool varchar, partner_id varchar, credit_nanos bigint",
    "int_values__reference": "product varchar, segment varchar, country varchar, median_won_minor bigint, n bigint",
    "int_values__cap": "cap_minor bigint",
    "int_leads__enriched": "lead_id varchar, has_consent boolean",
    "int_offers": """
        lead_id varchar, identity_id varchar, account_id varchar, product varchar, partner_id varchar,
        is_open boolean""",
}


def make_program(**routing) -> Program:
    """A program whose routing rules are ROUTING with top-level keys replaced."""
    rules = {
        "routing": RoutingRules.model_validate_json(json.dumps(ROUTING | routing)),
        "scoring": ScoringRules.model_validate_json(json.dumps(SCORING)),
        "sla": SlaRules.model_validate_json(json.dumps(SLA)),
        "attribution": AttributionRules.model_validate_json(json.dumps({"version": "test"})),
    }
    config = ProgramConfig.model_validate_json(
        json.dumps(
            {
                "name": "Test",
                "timezone": "Europe/Berlin",
                "currency": "EUR",
                "owners": {"default": "operations", "NO_VALID_CONTACT": "partner-desk"},
            }
        )
    )
    return Program(config=config, **rules, sources={}, rulebook_sha256=rulebook_hash(rules), rulebook_version="test")


@dataclass
class World:
    """The tables of one test; rows are given by name, everything else has a harmless value."""

    connection: duckdb.DuckDBPyConnection
    as_of: datetime = AS_OF

    def add(self, table: str, **row) -> None:
        names = ", ".join(f'"{name}"' for name in row)
        marks = ", ".join("?" for _ in row)
        self.connection.execute(f"insert into intermediate.{table} ({names}) values ({marks})", list(row.values()))

    def lead(self, lead_id: str, **facts) -> None:
        account = facts.get("account_id", f"account-{lead_id}")
        product = facts.get("product", "routers")
        row = {
            "lead_id": lead_id,
            "identity_id": f"identity-{lead_id}",
            "account_id": account,
            "unit_id": f"unit-{account}-{product}",
            "product": product,
            "product_code": "edge router",
            "country": "DE",
            "region": "bavaria",
            "score": 70,
            "grade": "B",
            "captured_at": datetime.fromisoformat("2026-03-01"),
            "age_days": 0,
            "hop": 1,
            "direction": "vendor",
            "is_express": False,
        }
        self.add("int_routing__leads", **row | facts)
        self.add("int_leads__enriched", lead_id=lead_id, has_consent=True)

    def partner(self, partner_id: str, *, free: int = 10, covers: str | None = "DE", certified: bool = True, **facts):
        row = {
            "partner_id": partner_id,
            "partner_type": "reseller",
            "status": "active",
            "is_active_now": True,
            "tier": "gold",
            "tier_order": 2,
            "capacity": free,
            "batch_limit": free,
            "slots_used": 0,
            "free_slots": free,
            "has_valid_contact": True,
        }
        self.add("int_routing__partners", **row | facts)
        if covers is not None:
            self.territory(partner_id, country=covers)
        if certified:
            self.special(partner_id, "product_certification", "routers")

    def territory(self, partner_id: str, *, is_exclusive: bool = False, **area) -> None:
        self.add("int_routing__territories", partner_id=partner_id, is_exclusive=is_exclusive, **area)

    def special(self, partner_id: str, kind: str, code: str) -> None:
        self.add("int_routing__specializations", partner_id=partner_id, kind=kind, code=code)

    def offers(self, partner_id: str, *, good: int, bad: int) -> None:
        for number in range(good + bad):
            self.add(
                "int_partners__offer_outcomes",
                partner_id=partner_id,
                assignment_id=f"{partner_id}-{number}",
                age_days=0,
                follow_up_window_closed=True,
                is_followed_up_in_time=number < good,
                is_left_out=False,
                is_opportunity_matured=False,
                has_opportunity=False,
                is_won_matured=False,
                is_won=False,
            )

    def route(self, program: Program | None = None, **routing) -> list[Proposal]:
        """Propose, and have the independent checker look over it."""
        program = program or make_program(**routing)
        self.connection.execute("create schema if not exists program")
        self.connection.execute("create or replace table program.setting (as_of timestamp, timezone varchar)")
        self.connection.execute("insert into program.setting values (?, ?)", [AS_OF, program.config.timezone])
        self.connection.execute("create or replace table program.rulebook (file varchar, body varchar)")
        self.connection.execute("insert into program.rulebook values ('routing', ?)", [canonical_body(program.routing)])
        proposals = propose(self.connection, program, AS_OF, "run-1")
        assert violations(self.connection) == []
        return proposals

    def lines(self) -> dict[str, str | None]:
        """lead -> its partner, or the exception in brackets, or None where neither."""
        rows = self.connection.execute("select lead_id, partner_id, exception_code from routing.line").fetchall()
        return {lead: partner or (f"[{code}]" if code else None) for lead, partner, code in rows}

    def line(self, lead_id: str) -> dict:
        found = self.connection.execute("select * from routing.line where lead_id = ?", [lead_id])
        names = [column[0] for column in found.description]
        return dict(zip(names, found.fetchone(), strict=True))

    def candidate(self, lead_id: str, partner_id: str) -> dict | None:
        found = self.connection.execute(
            "select * from routing.candidate where lead_id = ? and partner_id = ?", [lead_id, partner_id]
        )
        names = [column[0] for column in found.description]
        rows = found.fetchall()
        assert len(rows) <= 1
        return dict(zip(names, rows[0], strict=True)) if rows else None


def new_world() -> World:
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("set threads = 1")  # faster for a handful of rows
    create_tables(connection)
    connection.execute("create schema intermediate")
    for table, columns in TABLES.items():
        connection.execute(f"create table intermediate.{table} ({columns})")
    connection.execute("insert into intermediate.int_values__cap values (null)")
    return World(connection)


@pytest.fixture
def world() -> World:
    return new_world()


@pytest.fixture
def make_world():
    return new_world


@pytest.fixture
def program():
    return make_program
