"""Rules that can never act are named, and those that can are not: from configuration, then from the roster."""

import json
from datetime import date

import pytest
from roster_world import DAY, config_findings, edit, put, roster_findings

from routing_jobs.ledger.rulebooks import with_rules
from routing_jobs.program.loading import load_program
from routing_jobs.program.reach_check import check_reach
from routing_jobs.program.roster_reach import check_roster_reach

ALL_RULES = "precedence: [live_registration, named_account, originating_partner, incumbent, exclusive_territory]"


def with_routing(workspace, **changes):
    """The starter's program with keys of routing.yaml replaced."""
    program = load_program(workspace)
    body = program.routing.model_dump(mode="json") | changes
    return with_rules(program, program.rules | {"routing": type(program.routing).model_validate(body)})


def reach(workspace, **changes):
    return [f"{finding.subject}: {finding.message}" for finding in check_reach(with_routing(workspace, **changes))]


def roster_reach(roster, workspace, **changes):
    found = check_roster_reach(roster, with_routing(workspace, **changes), DAY)
    return [f"{finding.severity} {finding.subject}: {finding.message}" for finding in found]


def test_precedence_without_a_feed_is_named_and_with_one_is_not(workspace):
    edit(workspace, "rulebook/routing.yaml", "precedence: [incumbent, exclusive_territory]", ALL_RULES)
    messages = [finding.message for finding in check_reach(load_program(workspace))]
    assert messages == [
        "live_registration is never reached: no feed brings deal_registrations",
        "named_account is never reached: no feed brings named_accounts",
        "originating_partner is never reached: no feed of leads maps originating_partner_id",
    ]
    edit(workspace, "sources/leads.yaml", "columns:  ", "columns:\n  originating_partner_id: partner #")
    assert [finding.message for finding in check_reach(load_program(workspace))] == messages[:2]
    (workspace.sources / "opportunities.yaml").unlink()
    assert "incumbent is never reached: no feed brings opportunities" in config_findings(workspace).values()


@pytest.mark.parametrize(
    ("fallback", "said"),
    [
        (["direct", "widen", "distributor"], "widen, distributor are never reached: direct before it keeps every lead"),
        (["widen", "nurture", "direct"], "direct is never reached: nurture before it keeps every lead that is left"),
        (["widen", "distributor", "direct"], None),
        ([], None),
    ],
)
def test_a_fallback_behind_one_that_keeps_every_lead_is_named(workspace, fallback, said):
    found = reach(workspace, fallback=fallback)
    assert (found == []) if said is None else said in found[0]


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (
            [{"segment": ["SMB", "public"]}, {"segment": ["smb"], "grade": ["A"]}],
            "overrides[1]: is never reached: overr",
        ),
        ([{"segment": ["smb"], "grade": ["A"]}, {"segment": ["smb"]}], None),
        ([{"segment": ["smb"]}, {"segment": ["smb", "public"]}], None),
        ([{"product": ["nothing"]}], "overrides[0]: is never reached: there is no product nothing"),
        ([{"grade": ["Z", "a"]}], None),
        ([{"grade": ["Z"]}], "overrides[0]: is never reached: there is no grade z"),
    ],
)
def test_an_override_nothing_can_fit_is_named(workspace, overrides, said):
    found = reach(workspace, overrides=[{"mode": "waterfall", **one} for one in overrides])
    if said is None:
        assert found == []
    else:
        assert len(found) == 1
        assert said in found[0]


def test_precedence_without_a_claim_in_the_data_is_named(roster, workspace):
    assert roster_findings(roster, workspace) == []
    roster.execute("update raw.partner_territories set is_exclusive = false")
    roster.execute("update raw.opportunities set is_closed = true")
    assert roster_reach(roster, workspace) == [
        "warning routing.yaml: precedence: incumbent is never reached: no row of opportunities has a claim",
        "warning routing.yaml: precedence: exclusive_territory is never reached: no row of partner_territories has "
        "is_exclusive",
    ]


def test_a_rule_without_feed_is_named_once_only(roster, workspace):
    edit(workspace, "rulebook/routing.yaml", "precedence: [incumbent, exclusive_territory]", ALL_RULES)
    assert roster_findings(roster, workspace) == []
    edit(workspace, "sources/leads.yaml", "columns:  ", "columns:\n  originating_partner_id: partner #")
    ((_, message),) = roster_findings(roster, workspace)
    assert message == "originating_partner is never reached: no row of leads has originating_partner_id"
    put(roster, "leads", {"source_record_id": "9", "country_code": "DE", "originating_partner_id": "p1"})
    assert roster_findings(roster, workspace) == []


def test_a_fallback_that_asks_nobody_is_named(roster, workspace):
    roster.execute("update raw.partners set status = 'terminated' where partner_id = 'p3'")
    (found,) = roster_reach(roster, workspace)
    assert "distributor is never reached: no partner on the roster has the type" in found
    assert roster_reach(roster, workspace, fallback=[]) == []
    (found,) = roster_reach(roster, workspace, fallback=["default_partner"], default_partner="p3")
    assert found.startswith("error routing.yaml: default_partner: p3 is not on the roster, or terminated")
    assert roster_reach(roster, workspace, fallback=["default_partner"], default_partner="p1") == []


def test_a_criterion_nobody_has_a_fact_for_is_named(roster, workspace):
    roster.execute("delete from raw.partner_specializations where kind in ('segment', 'language')")
    roster.execute("update raw.partners set response_commitment_hours = null")
    criteria = {
        "segment": {"rule": "require"},
        "language": {"rule": "prefer", "weight": 1.5},
        "response_commitment": {"rule": "require", "max_hours": 8.0},
    }
    generalists = "so all are generalists"
    assert roster_reach(roster, workspace, criteria=criteria) == [
        f"warning routing.yaml: criteria.segment: decides nothing: no partner has a specialization of kind segment, {generalists}",
        f"warning routing.yaml: criteria.language: decides nothing: no partner has a specialization of kind language, {generalists}",
        "warning routing.yaml: criteria.response_commitment: excludes every partner: no partner states "
        "response_commitment_hours",
    ]
    assert roster_reach(roster, workspace, criteria={}) == []
    criteria["segment"]["valid_to"] = "2026-02-28"  # not in force
    assert not any("segment" in one for one in roster_reach(roster, workspace, criteria=criteria))


def candidates(roster, *rows):
    """Rows of unit, partner, banded score; every one eligible, of a lead named as the unit."""
    roster.execute("delete from routing.candidate")
    for unit, partner, banded in rows:
        roster.execute(
            "insert into routing.candidate (unit_id, lead_id, partner_id, is_eligible, banded_score) "
            "values (?, ?, ?, true, ?)",
            [unit, unit, partner, banded],
        )


def tiebreaks(*names):
    return {name: {"rule": "tiebreak", "order": order} for order, name in enumerate(names, start=1)}


def undecided(roster, workspace, *names):
    found = check_roster_reach(roster, with_routing(workspace, criteria=tiebreaks(*names)), DAY)
    return {
        finding.subject.rpartition(".")[2]: finding.message for finding in found if "never decided" in finding.message
    }


def test_each_tiebreak_is_judged_on_what_those_before_it_left_open(roster, workspace):
    candidates(roster, ("u1", "p1", 5), ("u1", "p2", 5), ("u1", "p3", 5))  # gold, silver, none: tier settles it
    assert undecided(roster, workspace, "tier", "response_commitment") == {
        "response_commitment": "never decided in the last run: tiebreaks before it settled each of 1 tied unit"
    }
    assert undecided(roster, workspace, "response_commitment", "tier") == {
        "tier": "never decided in the last run: tiebreaks before it settled each of 1 tied unit"
    }
    roster.execute("update raw.partners set tier = 'gold'")
    found = undecided(roster, workspace, "tier", "response_commitment")
    assert list(found) == ["tier"]
    assert "are equal" in found["tier"]


def test_a_tiebreak_by_performance_is_judged_on_the_weights_of_the_last_run(roster, workspace):
    candidates(roster, ("u1", "p1", 5), ("u1", "p2", 5))
    for partner, weight in (("p1", 900_000), ("p2", 900_000)):
        roster.execute(
            "insert into routing.partner_performance (partner_id, outcome, weight_micros) values (?, 'won', ?)",
            [partner, weight],
        )
    assert list(undecided(roster, workspace, "performance")) == ["performance"]
    roster.execute("update routing.partner_performance set weight_micros = 950000 where partner_id = 'p1'")
    assert undecided(roster, workspace, "performance") == {}


def test_a_tiebreak_by_vertical_is_judged_on_what_the_lead_asks(roster, workspace):
    candidates(roster, ("u1", "p1", 5), ("u1", "p2", 5))
    assert undecided(roster, workspace, "vertical") == {}, "no run has been finished: nothing is known"
    roster.execute("create schema intermediate")
    roster.execute("""
        create table intermediate.int_routing__leads as
        select 'u1' as lead_id, 'Finance' as industry, 'smb' as segment, 'fr' as language, 'line' as product,
            'code' as product_code
    """)
    roster.execute("""
        create table intermediate.int_routing__specializations as
        select 'p2' as partner_id, 'vertical' as kind, 'retail' as code
    """)
    assert list(undecided(roster, workspace, "vertical")) == ["vertical"]
    roster.execute("update intermediate.int_routing__specializations set code = 'finance'")
    assert undecided(roster, workspace, "vertical") == {}
    roster.execute("update intermediate.int_routing__specializations set kind = 'product_certification', code = 'code'")
    assert undecided(roster, workspace, "product_certification") == {}


def test_the_day_of_the_check_decides_which_criteria_are_in_force(roster, workspace):
    candidates(roster, ("u1", "p3", 5), ("u1", "p3", 5))
    program = with_routing(workspace, criteria={"tier": {"rule": "tiebreak", "order": 1, "valid_from": "2026-03-02"}})
    assert json.dumps([one.message for one in check_roster_reach(roster, program, date(2026, 3, 1))]) == "[]"
