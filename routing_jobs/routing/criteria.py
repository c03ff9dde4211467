"""The rulebook's criteria as SQL: who meets one, which exclude, how many points a preference adds, what breaks a tie.

Expressions are over two aliases: `partner`, a row of route_partner, and `kind`, a row of route_kind (what leads of one
kind want). Unknown facts about a lead never count against a partner. Lives here: criteria of the fit between lead and
partner. Not here: territory and history (`eligibility`, `candidates`), limits (the solver).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from routing_jobs.program.routing_rules import Criterion, RoutingRules
from routing_jobs.routing.exclusions import NUMBER

MICROS = 1_000_000

# `least` would take an unknown distance for the greatest there is
_KILOMETRES = """case
    when kind.latitude + kind.longitude + partner.latitude + partner.longitude is not null
        then cast(round(2 * 6371.0088 * asin(sqrt(least(1.0,
            pow(sin(radians(partner.latitude - kind.latitude) / 2), 2)
            + cos(radians(kind.latitude)) * cos(radians(partner.latitude))
            * pow(sin(radians(partner.longitude - kind.longitude) / 2), 2)
        )))) as integer)
end"""


@dataclass(frozen=True)
class Meaning:
    """What a criterion says in SQL.

    Attributes:
        exclusion: The code of a partner that fails it where it is required.
        is_met: True where the partner positively meets it; a preference is granted on this.
        is_failed: True where a required criterion excludes the partner.
        level: An integer from 0 to `levels` - 1, higher first, where it breaks ties.
        levels: How many levels there are.
    """

    exclusion: str
    is_met: str
    is_failed: str
    level: str
    levels: int


def _specialization(exclusion: str, codes: str, wanted: str) -> Meaning:
    """A partner without any code of the kind is a generalist: never excluded, never preferred."""
    is_met = f"coalesce(list_contains(partner.{codes}, kind.{wanted}), false)"
    is_failed = f"kind.{wanted} is not null and len(partner.{codes}) > 0 and not {is_met}"
    return Meaning(exclusion, is_met, is_failed, f"cast({is_met} as integer)", 2)


def _certification(_: RoutingRules) -> Meaning:
    """Certified for the product or for its line; a lead without product needs no certificate."""
    is_met = (
        "coalesce(list_contains(partner.certifications, kind.product_code), false) "
        "or coalesce(list_contains(partner.certifications, kind.product), false)"
    )
    is_failed = f"coalesce(kind.product_code, kind.product) is not null and not ({is_met})"
    return Meaning("NOT_CERTIFIED", f"({is_met})", is_failed, f"cast(({is_met}) as integer)", 2)


def _tier(rules: RoutingRules) -> Meaning:
    lowest = len(rules.tiers) + 1
    is_met = "partner.tier_order <= $tier_at_least"
    return Meaning("TIER_TOO_LOW", is_met, f"not ({is_met})", f"{lowest} - partner.tier_order", lowest + 1)


def _response(_: RoutingRules) -> Meaning:
    is_met = "coalesce(partner.response_commitment_hours <= $max_hours, false)"
    level = "9999 - least(coalesce(partner.response_commitment_hours, 9999), 9999)"
    return Meaning("SLOW_RESPONSE", is_met, f"not {is_met}", level, 10_000)


def _performance(_: RoutingRules) -> Meaning:
    """Never required; as a preference it is part of P(won), so only its level is used here."""
    return Meaning("", "false", "false", "cast(least(partner.weight_micros // 1000, 999999) as integer)", 1_000_000)


def _proximity(_: RoutingRules) -> Meaning:
    is_met = f"coalesce({_KILOMETRES} <= $max_km, false)"
    is_failed = f"coalesce({_KILOMETRES} > $max_km, false)"
    return Meaning("TOO_FAR", is_met, is_failed, f"20038 - coalesce({_KILOMETRES}, 20038)", 20_039)


_MEANINGS: Mapping[str, Callable[[RoutingRules], Meaning]] = {
    "product_certification": _certification,
    "vertical": lambda _: _specialization("OTHER_VERTICAL", "verticals", "industry"),
    "segment": lambda _: _specialization("OTHER_SEGMENT", "segments", "segment"),
    "language": lambda _: _specialization("OTHER_LANGUAGE", "languages", "language"),
    "tier": _tier,
    "response_commitment": _response,
    "performance": _performance,
    "proximity": _proximity,
}


def parameters(rules: RoutingRules) -> dict[str, Any]:
    """The values the expressions bind; each criterion's weight in micros as `weight_<criterion>`."""
    criteria = rules.criteria
    bound: dict[str, Any] = {
        "regulated_verticals": [vertical.strip().lower() for vertical in rules.regulated_verticals],
        "tier_at_least": 0,
        "max_hours": 0.0,
        "max_km": 0.0,
    }
    if criteria.tier is not None and criteria.tier.at_least is not None:
        bound["tier_at_least"] = rules.tiers.index(criteria.tier.at_least) + 1
    if criteria.response_commitment is not None:
        bound["max_hours"] = criteria.response_commitment.max_hours
    if criteria.proximity is not None:
        bound["max_km"] = criteria.proximity.max_km
    for name, criterion in criteria.present().items():
        if criterion.weight is not None:
            bound[f"weight_{name}"] = round(criterion.weight * MICROS)
    return bound


def exclusion(rules: RoutingRules, in_force: Mapping[str, Criterion]) -> str:
    """The number of the first rule a partner fails for leads of a kind, 0 where it fails none."""
    failed = {"TERMINATED": "partner.is_terminated"}
    for name, criterion in in_force.items():
        if criterion.rule == "require" and name in _MEANINGS:
            meaning = _MEANINGS[name](rules)
            failed[meaning.exclusion] = meaning.is_failed
    if rules.regulated_verticals and "OTHER_VERTICAL" not in failed:
        vertical = _MEANINGS["vertical"](rules)
        failed["OTHER_VERTICAL"] = f"list_contains($regulated_verticals, kind.industry) and {vertical.is_failed}"
    failed["PAUSED"] = "not partner.is_active_now"
    failed["NO_VALID_CONTACT"] = "not partner.has_valid_contact"
    ordered = sorted(failed, key=NUMBER.__getitem__)
    cases = "\n        ".join(f"when {failed[code]} then {NUMBER[code]}" for code in ordered)
    return f"case\n        {cases}\n        else 0\n    end"


def preference(rules: RoutingRules, in_force: Mapping[str, Criterion]) -> str:
    """The product of the weights of preferences a partner meets, in micros."""
    product = f"cast({MICROS} as bigint)"
    for name, criterion in in_force.items():
        if criterion.rule == "prefer" and criterion.weight is not None and name in _MEANINGS:
            is_met = _MEANINGS[name](rules).is_met
            product = f"{product}\n        * (case when {is_met} then $weight_{name} else {MICROS} end) // {MICROS}"
    return product


def tie(rules: RoutingRules, in_force: Mapping[str, Criterion]) -> str:
    """One integer that orders candidates of equal score by the rulebook's tiebreaks, greater first."""
    value = "cast(0 as bigint)"
    breakers = {name: criterion for name, criterion in in_force.items() if criterion.rule == "tiebreak"}
    for name in sorted(breakers, key=lambda name: breakers[name].order or 0):
        meaning = _MEANINGS[name](rules)
        value = f"({value} * {meaning.levels} + {meaning.level})"
    return value
