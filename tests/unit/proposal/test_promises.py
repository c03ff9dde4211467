"""What holds of every proposal, on random worlds; and that the checker sees each promise broken."""

import json
import random
import subprocess
import sys
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routing_jobs.program.rulebook import canonical_body
from routing_jobs.proposal.checker import violations

INDUSTRIES = [None, "retail", "healthcare", "energy"]
TABLES_BY_KEY = {
    "routing.line": "lead_id",
    "routing.candidate": "unit_id, partner_id",
    "routing.partner_price": "is_express, partner_id",
    "routing.partner_performance": "partner_id, outcome",
    "routing.exclusion_count": "unit_id, exclusion_reason",
    "routing.summary": "is_express",
}


def populate(world, seed, leads=25, partners=6, shuffle=None):
    """A messy little program; the same seed gives the same rows, `shuffle` only their order."""
    draw = random.Random(seed)
    rows = []
    for number in range(partners):
        name = f"P{number}"
        facts = {
            "partner_type": draw.choice(["reseller", "reseller", "distributor"]),
            "is_active_now": draw.random() < 0.9,
            "has_valid_contact": draw.random() < 0.9,
            "tier_order": draw.randint(1, 3),
        }
        free = draw.randint(0, 4)
        country, region = draw.choice(["DE", "FR"]), draw.choice([None, "bavaria"])
        is_exclusive = draw.random() < 0.15
        certified, vertical = draw.random() < 0.8, draw.choice(INDUSTRIES)
        rows.append(
            lambda n=name, f=facts, k=free, c=certified: world.partner(n, free=k, covers=None, certified=c, **f)
        )
        rows.append(
            lambda n=name, c=country, r=region, e=is_exclusive: world.territory(n, country=c, region=r, is_exclusive=e)
        )
        if vertical:
            rows.append(lambda n=name, v=vertical: world.special(n, "vertical", v))
        good = draw.randint(0, 6)
        rows.append(lambda n=name, g=good: world.offers(n, good=g, bad=6 - g))
    for number in range(leads):
        name = f"L{number:03}"
        facts = {
            "account_id": f"A{draw.randint(0, leads // 2)}",
            "identity_id": f"I{draw.randint(0, leads)}",
            "country": draw.choice(["DE", "DE", "FR", None]),
            "region": draw.choice([None, "bavaria", "saxony"]),
            "industry": draw.choice(INDUSTRIES),
            "estimated_value_minor": draw.choice([None, 10_000, 250_000, 990_000]),
            "age_days": draw.randint(0, 90),
            "score": draw.randint(60, 100),
            "direction": draw.choice(["vendor", "vendor", "partner"]),
            "originating_partner_id": draw.choice([None, None, "P1"]),
            "is_express": draw.random() < 0.2,
        }
        rows.append(lambda n=name, f=facts: world.lead(n, **f))
        if draw.random() < 0.1:
            partner = f"P{draw.randrange(partners)}"
            rows.append(lambda f=facts, p=partner: named(world, f["account_id"], p))
        if draw.random() < 0.2:
            partner, reason = f"P{draw.randrange(partners)}", draw.choice(["declined", "expired"])
            at = world.as_of - timedelta(days=draw.randint(1, 60))
            rows.append(
                lambda n=name, p=partner, r=reason, t=at: world.add(
                    "int_routing__refusals", lead_id=n, partner_id=p, reason=r, at=t
                )
            )
    if shuffle is not None:
        random.Random(shuffle).shuffle(rows)
    for row in rows:
        row()


def named(world, account_id, partner_id):
    world.add("int_routing__named_accounts", account_id=account_id, product=None, partner_id=partner_id)


def contents(world):
    return {
        table: world.connection.execute(f"select * from {table} order by {key}").fetchall()
        for table, key in TABLES_BY_KEY.items()
    }


RULES = {
    "tie_band": 0.05,
    "fallback": ["widen", "distributor"],
    "performance": {"newcomer_share": 0.2},
    "express": {"grades": ["A"], "interests": ["demo_request"], "max_leads": 3},
}


@settings(deadline=None, max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6))
def test_every_lead_has_one_fate_and_no_rule_is_broken(make_world, seed):
    world = make_world()
    populate(world, seed)
    proposals = world.route(**RULES)  # asks the independent checker
    lines = world.lines()
    assert len(lines) == 25 == sum(proposal.leads for proposal in proposals)
    assert all(lines.values())
    for proposal in proposals:
        assert proposal.leads == proposal.assigned + sum(proposal.exceptions.values())
        assert proposal.objective == proposal.upper_bound
        assert proposal.band_cost >= 0


def test_the_order_of_rows_and_the_number_of_threads_change_nothing(make_world):
    world, other = make_world(), make_world()
    populate(world, 7, shuffle=None)
    world.route(**RULES)
    other.connection.execute("set threads = 8")
    populate(other, 7, shuffle=99)
    other.route(**RULES)
    assert contents(world) == contents(other)


def test_routing_again_says_the_same(make_world):
    world = make_world()
    populate(world, 3)
    world.route(**RULES)
    first = contents(world)
    world.route(**RULES)
    assert contents(world) == first


SCRIPT = """
import importlib.util, json, sys
def load(name, path):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
conftest, promises = load("world_tables", sys.argv[1]), load("promises", sys.argv[2])
world = conftest.new_world()
promises.populate(world, 11)
print(json.dumps([proposal.content_sha256 for proposal in world.route(**promises.RULES)]))
"""


def test_hash_seed_time_zone_and_locale_change_nothing(request):
    folder = request.path.parent
    found = set()
    for seed, zone, locale in (("0", "UTC", "C"), ("1", "Asia/Tokyo", "C.UTF-8"), ("random", "America/Lima", "C")):
        environment = {"PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": locale, "PATH": ""}
        command = [sys.executable, "-c", SCRIPT, str(folder / "conftest.py"), str(request.path)]
        ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        found.add(tuple(json.loads(ran.stdout.splitlines()[-1])))
    assert len(found) == 1


def placed(world):
    """P1 takes L1 (routers, DE); P2 could too; P3 covers France only."""
    world.partner("P1", free=1)
    world.partner("P2", tier_order=3)
    world.partner("P3", covers="FR")
    world.special("P2", "vertical", "retail")
    world.lead("L1", industry="energy")
    world.lead("L2", account_id="account-L1", identity_id="identity-L2", industry="energy")
    world.route()
    assert violations(world.connection) == []


PLANTED = {
    "is_routable": "update routing.line set lead_id = 'L9' where lead_id = 'L1'",
    "has_one_fate": "update routing.line set partner_id = null where lead_id = 'L1'",
    "exception_is_owned": "update routing.line set partner_id = null, exception_code = 'ALL_PAUSED'",
    "has_consent": "update intermediate.int_leads__enriched set has_consent = null where lead_id = 'L1'",
    "partner_is_active": "update intermediate.int_routing__partners set is_active_now = false",
    "partner_can_be_reached": "update intermediate.int_routing__partners set has_valid_contact = false",
    "territory_covers": "update routing.line set partner_id = 'P3'",
    "is_certified": "delete from intermediate.int_routing__specializations where kind = 'product_certification'",
    "was_not_refused": "insert into intermediate.int_routing__refusals values ('L1', 'P1', 'declined', '2020-01-01')",
    "is_only_offer_of_buyer": "update routing.line set identity_id = 'identity-L1'",
    "is_only_partner_of_account": "update routing.line set partner_id = 'P2' where lead_id = 'L2'",
    "is_on_the_roster": "delete from intermediate.int_routing__partners where partner_id = 'P1'",
    "is_within_capacity": "update intermediate.int_routing__partners set slots_used = capacity",
    "is_within_batch_limit": "update intermediate.int_routing__partners set batch_limit = 0",
    "is_within_daily_limit": "update intermediate.int_routing__partners set daily_limit = 0",
    "is_within_monthly_limit": "update intermediate.int_routing__partners set monthly_limit = 1, used_this_month = 1",
    "certificate_adds_up": "update routing.candidate_pair set banded_score = banded_score * 2",
    "bound_holds": "update routing.summary set upper_bound = objective - 1",
    "no_slot_is_wasted": "update routing.line set partner_id = null, exception_code = 'ALL_AT_LIMIT'",
}


@pytest.mark.parametrize("promise", PLANTED)
def test_the_checker_sees_each_promise_broken(world, promise):
    placed(world)
    world.connection.execute(PLANTED[promise])
    assert promise in {violation.promise for violation in violations(world.connection)}


@pytest.mark.parametrize(
    ("promise", "changed"),
    [
        ("serves_vertical", {"regulated_verticals": ["energy"]}),
        ("serves_vertical", {"criteria": {"vertical": {"rule": "require"}}}),
        ("serves_segment", {"criteria": {"segment": {"rule": "require"}}}),
        ("speaks_language", {"criteria": {"language": {"rule": "require"}}}),
        ("has_the_tier", {"criteria": {"tier": {"rule": "require", "at_least": "gold"}}}),
        ("commits_to_answer", {"criteria": {"response_commitment": {"rule": "require", "max_hours": 8}}}),
    ],
)
def test_the_checker_sees_a_required_criterion_broken(world, program, promise, changed):
    placed(world)
    world.special("P2", "segment", "smb")
    world.special("P2", "language", "fr")
    world.connection.execute("update intermediate.int_routing__leads set segment = 'enterprise', \"language\" = 'de'")
    world.connection.execute("update routing.line set partner_id = 'P2'")
    before = {violation.promise for violation in violations(world.connection)}
    world.connection.execute("update program.rulebook set body = ?", [canonical_body(program(**changed).routing)])
    assert promise in {violation.promise for violation in violations(world.connection)} - before


def test_the_checker_counts_offers_that_are_open_already(world):
    placed(world)
    world.add(
        "int_offers",
        lead_id="L0",
        identity_id="identity-L1",
        account_id="account-L1",
        product="routers",
        partner_id="P9",
        is_open=True,
    )
    promises = {violation.promise for violation in violations(world.connection)}
    assert {"is_only_offer_of_buyer", "is_only_partner_of_account"} <= promises


def test_lines_changed_by_hand_are_checked_without_the_certificate(world):
    placed(world)
    world.connection.execute("create table changed as select * replace ('P3' as partner_id) from routing.line")
    promises = {violation.promise for violation in violations(world.connection, "changed")}
    assert promises == {"territory_covers"}
