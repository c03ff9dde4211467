"""A hand-made case for each exclusion and each exception code routing gives."""

from datetime import timedelta
from pathlib import Path

import pytest

from routing_jobs.program.errors import ConfigurationError
from routing_jobs.routing.exclusions import EXCLUSIONS, REMEDIES


def reason(world, partner_id="P1", lead_id="L1"):
    candidate = world.candidate(lead_id, partner_id)
    return candidate["exclusion_reason"] if candidate else "not a candidate"


def criteria(**more):
    return {"criteria": {"territory": {"rule": "require"}, "capacity": {"rule": "require"}} | more}


def test_a_partner_that_passes_every_rule_gets_the_lead(world):
    world.partner("P1")
    world.lead("L1")
    world.route()
    assert world.lines() == {"L1": "P1"}
    assert world.candidate("L1", "P1")["is_eligible"]


def test_a_lead_without_country_asks_for_it(world):
    world.partner("P1")
    world.lead("L1", country=None)
    world.route()
    assert world.lines() == {"L1": "[NO_COUNTRY]"}
    line = world.line("L1")
    assert line["remedy"] == REMEDIES["NO_COUNTRY"]
    assert line["owner"] == "operations"


def test_a_lead_without_country_goes_to_a_partner_that_serves_everywhere(world):
    world.partner("P1", covers=None)
    world.territory("P1")
    world.lead("L1", country=None)
    world.route()
    assert world.lines() == {"L1": "P1"}


def test_a_lead_without_region_goes_to_a_country_level_partner(world):
    world.partner("P1", covers=None)
    world.territory("P1", country="DE", region="bavaria")
    world.partner("P2")
    world.lead("L1", region=None)
    world.route()
    assert world.lines() == {"L1": "P2"}
    assert reason(world, "P1") == "not a candidate"


def test_a_lead_without_region_where_partners_cover_only_regions_needs_one(world):
    world.partner("P1", covers=None)
    world.territory("P1", country="DE", region="bavaria")
    world.lead("L1", region=None)
    world.lead("L2", region="saxony")
    world.route()
    assert world.lines() == {"L1": "[NEEDS_REGION]", "L2": "[NO_TERRITORY_MATCH]"}


def test_a_postal_prefix_covers_by_beginning_and_is_asked_for_when_the_code_is_missing(world):
    world.partner("P1", covers=None)
    world.territory("P1", country="DE", postal_prefix="80")
    for lead_id, postal_code in (("L1", "80 331"), ("L2", "90402"), ("L3", None)):
        world.lead(lead_id, postal_code=postal_code)
    world.route()
    assert world.lines() == {"L1": "P1", "L2": "[NO_TERRITORY_MATCH]", "L3": "[NEEDS_REGION]"}


def test_a_territory_of_another_product_line_does_not_cover(world):
    world.partner("P1", covers=None)
    world.territory("P1", country="DE", product="Security")
    world.lead("L1")
    world.route()
    assert world.lines() == {"L1": "[NO_TERRITORY_MATCH]"}


def test_partners_that_did_not_pass_territory_are_counted_by_how_far_off_they_were(world):
    world.partner("P1")
    world.partner("P2", covers=None)
    world.territory("P2", country="DE", region="saxony")
    world.partner("P3", covers="FR")
    world.partner("P4", covers=None)
    world.lead("L1")
    world.route()
    counts = world.connection.execute("select exclusion_reason, partner_count from routing.exclusion_count").fetchall()
    assert dict(counts) == {"OUTSIDE_COUNTRY": 2, "OUTSIDE_AREA": 1}


def test_terminated_partners_are_no_match(world):
    world.partner("P1", status="terminated", is_active_now=False)
    world.lead("L1")
    world.route()
    assert (reason(world), world.lines()["L1"]) == ("TERMINATED", "[NO_TERRITORY_MATCH]")


@pytest.mark.parametrize("code", ["routers", "edge router"])
def test_a_certificate_for_the_product_or_its_line_counts(world, code):
    world.partner("P1", certified=False)
    world.special("P1", "product_certification", code)
    world.lead("L1")
    world.route()
    assert world.lines() == {"L1": "P1"}


def test_without_a_certificate_nobody_may_take_it(world):
    world.partner("P1", certified=False)
    world.lead("L1")
    world.lead("L2", product=None, product_code=None)
    world.route()
    assert reason(world) == "NOT_CERTIFIED"
    assert world.lines() == {"L1": "[NO_CERTIFIED_PARTNER]", "L2": "P1"}


def test_regulated_verticals_exclude_specialists_of_other_verticals(world):
    world.partner("P1")
    world.special("P1", "vertical", "retail")
    world.lead("L1", industry="healthcare")
    world.lead("L2", industry="logistics")
    world.route()
    assert world.lines() == {"L1": "[NO_VERTICAL_MATCH]", "L2": "P1"}
    assert reason(world) == "OTHER_VERTICAL"


def test_a_partner_without_verticals_is_a_generalist(world):
    world.partner("P1")
    world.lead("L1", industry="healthcare")
    world.route(criteria={"vertical": {"rule": "require"}})
    assert world.lines() == {"L1": "P1"}


@pytest.mark.parametrize(
    ("kind", "code", "facts", "expected"),
    [
        ("vertical", "retail", {"industry": "energy"}, "OTHER_VERTICAL"),
        ("segment", "smb", {"segment": "enterprise"}, "OTHER_SEGMENT"),
        ("language", "fr", {"language": "de"}, "OTHER_LANGUAGE"),
    ],
)
def test_required_specializations_exclude_others(world, kind, code, facts, expected):
    world.partner("P1")
    world.special("P1", kind, code)
    world.lead("L1", **facts)
    world.route(**criteria(**{kind: {"rule": "require"}}))
    assert (reason(world), world.lines()["L1"]) == (expected, "[NO_VERTICAL_MATCH]")


@pytest.mark.parametrize(
    ("criterion", "facts", "expected", "exception"),
    [
        ({"tier": {"rule": "require", "at_least": "platinum"}}, {}, "TIER_TOO_LOW", "[NO_CERTIFIED_PARTNER]"),
        (
            {"response_commitment": {"rule": "require", "max_hours": 8}},
            {"response_commitment_hours": 24},
            "SLOW_RESPONSE",
            "[NO_CERTIFIED_PARTNER]",
        ),
        (
            {"proximity": {"rule": "require", "max_km": 100}},
            {"latitude": 52.52, "longitude": 13.40},
            "TOO_FAR",
            "[NO_TERRITORY_MATCH]",
        ),
    ],
)
def test_other_required_criteria_exclude(world, criterion, facts, expected, exception):
    world.partner("P1", **facts)
    world.lead("L1", latitude=48.14, longitude=11.58)
    world.route(**criteria(**criterion))
    assert (reason(world), world.lines()["L1"]) == (expected, exception)


def test_proximity_without_coordinates_is_an_error(world):
    world.partner("P1")
    world.lead("L1")
    with pytest.raises(ConfigurationError, match=r"criteria.proximity: 1 active partners .*P1"):
        world.route(**criteria(proximity={"rule": "require", "max_km": 100}))


def test_all_paused(world):
    world.partner("P1", is_active_now=False, status="paused")
    world.partner("P2", certified=False)
    world.lead("L1")
    world.route()
    assert world.lines() == {"L1": "[ALL_PAUSED]"}
    assert (reason(world, "P1"), reason(world, "P2")) == ("PAUSED", "NOT_CERTIFIED")


def test_no_valid_contact_belongs_to_the_desk_program_yaml_names(world):
    world.partner("P1", has_valid_contact=False)
    world.lead("L1")
    world.route()
    assert (reason(world), world.lines()["L1"]) == ("NO_VALID_CONTACT", "[NO_VALID_CONTACT]")
    assert world.line("L1")["owner"] == "partner-desk"


def test_who_declined_is_not_asked_again_for_that_lead(world):
    world.partner("P1")
    world.lead("L1")
    world.lead("L2")
    world.add("int_routing__refusals", lead_id="L1", partner_id="P1", reason="declined", at=world.as_of)
    world.route()
    assert world.lines() == {"L1": "[ALL_DECLINED]", "L2": "P1"}
    assert reason(world) == "DECLINED"


@pytest.mark.parametrize(("days", "expected"), [(29, "[ALL_DECLINED]"), (31, "P1")])
def test_who_let_it_expire_is_asked_again_after_the_cool_down(world, days, expected):
    world.partner("P1")
    world.lead("L1")
    at = world.as_of - timedelta(days=days)
    world.add("int_routing__refusals", lead_id="L1", partner_id="P1", reason="expired", at=at)
    world.route()
    assert world.lines() == {"L1": expected}


def test_all_at_limit_before_the_batch(world):
    world.partner("P1", free=0)
    world.partner("P2", certified=False)
    world.lead("L1")
    world.route()
    assert (reason(world), world.lines()["L1"]) == ("AT_LIMIT", "[ALL_AT_LIMIT]")
    assert not world.candidate("L1", "P1")["is_eligible"]


def test_all_at_limit_because_of_the_batch_itself(world):
    world.partner("P1", free=1)
    world.lead("L1", estimated_value_minor=100)
    world.lead("L2", estimated_value_minor=900)
    world.route()
    assert world.lines() == {"L1": "[ALL_AT_LIMIT]", "L2": "P1"}
    assert world.candidate("L1", "P1")["is_eligible"]


def test_the_exception_is_the_one_of_the_candidate_that_came_furthest(world):
    world.partner("P1", is_active_now=False)
    world.partner("P2", free=0)
    world.partner("P3", has_valid_contact=False)
    world.lead("L1")
    world.route()
    assert world.lines() == {"L1": "[ALL_AT_LIMIT]"}


def test_exceptions_prepare_already_knows_are_passed_on(world):
    world.partner("P1")
    world.lead("L1", identity_exception="AMBIGUOUS_IDENTITY")
    world.lead("L2", identity_exception="STALLED_NO_UPDATE")
    world.lead("L3", identity_exception="CONTESTED_AFTER_RECALL")
    world.route()
    assert world.lines() == {
        "L1": "[AMBIGUOUS_IDENTITY]",
        "L2": "[STALLED_NO_UPDATE]",
        "L3": "[CONTESTED_AFTER_RECALL]",
    }


def test_one_buyer_gets_one_offer_and_the_lead_that_can_be_placed_goes_first(world):
    world.partner("P1")
    world.lead("L1", identity_id="B", account_id="A", product="security", product_code="firewall", score=99)
    world.lead("L2", identity_id="B", account_id="A", score=61)
    world.lead("L3", identity_id="B", account_id="A", product=None, product_code=None, score=60)
    world.route()
    assert world.lines() == {"L1": "[AMBIGUOUS_IDENTITY]", "L2": "P1", "L3": "[AMBIGUOUS_IDENTITY]"}


def test_every_exclusion_has_a_case_here():
    text = Path(__file__).read_text()
    later = {"DISTRIBUTOR", "OTHER_LEAD", "PRECEDENCE", "COOL_DOWN"}  # in the files about units, precedence, fallbacks
    assert {exclusion.code for exclusion in EXCLUSIONS if f'"{exclusion.code}"' not in text} <= later


def test_an_exception_is_due_one_business_day_after_as_of(world):
    world.lead("L1")
    world.route()
    # Monday 10:00 in Berlin; one span of eight hours later: Tuesday 10:00 = 09:00 UTC
    assert world.line("L1")["due_at"] == world.as_of + timedelta(days=1)
