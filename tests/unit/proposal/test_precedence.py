"""A hand-made case for each rule of precedence, what binds, what only goes first, and the conflicts."""

import pytest


@pytest.fixture
def two(world):
    """P1 would win on its tier; P2 is the partner claims name."""
    world.partner("P1", tier_order=1)
    world.partner("P2", tier_order=3)
    return world


def claim(world, rule, partner_id="P2", lead_id="L1"):
    account = f"account-{lead_id}"
    if rule == "live_registration":
        world.add(
            "int_routing__live_registrations",
            account_id=account,
            product="routers",
            partner_id=partner_id,
            registration_id=f"R-{partner_id}",
        )
    elif rule == "named_account":
        world.add("int_routing__named_accounts", account_id=account, product=None, partner_id=partner_id)
    elif rule == "originating_partner":
        world.connection.execute(
            "update intermediate.int_routing__leads set originating_partner_id = ? where lead_id = ?",
            [partner_id, lead_id],
        )
    elif rule == "incumbent":
        world.add(
            "int_routing__incumbents", account_id=account, product="routers", partner_id=partner_id, since=world.as_of
        )
    else:
        world.connection.execute(
            "update intermediate.int_routing__territories set is_exclusive = true where partner_id = ?", [partner_id]
        )


RULES = ["live_registration", "named_account", "originating_partner", "incumbent", "exclusive_territory"]
BINDING = ["live_registration", "named_account", "exclusive_territory"]
FIRST_ASKED = ["originating_partner", "incumbent"]


def test_without_a_claim_the_better_tier_wins(two):
    two.lead("L1")
    two.route()
    assert two.lines() == {"L1": "P1"}
    assert two.line("L1")["rule"] == "best_score"


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_gives_the_lead_to_the_partner_it_names(two, rule):
    two.lead("L1", estimated_value_minor=1)
    claim(two, rule)
    two.route()
    assert two.lines() == {"L1": "P2"}
    assert two.line("L1")["rule"] == rule


@pytest.mark.parametrize(("first", "second"), [(0, 1), (1, 2), (2, 3), (3, 4)])
def test_an_earlier_rule_decides_where_a_later_one_agrees(two, first, second):
    two.lead("L1")
    claim(two, RULES[first])
    claim(two, RULES[second])
    two.route()
    assert two.line("L1")["rule"] == RULES[first]


@pytest.mark.parametrize("rule", RULES[:4])
def test_any_claim_goes_before_an_exclusive_territory_of_another_partner(two, rule):
    two.lead("L1")
    claim(two, rule, "P2")
    claim(two, "exclusive_territory", "P1")
    two.route()
    assert two.lines() == {"L1": "P2"}


@pytest.mark.parametrize("rule", RULES[1:4])
def test_if_the_first_four_disagree_a_person_decides(two, rule):
    two.lead("L1")
    claim(two, "live_registration", "P1")
    claim(two, rule, "P2")
    two.route()
    assert two.lines() == {"L1": "[PRECEDENCE_CONFLICT]"}
    assert two.line("L1")["remedy"].endswith("(P1, P2)")


def test_two_live_registrations_of_one_account_and_line_are_a_conflict(two):
    two.lead("L1")
    claim(two, "live_registration", "P1")
    claim(two, "live_registration", "P2")
    two.route()
    assert two.lines() == {"L1": "[REGISTRATION_CONFLICT]"}


def test_two_equal_exclusive_territories_are_a_conflict_and_the_longer_match_is_none(two):
    two.lead("L1")
    claim(two, "exclusive_territory", "P1")
    claim(two, "exclusive_territory", "P2")
    two.route()
    assert two.lines() == {"L1": "[PRECEDENCE_CONFLICT]"}
    two.territory("P2", country="DE", region="bavaria", is_exclusive=True)
    two.route()
    assert two.lines() == {"L1": "P2"}


def test_a_rule_the_rulebook_leaves_out_has_no_say(two):
    two.lead("L1")
    claim(two, "incumbent")
    two.route(precedence=["live_registration", "named_account"])
    assert two.lines() == {"L1": "P1"}


@pytest.mark.parametrize("rule", BINDING)
def test_nobody_else_is_asked_when_a_binding_partner_cannot_take_it(two, rule):
    two.lead("L1")
    claim(two, rule)
    two.connection.execute(
        "update intermediate.int_routing__partners set is_active_now = false where partner_id = 'P2'"
    )
    two.route()
    assert two.lines() == {"L1": "[EXCLUSIVE_UNAVAILABLE]"}
    assert two.line("L1")["remedy"].endswith(f"({rule}: P2 is paused)")
    assert two.candidate("L1", "P1")["exclusion_reason"] == "PRECEDENCE"


@pytest.mark.parametrize("rule", BINDING)
def test_a_full_binding_partner_is_not_passed_over(two, rule):
    two.lead("L1")
    claim(two, rule)
    two.connection.execute("update intermediate.int_routing__partners set free_slots = 0 where partner_id = 'P2'")
    two.route()
    assert two.lines() == {"L1": "[EXCLUSIVE_UNAVAILABLE]"}


def test_a_named_account_of_a_partner_without_territory_is_no_way_around_it(two):
    two.lead("L1")
    two.partner("P3", covers="FR")
    claim(two, "named_account", "P3")
    two.route()
    assert two.lines() == {"L1": "[EXCLUSIVE_UNAVAILABLE]"}
    assert two.line("L1")["remedy"].endswith("(named_account: P3 has no territory here)")


@pytest.mark.parametrize("rule", FIRST_ASKED)
@pytest.mark.parametrize("change", ["is_active_now = false", "free_slots = 0"])
def test_others_are_asked_when_a_partner_that_goes_first_cannot_take_it(two, rule, change):
    two.lead("L1")
    claim(two, rule)
    two.connection.execute(f"update intermediate.int_routing__partners set {change} where partner_id = 'P2'")
    two.route()
    assert two.lines() == {"L1": "P1"}


@pytest.mark.parametrize("rule", FIRST_ASKED)
def test_a_partner_that_refused_has_no_claim_any_more(two, rule):
    two.lead("L1")
    claim(two, rule)
    two.add("int_routing__refusals", lead_id="L1", partner_id="P2", reason="declined", at=two.as_of)
    claim(two, "named_account", "P1")
    two.route()
    assert two.lines() == {"L1": "P1"}


def test_a_claim_gets_the_slot_before_a_more_valuable_lead(world):
    world.partner("P1", free=1)
    world.lead("L1", estimated_value_minor=100)
    world.lead("L2", estimated_value_minor=10**9)
    claim(world, "incumbent", "P1", "L1")
    world.route()
    assert world.lines() == {"L1": "P1", "L2": "[ALL_AT_LIMIT]"}


def test_a_named_account_for_the_line_goes_before_one_for_everything(two):
    two.lead("L1")
    claim(two, "named_account", "P1")
    two.add("int_routing__named_accounts", account_id="account-L1", product="Routers", partner_id="P2")
    two.route()
    assert two.lines() == {"L1": "P2"}


def test_an_account_named_direct_stays_with_the_vendor(two):
    two.lead("L1")
    claim(two, "named_account", "direct")
    two.route()
    assert two.lines() == {"L1": None}
    assert two.line("L1")["source"] == "direct"


def test_the_latest_incumbent_counts(two):
    two.lead("L1")
    claim(two, "incumbent", "P1")
    two.connection.execute("update intermediate.int_routing__incumbents set since = timestamp '2025-01-01'")
    claim(two, "incumbent", "P2")
    two.route()
    assert two.lines() == {"L1": "P2"}
