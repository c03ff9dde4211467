"""Who coverage counts: exactly the partners routing would give such leads to, by the twin and by routing itself."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from routing_twin import cases, criteria_of, enter, taken_by

from routing_jobs.routing.exclusions import BY_A_PERSON
from routing_jobs.routing.steps import Relations
from routing_jobs.routing.takers import taker_steps

# What a single lead's history, a person's claim or a slot decides; coverage does not look at it.
NOT_OF_THE_PARTNER = {None, "DECLINED", "COOL_DOWN", *BY_A_PERSON}
FALLBACKS = st.lists(
    st.sampled_from(["distributor", "widen", "default_partner", "direct"]), unique=True, max_size=4
)  # fmt: skip


def takers(world, program):
    """(lead, partner) -> is_fallback."""
    for step in taker_steps(program.routing, world.as_of.date(), Relations()):
        world.connection.execute(step.sql, step.parameters)
    rows = world.connection.execute(
        "select lead_id, partner_id, is_fallback from route_lead inner join route_taker using (kind_ix)"
    ).fetchall()
    assert len({row[:2] for row in rows}) == len(rows)
    return {(lead, partner): is_fallback for lead, partner, is_fallback in rows}


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=cases(), fallbacks=FALLBACKS)
def test_takers_are_those_the_twin_names(make_world, program, case, fallbacks):
    world = make_world()
    enter(world, case)
    rules = program(
        criteria=criteria_of(case["rules"]),
        regulated_verticals=["Healthcare"],
        fallback=fallbacks,
        default_partner="P0",
    )
    assert takers(world, rules) == taken_by(case, fallbacks)


@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=cases())
def test_a_taker_is_a_partner_that_routing_finds_no_fault_with(make_world, program, case):
    """Routed together with history, claims and full partners: what is left of each lead's candidates are its takers."""
    world = make_world()
    case["leads"] = [lead | {"account_id": lead["lead_id"]} for lead in case["leads"]]  # a unit each
    case["refusals"] = [(lead, who, "declined", 1) for lead, who, _, _ in case["refusals"]][:1]
    enter(world, case)
    rules = program(
        criteria=criteria_of(case["rules"]), regulated_verticals=["Healthcare"], fallback=["distributor"],
        precedence=["live_registration"],
    )  # fmt: skip
    world.route(rules)
    rows = world.connection.execute("select lead_id, partner_id, exclusion_reason from routing.candidate").fetchall()
    found = {(lead, partner) for lead, partner, reason in rows if reason in NOT_OF_THE_PARTNER}
    assert set(takers(world, rules)) == found


@pytest.mark.parametrize(
    ("latitude", "names"),
    [(48.1, {"near"}), (52.5, {"far"}), (None, {"near", "far"})],
    ids=["munich", "berlin", "nowhere"],
)
def test_distance_counts_where_the_rulebook_requires_it(world, program, latitude, names):
    world.partner("near", latitude=48.2, longitude=11.6)
    world.partner("far", latitude=52.4, longitude=13.4)
    longitude = {48.1: 11.5, 52.5: 13.5}.get(latitude)
    world.lead("L", latitude=latitude, longitude=longitude)
    rules = program(criteria={"proximity": {"rule": "require", "max_km": 100}})
    assert {partner for _, partner in takers(world, rules)} == names


def test_full_and_refused_partners_count_and_slots_of_a_territory_are_told(world, program):
    world.partner("P1", free=0)
    world.partner("P2", covers=None)
    world.territory("P2", country="DE", capacity=3)
    world.lead("L")
    world.add("int_routing__refusals", lead_id="L", partner_id="P1", reason="declined", at=world.as_of)
    world.add("int_routing__open_units", partner_id="P2", account_id="other", product="routers", country="DE")
    assert takers(world, program()) == {("L", "P1"): False, ("L", "P2"): False}
    rows = world.connection.execute("select partner_id, area, area_free_slots from route_taker order by 1").fetchall()
    assert rows == [("P1", None, None), ("P2", "DE", 2)]
