"""What the files of a program must agree on: grades, tiers, owners, tables that a contract names."""

from collections.abc import Iterable
from typing import Any

from routing_jobs.program.problems import nearest, problem, shown
from routing_jobs.program.routing_rules import RoutingRules
from routing_jobs.program.scoring_rules import ScoringRules
from routing_jobs.program.sla_rules import SlaRules
from routing_jobs.program.source import Source
from routing_jobs.program.workspace import Workspace
from routing_jobs.program.yaml_text import Document, Place


def _unknown(document: Document, place: Place, value: str, known: Iterable[str], what: str) -> str:
    names = list(known)
    hint = nearest(value, names)
    return problem(
        document,
        place,
        f"value {shown(value)}: expected {what} ({', '.join(names) or 'none is defined'}){hint}",
    )


def rulebook_disagreements(documents: dict[str, Document], rules: dict[str, Any]) -> list[str]:
    """Names one rulebook file uses that another does not define."""
    routing: RoutingRules = rules["routing"]
    scoring: ScoringRules = rules["scoring"]
    sla: SlaRules = rules["sla"]
    found = []
    if routing.express is not None:
        for index, grade in enumerate(routing.express.grades):
            if grade not in scoring.grades:
                place: Place = ("express", "grades", index)
                found.append(_unknown(documents["routing"], place, grade, scoring.grades, "a grade of scoring.yaml"))
    tier = routing.criteria.tier
    if tier is not None and tier.at_least is not None and tier.at_least not in routing.tiers:
        place = ("criteria", "tier", "at_least")
        found.append(_unknown(documents["routing"], place, tier.at_least, routing.tiers, "one of tiers"))
    for key, names, what in (
        ("by_grade", tuple(scoring.grades), "a grade of scoring.yaml"),
        ("by_tier", routing.tiers, "a tier of routing.yaml"),
    ):
        for name in getattr(sla, key):
            if name not in names:
                found.append(_unknown(documents["sla"], (key, name), name, names, what))
    return found


def unknown_columns(document: Document, entity_columns: Iterable[str], entity: str) -> list[str]:
    """Keys under `columns` that are no canonical column of the entity."""
    known = list(entity_columns)
    mapped = document.data.get("columns")
    return [
        problem(
            document,
            ("columns", name),
            f"unknown column of {entity}{nearest(name, known) or '; known: ' + ', '.join(known)}",
        )
        for name in (mapped if isinstance(mapped, dict) else ())
        if name not in known
    ]


def missing_companions(document: Document, source: Source, workspace: Workspace) -> list[str]:
    """Files a contract names that are not there: its `select`, the tables its columns are mapped through."""
    found = []
    if source.select is not None and not (workspace.sources / source.select).is_file():
        found.append(problem(document, ("select",), f"value {shown(source.select)}: expected a file in sources/"))
    for name, mapping in source.columns.items():
        table = mapping.map
        if not isinstance(table, str) or table in source.lookup:
            continue
        if not (workspace.reference / f"{table}.csv").is_file():
            place = ("columns", name, "map")
            what = f"a table under lookup, or reference/{table}.csv"
            found.append(problem(document, place, f"value {shown(table)}: expected {what}"))
    return found
