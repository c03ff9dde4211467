"""Rules of a valid rulebook that can never act, from configuration alone: what stands behind what always holds.

Pure. Rules that never act for want of rows in the warehouse are in `roster_reach`.
"""

from collections.abc import Mapping

from routing_jobs.program.finding import Finding, listed
from routing_jobs.program.loading import Program
from routing_jobs.program.routing_rules import ModeOverride, RoutingRules

KEPT_BY_VENDOR = ("direct", "nurture")  # fallbacks that leave nothing for the next one
# Rule of precedence -> the entity whose rows it looks at, and the column that has to be mapped.
CLAIMED_BY = {
    "live_registration": ("deal_registrations", None),
    "named_account": ("named_accounts", None),
    "originating_partner": ("leads", "originating_partner_id"),
    "incumbent": ("opportunities", None),
    "exclusive_territory": ("partner_territories", "is_exclusive"),
}


def check_reach(program: Program) -> list[Finding]:
    """Every rule found to be out of reach."""
    routing = program.routing
    return [*_check_precedence(program), *_check_fallback(routing), *_check_overrides(program)]


def missing_claim(program: Program, rule: str) -> str | None:
    """Why a rule of precedence finds no claim whatever the files say: no feed brings what it looks at; else None."""
    entity, column = CLAIMED_BY[rule]
    mapped = [source.columns for source in program.sources.values() if source.entity == entity]
    if not mapped:
        return f"no feed brings {entity}"
    if column is not None and not any(column in columns for columns in mapped):
        return f"no feed of {entity} maps {column}"
    return None


def _check_precedence(program: Program) -> list[Finding]:
    return [
        Finding(
            "warning", "routing.yaml: precedence", f"{rule} is never reached: {missing}",
            "add what it looks at to sources/, or take the rule out",
        )
        for rule in program.routing.precedence
        if (missing := missing_claim(program, rule)) is not None
    ]  # fmt: skip


def _check_fallback(routing: RoutingRules) -> list[Finding]:
    for place, name in enumerate(routing.fallback):
        after = list(routing.fallback[place + 1 :])
        if name in KEPT_BY_VENDOR and after:
            verb = "is" if len(after) == 1 else "are"
            return [
                Finding(
                    "warning",
                    "routing.yaml: fallback",
                    f"{listed(after)} {verb} never reached: {name} before it keeps every lead that is left",
                    f"put {name} last, or take out what follows",
                )
            ]
    return []


def _check_overrides(program: Program) -> list[Finding]:
    known: Mapping[str, set[str]] = {
        "product": {line.lower() for line in program.routing.product_lines},
        "grade": {grade.lower() for grade in program.scoring.grades},
    }
    found = []
    overrides = program.routing.overrides
    for place, override in enumerate(overrides):
        subject = f"routing.yaml: overrides[{place}]"
        for name, names in known.items():
            wanted = override.conditions().get(name)
            if wanted is not None and not names & set(wanted):
                found.append(
                    Finding(
                        "warning", subject, f"is never reached: there is no {name} {' or '.join(wanted)}",
                        f"correct it (known: {', '.join(sorted(names))})",
                    )
                )  # fmt: skip
        before = next((number for number, other in enumerate(overrides[:place]) if _covers(other, override)), None)
        if before is not None:
            found.append(
                Finding(
                    "warning",
                    subject,
                    f"is never reached: overrides[{before}] takes every lead it would take",
                    "put it before that one, or take it out",
                )
            )
    return found


def _covers(earlier: ModeOverride, later: ModeOverride) -> bool:
    """Whether every lead that fits the later override fits the earlier one."""
    narrower = later.conditions()
    return all(name in narrower and set(narrower[name]) <= set(values) for name, values in earlier.conditions().items())
