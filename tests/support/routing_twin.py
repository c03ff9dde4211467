"""Small random programs, and a plain Python twin of who may take a lead: one lead and one partner at a time.

The twin knows nothing of kinds, places or SQL. `enter` fills a world of tests/unit/proposal/conftest.py.
"""

from datetime import date, timedelta

from hypothesis import strategies as st

ORDER = (
    "TERMINATED", "NOT_CERTIFIED", "OTHER_VERTICAL", "OTHER_SEGMENT", "OTHER_LANGUAGE", "TIER_TOO_LOW",
    "SLOW_RESPONSE", "OTHER_LEAD", "PAUSED", "NO_VALID_CONTACT", "DECLINED", "COOL_DOWN", "PRECEDENCE", "DISTRIBUTOR",
    "AT_LIMIT",
)  # fmt: skip
COOL_DOWN_DAYS = 30
PRODUCTS = {None: (None,), "routers": ("edge router", "core router"), "security": ("firewall", None)}


def maybe(*values):
    return st.sampled_from((None, *values))


PARTNERS = st.fixed_dictionaries(
    {
        "status": st.sampled_from(["active", "active", "active", "paused", "terminated"]),
        "has_valid_contact": st.sampled_from([True, True, True, False]),
        "partner_type": st.sampled_from(["reseller", "reseller", "Distributor "]),
        "tier_order": maybe(1, 2, 3),
        "response_commitment_hours": maybe(4, 24),
        "free": st.sampled_from([0, 50, 50]),
    }
)
SKILLS = st.sets(
    st.sampled_from(
        [
            ("product_certification", "routers"),
            ("product_certification", "edge router"),
            ("product_certification", "security"),
            ("vertical", "retail"),
            ("vertical", "healthcare"),
            ("segment", "smb"),
            ("language", "de"),
            ("language", "fr"),
        ]
    ),
    max_size=6,
)
AREAS = st.lists(
    st.fixed_dictionaries(
        {
            "country": st.sampled_from([None, "DE", "DE", "FR"]),
            "region": maybe("bavaria", "saxony"),
            "postal_prefix": maybe("8", "803", "9"),
            "product": maybe("routers", "edge router", "security"),
        }
    ),
    min_size=1,
    max_size=2,
)
LEADS = st.fixed_dictionaries(
    {
        "account_id": st.sampled_from(["A1", "A2", "A3", "A4"]),
        "product": st.sampled_from(list(PRODUCTS)),
        "code": st.integers(0, 1),
        "country": st.sampled_from([None, "DE", "DE", "DE", "FR"]),
        "region": maybe("bavaria", "Saxony"),
        "postal_code": maybe("80 331", "8", "90402"),
        "industry": maybe("Retail", "healthcare", "energy"),
        "segment": maybe("smb", "Enterprise"),
        "language": maybe("de", "fr"),
        "direction": st.sampled_from(["vendor", "vendor", "partner"]),
    }
)
REFUSALS = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 5), st.sampled_from(["declined", "expired", "recalled"]),
              st.sampled_from([1, 29, 30, 31])),
    max_size=6,
)  # fmt: skip
REGISTRATIONS = st.lists(
    st.tuples(st.sampled_from(["A1", "A2"]), maybe("Routers", "security"), st.integers(0, 5)), max_size=2
)
RULES = st.fixed_dictionaries(
    {
        "certified": st.booleans(),
        "vertical": st.booleans(),
        "segment": st.booleans(),
        "language": st.booleans(),
        "tier": st.booleans(),
        "response": st.booleans(),
        "is_over": st.sampled_from([None, None, "valid_from", "valid_to"]),
        "asks_distributors": st.booleans(),
    }
)


def criteria_of(rules):
    """The rulebook's criteria; with `is_over` none of them is in force on the day of as_of."""
    day = date.fromisoformat("2026-03-02")
    dates = {"valid_from": day + timedelta(days=1), "valid_to": day - timedelta(days=1)}
    limit = {rules["is_over"]: str(dates[rules["is_over"]])} if rules["is_over"] else {"valid_to": str(day)}
    named = {
        "product_certification": ("certified", {}),
        "vertical": ("vertical", {}),
        "segment": ("segment", {}),
        "language": ("language", {}),
        "tier": ("tier", {"at_least": "gold"}),
        "response_commitment": ("response", {"max_hours": 8}),
    }
    return {name: {"rule": "require", **more, **limit} for name, (key, more) in named.items() if rules[key]}


def same(text):
    return text.strip().lower() if text is not None else None


def covers(area, lead):
    postal = (lead["postal_code"] or "").replace(" ", "")
    wanted = {lead["product"], lead["product_code"]} - {None}
    return (
        area["country"] in (None, lead["country"])
        and (area["region"] is None or same(area["region"]) == same(lead["region"]))
        and (area["postal_prefix"] is None or postal.startswith(area["postal_prefix"].replace(" ", "")))
        and (area["product"] is None or same(area["product"]) in wanted)
    )


def misfit(rules, lead, partner, skills):
    """The first rule of fit the partner fails for one lead."""
    codes = {kind: {code for of, code in skills if of == kind} for kind, _ in skills}
    in_force = rules["is_over"] is None
    wanted = {lead["product"], lead["product_code"]} - {None}

    def specialist(kind, value):
        return kind in codes and value is not None and same(value) not in codes[kind]

    failed = {
        "TERMINATED": partner["status"] == "terminated",
        "NOT_CERTIFIED": in_force
        and rules["certified"]
        and bool(wanted)
        and not wanted & codes.get("product_certification", set()),
        "OTHER_VERTICAL": ((in_force and rules["vertical"]) or same(lead["industry"]) == "healthcare")
        and specialist("vertical", lead["industry"]),
        "OTHER_SEGMENT": in_force and rules["segment"] and specialist("segment", lead["segment"]),
        "OTHER_LANGUAGE": in_force and rules["language"] and specialist("language", lead["language"]),
        "TIER_TOO_LOW": in_force and rules["tier"] and (partner["tier_order"] or 9) > 2,
        "SLOW_RESPONSE": in_force and rules["response"] and (partner["response_commitment_hours"] or 99) > 8,
        "PAUSED": partner["status"] != "active",
        "NO_VALID_CONTACT": not partner["has_valid_contact"],
    }
    return next((code for code in ORDER if failed.get(code)), None)


def least(codes):
    return min((code for code in codes if code), key=ORDER.index, default=None)


def taken_by(case, fallbacks):
    """(lead, partner) -> is_fallback: asked first in its territory unless it distributes, then each fallback before `direct`."""
    asked = fallbacks[: fallbacks.index("direct")] if "direct" in fallbacks else fallbacks
    found = {}
    for lead in case["leads"]:
        for number, partner in enumerate(case["partners"]):
            if misfit(case["rules"], lead, partner, case["skills"][number]) is not None:
                continue
            areas = case["areas"][number]
            is_distributor = same(partner["partner_type"]) == "distributor"
            is_covered = any(covers(area, lead) for area in areas)
            wanted = {lead["product"], lead["product_code"]} - {None}
            is_in_country = any(
                area["country"] in (None, lead["country"])
                and (area["product"] is None or same(area["product"]) in wanted)
                for area in areas
            )
            by_fallback = {
                "distributor": is_covered and is_distributor,
                "widen": is_in_country and not is_distributor,
                "default_partner": number == 0,
            }
            if is_covered and not is_distributor:
                found[lead["lead_id"], f"P{number}"] = False
            elif any(by_fallback[name] for name in asked):
                found[lead["lead_id"], f"P{number}"] = True
    return found


# Takes whatever there is; two of them and a registration by the first leave precedence the only thing between them.
ANYTHING = {
    "status": "active",
    "has_valid_contact": True,
    "partner_type": "reseller",
    "tier_order": 1,
    "response_commitment_hours": 4,
    "free": 50,
}
EVERYWHERE = [{"country": None, "region": None, "postal_prefix": None, "product": None}]
EVERY_CERTIFICATE = {("product_certification", "routers"), ("product_certification", "security")}


@st.composite
def cases(draw):
    count = draw(st.integers(1, 6))
    case = {
        "rules": draw(RULES),
        "partners": [draw(PARTNERS) for _ in range(count)],
        "skills": [draw(SKILLS) for _ in range(count)],
        "areas": [draw(AREAS) for _ in range(count)],
        "leads": [
            {
                **lead,
                "lead_id": f"L{number}",
                "product_code": PRODUCTS[lead["product"]][lead["code"] % len(PRODUCTS[lead["product"]])],
            }
            for number, lead in enumerate(draw(st.lists(LEADS, min_size=1, max_size=6)))
        ],
        "refusals": draw(REFUSALS),
        "registrations": draw(REGISTRATIONS),
    }
    if draw(st.booleans()):
        case["partners"] += [ANYTHING, ANYTHING]
        case["skills"] += [EVERY_CERTIFICATE, EVERY_CERTIFICATE]
        case["areas"] += [EVERYWHERE, EVERYWHERE]
        case["registrations"] = [(case["leads"][0]["account_id"], None, count)]
    return case


def enter(world, case):
    for number, partner in enumerate(case["partners"]):
        facts = dict(partner)
        world.partner(
            f"P{number}", free=facts.pop("free"), covers=None, certified=False,
            is_active_now=partner["status"] == "active", **facts,
        )  # fmt: skip
        for area in case["areas"][number]:
            world.territory(f"P{number}", **area)
        for kind, code in case["skills"][number]:
            world.special(f"P{number}", kind, code)
    for lead in case["leads"]:
        world.lead(lead["lead_id"], **{name: value for name, value in lead.items() if name not in ("lead_id", "code")})
    for refusal in {(lead, who): (reason, days) for lead, who, reason, days in case["refusals"]}.items():
        (lead, who), (reason, days) = refusal
        world.add(
            "int_routing__refusals", lead_id=f"L{lead}", partner_id=f"P{who}", reason=reason,
            at=world.as_of - timedelta(days=days),
        )  # fmt: skip
    for number, (account, product, who) in enumerate(case["registrations"]):
        if who < len(case["partners"]):
            world.add(
                "int_routing__live_registrations", account_id=account, product=product, partner_id=f"P{who}",
                registration_id=f"R{number}",
            )  # fmt: skip
