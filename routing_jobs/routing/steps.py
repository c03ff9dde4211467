"""The form in which this room hands out SQL: named steps over named relations, values bound, nothing run here."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_PARAMETER = re.compile(r"\$(\w+)")


@dataclass(frozen=True)
class Relations:
    """Where routing reads: names of tables or views, each as prepare makes them."""

    leads: str = "intermediate.int_routing__leads"
    partners: str = "intermediate.int_routing__partners"
    territories: str = "intermediate.int_routing__territories"
    specializations: str = "intermediate.int_routing__specializations"
    refusals: str = "intermediate.int_routing__refusals"
    incumbents: str = "intermediate.int_routing__incumbents"
    live_registrations: str = "intermediate.int_routing__live_registrations"
    named_accounts: str = "intermediate.int_routing__named_accounts"
    offer_outcomes: str = "intermediate.int_partners__offer_outcomes"
    open_units: str = "intermediate.int_routing__open_units"
    fairness: str = "intermediate.int_routing__fairness"
    value_references: str = "intermediate.int_values__reference"
    value_cap: str = "intermediate.int_values__cap"

    def names(self) -> tuple[str, ...]:
        """Every relation, sorted."""
        return tuple(sorted(vars(self).values()))


@dataclass(frozen=True)
class Step:
    """One temporary table: what it holds (`name`), the SQL that makes it, the values bound in that SQL."""

    name: str
    sql: str
    parameters: Mapping[str, Any]


def table(name: str, query: str, values: Mapping[str, Any]) -> Step:
    """The step that makes temporary table `name` from `query`; only the values the query names are bound."""
    used = set(_PARAMETER.findall(query))
    return Step(name, f"create or replace temp table {name} as\n{query}", {key: values[key] for key in sorted(used)})
