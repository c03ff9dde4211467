"""Every (unit, partner) pair of random small programs has the exclusion a plain Python twin gives it, and no other."""

from hypothesis import HealthCheck, given, settings
from routing_twin import COOL_DOWN_DAYS, cases, covers, criteria_of, enter, least, misfit, same


def expected(case, unit, number, placed_at_first):
    """The exclusion of one pair; "outside" where the partner covers none of the unit's leads."""
    partner, skills, areas = case["partners"][number], case["skills"][number], case["areas"][number]
    covered = [lead for lead in unit if any(covers(area, lead) for area in areas)]
    if not covered:
        return "outside"
    fit = least([misfit(case["rules"], lead, partner, skills) for lead in covered])
    if len(covered) < len(unit):
        fit = least([fit, "OTHER_LEAD"])
    refused = [
        (reason, days)
        for lead, who, reason, days in case["refusals"]
        if who == number and f"L{lead}" in {lead["lead_id"] for lead in unit}
    ]
    claims = {
        who
        for account, product, who in case["registrations"]
        if account == unit[0]["account_id"] and (product is None or same(product) == unit[0]["product"])
        and who < len(case["partners"])
    }  # fmt: skip
    own = None
    if any(reason == "declined" for reason, _ in refused):
        own = "DECLINED"
    elif any(days < COOL_DOWN_DAYS for _, days in refused):
        own = "COOL_DOWN"
    elif claims and claims != {number}:
        own = "PRECEDENCE"
    elif partner["free"] == 0 and any(lead["direction"] != "partner" for lead in unit):
        own = "AT_LIMIT"
    code = fit or own
    is_distributor = same(partner["partner_type"]) == "distributor"
    was_asked = case["rules"]["asks_distributors"] and not placed_at_first and not claims
    if is_distributor and claims != {number} and not was_asked:
        return least([code, "DISTRIBUTOR"])
    return code


def units_of(case):
    """Leads by account and product line, without those no territory covers where others of the unit are covered."""
    units = {}
    for lead in case["leads"]:
        units.setdefault((lead["account_id"], lead["product"]), []).append(lead)
    for key, leads in units.items():
        covered = [lead for lead in leads if any(covers(area, lead) for areas in case["areas"] for area in areas)]
        units[key] = covered or leads
    return list(units.values())


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=cases())
def test_every_pair_is_excluded_for_the_reason_the_twin_gives(make_world, case):
    world = make_world()
    case["refusals"] = list(
        {(lead, who): (lead, who, reason, days) for lead, who, reason, days in case["refusals"]}.values()
    )  # prepare keeps one refusal a lead and partner
    enter(world, case)
    world.route(
        criteria=criteria_of(case["rules"]),
        regulated_verticals=["Healthcare"],
        precedence=["live_registration"],
        fallback=["distributor"] if case["rules"]["asks_distributors"] else [],
    )
    stored = world.connection.execute(
        "select lead_id, partner_id, is_eligible, exclusion_reason, is_assigned, stage from routing.candidate"
    ).fetchall()
    found = {(lead, partner): reason for lead, partner, _, reason, _, _ in stored}
    assert len(found) == len(stored)
    assert all(is_eligible == (reason is None) for _, _, is_eligible, reason, _, _ in stored)
    at_first = {lead for lead, _, _, _, is_assigned, stage in stored if is_assigned and stage == "primary"}
    speakers = dict(world.connection.execute("select lead_id, unit_id from routing.line").fetchall())
    counted = world.connection.execute("select unit_id, sum(partner_count) from routing.exclusion_count group by 1")
    outside = dict(counted.fetchall())
    for unit in units_of(case):
        speaker = min(lead["lead_id"] for lead in unit)
        reasons = {number: expected(case, unit, number, speaker in at_first) for number in range(len(case["partners"]))}
        for number, reason in reasons.items():
            assert found.get((speaker, f"P{number}"), "outside") == reason, (speaker, number)
        assert outside.get(speakers[speaker], 0) == list(reasons.values()).count("outside")
