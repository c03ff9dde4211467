"""Coverage of a random small program, through the real models, against a Python twin that looks at one pair at a time."""

import random

import pytest
from routing_twin import PRODUCTS, taken_by

ROUTING = """
version: "1"
tiers: [platinum, gold, silver]
criteria:
  product_certification: {rule: require, valid_to: 2026-06-15}
  vertical: {rule: require, valid_from: 2026-06-16}
  segment: {rule: require}
  language: {rule: require}
  tier: {rule: require, at_least: gold}
  response_commitment: {rule: require, max_hours: 8}
regulated_verticals: [Healthcare]
fallback: [distributor]
product_lines: {routers: [Edge Router, Core Router], security: [Firewall]}
limits: {default_capacity: 10, default_batch_limit: 25}
value: {default_minor: 500000}
age_decay: {half_life_days: 30}
"""
RULES = {
    "certified": True, "vertical": False, "segment": True, "language": True, "tier": True, "response": True,
    "is_over": None,
}  # fmt: skip
TIERS = {1: "platinum", 2: "Gold", 3: "silver", None: None}
WRITTEN = {"routers": "Edge Router", "security": "security"}  # a territory for a product is one for its line
LANGUAGES = {"DE": "de", "FR": "fr", None: None}
SKILLS = {
    "product_certification": ["routers", "edge router", "security"],
    "vertical": ["retail", "healthcare"],
    "segment": ["smb", "enterprise"],
    "language": ["de", "fr"],
}


def random_case(draw):
    """In the twin's shape; most partners fail few rules, so that what tells them apart is each rule in turn."""

    def partner():
        return {
            "status": draw.choice(["active"] * 8 + ["paused", "terminated"]),
            "has_valid_contact": draw.random() < 0.9,
            "partner_type": draw.choice(["reseller", "reseller", "reseller", "Distributor "]),
            "tier_order": draw.choice([1] + [2] * 6 + [3, None]),
            "response_commitment_hours": draw.choice([4] * 8 + [24, None]),
        }

    def skills():
        kinds = [kind for kind in SKILLS if draw.random() < (0.95 if kind == "product_certification" else 0.4)]
        most = {"product_certification": 3}
        return {
            (kind, code) for kind in kinds for code in draw.sample(SKILLS[kind], draw.randint(1, most.get(kind, 2)))
        }

    def area():
        return {
            "country": draw.choice([None, "DE", "DE", "FR"]),
            "region": draw.choice([None, None, "bavaria", "saxony"]),
            "postal_prefix": draw.choice([None, None, None, "80", "9"]),
            "product": draw.choice([None, None, "routers", "security"]),
        }

    def areas():
        found = [area() for _ in range(draw.randint(1, 2))]
        return found[:1] if found[0] == found[-1] else found

    def lead(number):
        product = draw.choice(["routers", "routers", "security"])
        country = draw.choice(["DE", "DE", "FR", None])
        return {
            "lead_id": f"L{number}",
            "product": product,
            "product_code": draw.choice([code for code in PRODUCTS[product] if code]),
            "country": country,
            "region": draw.choice([None, "bavaria", "Saxony"]),
            "postal_code": draw.choice([None, "80 331", "90402"]),
            "industry": draw.choice([None, "Retail", "healthcare", "energy"]),
            "segment": draw.choice([None, "smb", "Enterprise"]),
            "language": LANGUAGES[country],
        }

    count = 25
    return {
        "rules": RULES,
        "partners": [partner() for _ in range(count)],
        "skills": [skills() for _ in range(count)],
        "areas": [areas() for _ in range(count)],
        "leads": [lead(number) for number in range(80)],
    }


def enter(world, case):
    for number, partner in enumerate(case["partners"]):
        partner_id, facts = f"P{number}", dict(partner)
        address = f"leads@p{number}.example" if facts.pop("has_valid_contact") else None
        world.add("partners", partner_id=partner_id, **facts | {"tier": TIERS[facts["tier_order"]]})
        world.add("partner_contacts", partner_id=partner_id, email=address)
        for kind, code in sorted(case["skills"][number]):
            world.add("partner_specializations", partner_id=partner_id, kind=kind, code=code)
        for area in case["areas"][number]:
            product = WRITTEN.get(area["product"])
            world.add("partner_territories", partner_id=partner_id, **area | {"product": product})
    for lead in case["leads"]:
        facts = {name: lead[name] for name in ("country", "region", "postal_code", "industry", "segment")}
        name = lead["lead_id"]
        world.add(
            "leads", source_record_id=name, email=f"buyer@{name}.example", company=f"{name} Works",
            product_interest=[lead["product_code"].title()], **facts,
        )  # fmt: skip


def pairs_if(case, rule):
    """Who takes what were `rule` the other way about."""
    return taken_by(case | {"rules": RULES | {rule: not RULES[rule]}}, ["distributor"])


def lowered(text):
    return text.lower() if text else None


@pytest.mark.slow
def test_coverage_of_a_random_program_is_the_twins(new_world):
    world, case = new_world(), random_case(random.Random(1))
    world.routing = ROUTING
    enter(world, case)
    for rule in ("certified", "vertical", "segment", "language", "tier", "response"):
        assert pairs_if(case, rule) != taken_by(case, ["distributor"]), rule  # each makes a difference here
    takers: dict = {}
    for (lead_id, partner_id), is_fallback in taken_by(case, ["distributor"]).items():
        takers.setdefault(lead_id, {})[partner_id] = is_fallback
    cells: dict = {}
    for lead in case["leads"]:
        cell = cells.setdefault((lead["country"], lowered(lead["industry"]), lead["product"]), [])
        cell.append(takers.get(lead["lead_id"], {}))
    expected = {}
    for cell, found in cells.items():
        partners = {partner for of_lead in found for partner in of_lead}
        only_fallback = {p for p in partners if all(of_lead.get(p, True) for of_lead in found)}
        expected[cell] = (len(found), len(partners), len(only_fallback), sum(not of_lead for of_lead in found))
    assert 0 < sum(row[3] for row in expected.values()) < len(case["leads"])
    assert any(row[1] == 0 for row in expected.values()) and any(row[1] > 2 for row in expected.values())

    with world.build("+rpt_coverage") as warehouse:
        rows = warehouse.execute(
            "select country, industry, product, qualified_count, eligible_partner_count, fallback_partner_count, "
            "without_partner_count, is_uncovered from marts.rpt_coverage"
        ).fetchall()
    assert {row[:3]: row[3:7] for row in rows} == expected
    assert all(row[7] == (row[4] == 0) for row in rows)
