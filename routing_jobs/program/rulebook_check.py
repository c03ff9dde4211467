"""What a valid rulebook still gets wrong, from configuration alone: rules that can never act, or contradict each other.

Pure. What the roster in the warehouse adds to it is in `roster_check`.
"""

from datetime import date

from routing_jobs.program.finding import Finding, listed
from routing_jobs.program.loading import Program
from routing_jobs.program.reach_check import check_reach
from routing_jobs.program.scoring_rules import ScoreRule, ScoringRules
from routing_jobs.program.sla_rules import Clocks, SlaRules

NEEDED_FEEDS = {
    "leads": "there is nothing to route",
    "partners": "there is nobody to route to",
    "partner_territories": "no partner is a candidate for any lead",
}
MATCHED_BY_SPECIALIZATION = ("product_certification", "vertical", "segment", "language")


def check_rulebook(program: Program, today: date) -> list[Finding]:
    """Everything found in the configuration itself; `today` is the program-local day criteria are in force on."""
    return [
        *_check_scoring(program.scoring),
        *_check_express(program),
        *_check_criteria(program, today),
        *_check_feeds(program),
        *_check_clocks(program.sla),
        *_check_people(program),
        *check_reach(program),
    ]


def _most_points(rule: ScoreRule) -> int:
    if rule.points <= 0:
        return 0
    return rule.points if rule.per is None else (100 if rule.at_most is None else rule.at_most)


def _check_scoring(scoring: ScoringRules) -> list[Finding]:
    reachable = min(100, sum(_most_points(rule) for rule in (*scoring.fit, *scoring.engagement)))
    found = []
    if reachable < scoring.qualified_at:
        found.append(
            Finding(
                "error",
                "scoring.yaml: qualified_at",
                f"no lead can qualify: all rules together give {reachable} points, {scoring.qualified_at} are needed",
                "lower qualified_at or give the rules more points",
            )
        )
    out_of_reach = [grade for grade, lowest in scoring.grades.items() if lowest > reachable]
    if out_of_reach:
        found.append(
            Finding(
                "warning",
                "scoring.yaml: grades",
                f"grade {listed(out_of_reach)} is out of reach: all rules together give {reachable} points",
                "lower the grade's score or give the rules more points",
            )
        )
    return found


def _check_express(program: Program) -> list[Finding]:
    if program.routing.express is None:
        return []
    highest, below = {}, 101
    for grade, lowest in program.scoring.grades.items():
        highest[grade], below = below - 1, lowest
    unqualified = [grade for grade in program.routing.express.grades if highest[grade] < program.scoring.qualified_at]
    return [
        Finding(
            "warning", "routing.yaml: express.grades",
            f"leads of grade {grade} never qualify, so none of them is routed as it arrives",
            "remove the grade from express, or lower qualified_at",
        )
        for grade in unqualified
    ]  # fmt: skip


def _check_criteria(program: Program, today: date) -> list[Finding]:
    routing, found = program.routing, []
    for name, criterion in routing.criteria.present().items():
        if criterion.valid_to is not None and criterion.valid_to < today:
            found.append(
                Finding(
                    "warning",
                    f"routing.yaml: criteria.{name}",
                    f"has not been in force since {criterion.valid_to}",
                    "remove it, or set a new valid_to",
                )
            )
    in_force = routing.criteria_on(today)
    for hard in ("territory", "capacity"):
        if hard not in in_force:
            found.append(
                Finding(
                    "error",
                    f"routing.yaml: criteria.{hard}",
                    f"is not in force on {today}; it always has to be",
                    "remove valid_from and valid_to",
                )
            )
    if routing.tie_band > 0 and not any(criterion.rule == "tiebreak" for criterion in in_force.values()):
        found.append(
            Finding(
                "warning",
                "routing.yaml: tie_band",
                f"candidates within {routing.tie_band:.0%} count as equal, but no tiebreak decides between them",
                "add a criterion with rule: tiebreak, or set tie_band: 0",
            )
        )
    return found


def _check_feeds(program: Program) -> list[Finding]:
    by_entity: dict[str, list[str]] = {}
    for source in program.sources.values():
        by_entity.setdefault(source.entity, []).extend(source.columns)
    found = [
        Finding("error", "sources/", f"no feed brings {entity}: {consequence}", f"add a feed with entity: {entity}")
        for entity, consequence in NEEDED_FEEDS.items()
        if entity not in by_entity
    ]
    present = program.routing.criteria.present()
    matched = [name for name in MATCHED_BY_SPECIALIZATION if name in present]
    if matched and "partner_specializations" not in by_entity:
        found.append(
            Finding(
                "warning",
                "sources/",
                f"no feed brings partner_specializations, which {listed(matched)} would match",
                "add a feed with entity: partner_specializations, or remove the criteria",
            )
        )
    if "partner_contacts" not in by_entity:
        found.append(
            Finding(
                "warning",
                "sources/",
                "no feed brings partner_contacts: every lead ends as NO_VALID_CONTACT",
                "add a feed with entity: partner_contacts",
            )
        )
    if "proximity" in present:
        found += [
            Finding(
                "error", "routing.yaml: criteria.proximity", f"no feed of {entity} maps latitude and longitude",
                f"map both columns in a feed of {entity}, or remove the criterion",
            )
            for entity in ("leads", "partners")
            if not {"latitude", "longitude"} <= set(by_entity.get(entity, ()))
        ]  # fmt: skip
    return found


def _check_clocks(sla: SlaRules) -> list[Finding]:
    found = []
    for unit in ("business_days", "business_hours", "hours"):
        spans = {name: getattr(getattr(sla.clocks, name), unit) for name in Clocks.model_fields}
        for shorter, longer in (
            ("release_to_acceptance", "release_to_follow_up"),
            ("capture_to_release", "capture_to_follow_up"),
        ):
            if spans[shorter] and spans[longer] and spans[shorter] > spans[longer]:
                found.append(
                    Finding(
                        "warning",
                        f"sla.yaml: clocks.{longer}",
                        f"ends before {shorter}, which it includes",
                        f"make it at least {spans[shorter]:g} {unit}",
                    )
                )
    return found


def _check_people(program: Program) -> list[Finding]:
    return [
        Finding(
            "warning", "program.yaml: people", f"nobody has the role {role}: no batch can be {work}",
            f"give someone the role {role}",
        )
        for role, work in (("reviewer", "reviewed"), ("approver", "approved"))
        if not any(role in person.roles for person in program.config.people)
    ]  # fmt: skip
