"""A territory with a capacity of its own limits its partner there and nowhere else; hand-worked cases."""

import pytest

from routing_jobs.proposal.checker import violations

MODES = pytest.mark.parametrize("mode", ["optimal", "waterfall", "round_robin"])


def placed(world):
    return sorted(lead for lead, partner in world.lines().items() if partner == "P1")


@MODES
def test_a_partner_takes_no_more_in_a_territory_than_it_says(world, mode):
    world.partner("P1", free=3, covers=None)
    world.territory("P1", country="DE", region="bavaria", capacity=1)
    world.territory("P1", country="DE", region="berlin")
    for name, region, score in (
        ("L1", "Bavaria", 90),
        ("L2", "Bavaria", 80),
        ("L3", "Berlin", 70),
        ("L4", "Berlin", 60),
    ):
        world.lead(name, region=region, score=score, estimated_value_minor=score * 100)
    world.route(mode=mode)
    assert world.lines() == {"L1": "P1", "L2": "[ALL_AT_LIMIT]", "L3": "P1", "L4": "P1"}
    assert world.candidate("L1", "P1")["area"] == "DE/bavaria"
    assert world.candidate("L3", "P1")["area"] is None
    slots = world.connection.execute("select area, capacity, assigned from routing.area_price").fetchall()
    assert slots == [("DE/bavaria", 1, 1)]


@MODES
def test_the_partners_own_limit_holds_over_its_territories(world, mode):
    world.partner("P1", free=2, covers=None)
    for region in ("bavaria", "berlin", "hesse"):
        world.territory("P1", country="DE", region=region, capacity=1)
        world.lead(f"L-{region}", region=region, estimated_value_minor=len(region) * 100)
    world.route(mode=mode)
    assert len(placed(world)) == 2
    if mode == "optimal":
        assert placed(world) == ["L-bavaria", "L-berlin"]


def test_the_closest_description_of_a_place_limits(world):
    world.partner("P1", free=9, covers=None)
    world.territory("P1", country="DE", capacity=1)
    world.territory("P1", country="DE", region="bavaria")  # no capacity of its own: only the partner limits there
    world.territory("P1", country="DE", region="bavaria", postal_prefix="80", capacity=0)
    for name, region, postal_code in (
        ("L1", "bavaria", "90402"), ("L2", "bavaria", "80331"), ("L3", "berlin", "10115"), ("L4", "hesse", "60311"),
    ):  # fmt: skip
        world.lead(name, region=region, postal_code=postal_code)
    world.route()
    assert world.lines()["L1"] == "P1"
    assert world.lines()["L2"] == "[ALL_AT_LIMIT]"
    assert sorted([world.lines()["L3"], world.lines()["L4"]]) == ["P1", "[ALL_AT_LIMIT]"]


def test_units_that_are_with_the_partner_already_count(world):
    world.partner("P1", free=5, covers=None)
    world.territory("P1", country="DE", region="bavaria", capacity=2)
    world.add("int_routing__open_units", partner_id="P1", account_id="A", country="DE", region="Bavaria")
    world.add("int_routing__open_units", partner_id="P1", account_id="B", country="DE", region="Berlin")
    for number in range(3):
        world.lead(f"L{number}")
    world.route()
    assert len(placed(world)) == 1


def test_a_wider_net_is_not_limited_by_territories_it_goes_beyond(world):
    world.partner("P1", free=5, covers=None)
    world.territory("P1", country="DE", region="bavaria", capacity=0)
    world.lead("L1", region="berlin")
    world.route(fallback=["widen"])
    assert world.lines() == {"L1": "P1"}


def test_the_checker_finds_a_territory_that_takes_too_much(world):
    world.partner("P1", free=5, covers=None)
    world.territory("P1", country="DE", region="bavaria", capacity=1)
    world.lead("L1")
    world.lead("L2")
    world.route()
    world.connection.execute("""
        update routing.line set partner_id = 'P1', exception_code = null, source = 'routed'
    """)
    found = {violation.promise for violation in violations(world.connection)}
    assert "is_within_territory_capacity" in found
    world.connection.execute("update intermediate.int_routing__territories set capacity = 2")
    assert "is_within_territory_capacity" not in {violation.promise for violation in violations(world.connection)}


def test_the_checker_finds_a_price_of_a_territory_that_is_not_true(world):
    world.partner("P1", free=5, covers=None)
    world.territory("P1", country="DE", region="bavaria", capacity=1)
    world.lead("L1")
    world.lead("L2")
    world.route()
    assert world.connection.execute("select price > 0 from routing.area_price").fetchall() == [(True,)]
    world.connection.execute("update routing.area_price set price = price - 1")
    assert {violation.promise for violation in violations(world.connection)} == {"certificate_adds_up"}
