"""The rulebook: the models of its four files in one place, and the hash that names its content.

Each file's model lives in a module of its own (`routing_rules`, `scoring_rules`, `sla_rules`,
`attribution_rules`); what several files must agree on is checked in `agreement`.
"""

import hashlib
import json
from collections.abc import Mapping

from routing_jobs.program.attribution_rules import AttributionRules
from routing_jobs.program.model import Model
from routing_jobs.program.routing_rules import Criteria, Criterion, RoutingRules
from routing_jobs.program.scoring_rules import SCORING_COLUMNS, Condition, ScoreRule, ScoringRules
from routing_jobs.program.sla_rules import CalendarRules, Duration, SlaRules

__all__ = [
    "RULEBOOK_FILES",
    "SCORING_COLUMNS",
    "AttributionRules",
    "CalendarRules",
    "Condition",
    "Criteria",
    "Criterion",
    "Duration",
    "RoutingRules",
    "ScoreRule",
    "ScoringRules",
    "SlaRules",
    "canonical_body",
    "rulebook_hash",
]

RULEBOOK_FILES: dict[str, type[Model]] = {
    "routing": RoutingRules,
    "scoring": ScoringRules,
    "sla": SlaRules,
    "attribution": AttributionRules,
}


def canonical_body(rules: Model) -> str:
    """The validated model as canonical JSON: keys sorted, defaults filled in, no white space."""
    return json.dumps(rules.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def rulebook_hash(rules: Mapping[str, Model]) -> str:
    """Sha256 over the models' canonical JSON; comments, spaces and order of keys do not change it."""
    text = "\n".join(f"{name}:{canonical_body(rules[name])}" for name in sorted(rules))
    return hashlib.sha256(text.encode()).hexdigest()
