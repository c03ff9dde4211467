"""What the rulebook and the roster in the warehouse get wrong together: who is missing for which leads.

Reads raw.* of an open connection, writes nothing. Names no person: partner ids, codes and countries only. Rules that
never act are in `roster_reach`.
"""

from datetime import date
from typing import Any

import duckdb

from routing_jobs.program.finding import Finding, counted, listed
from routing_jobs.program.loading import Program
from routing_jobs.program.roster_reach import check_roster_reach

MOST_LISTED = 10  # countries, verticals

# Partners that are not terminated, the standing rows of their territories and specializations, and leads' demand.
_ACTIVE_PARTNERS = """
    select partner_id, lower(trim(tier)) as tier, lower(trim(calendar)) as calendar, response_commitment_hours
    from raw.partners
    where is_current and not is_closed and coalesce(status, 'active') <> 'terminated'
"""
_QUERIES = {
    "strays": """
        select distinct territories.partner_id
        from raw.partner_territories as territories
        anti join active on territories.partner_id = active.partner_id
        where territories.is_current and not territories.is_closed order by all
    """,
    "uncovered_countries": """
        select leads.country_code, count(*) as leads
        from raw.leads as leads
        anti join (
            select distinct territories.country_code
            from raw.partner_territories as territories
            semi join active on territories.partner_id = active.partner_id
            where territories.is_current and not territories.is_closed
                and coalesce(territories.valid_from, $day) <= $day and coalesce(territories.valid_to, $day) >= $day
        ) as covered on coalesce(covered.country_code, leads.country_code) = leads.country_code
        where leads.is_current and not leads.is_closed and leads.country_code is not null
        group by all order by leads desc, leads.country_code
    """,
    "uncovered_verticals": """
        select lower(trim(leads.industry)) as vertical, count(*) as leads
        from raw.leads as leads
        anti join valid on valid.kind = 'vertical' and valid.code = lower(trim(leads.industry))
        where leads.is_current and not leads.is_closed and trim(leads.industry) <> ''
        group by all order by leads desc, vertical
    """,
    "certified": "select distinct code from valid where kind = 'product_certification' order by all",
    "expired": """
        select specializations.partner_id, lower(trim(specializations.code)) as code
        from raw.partner_specializations as specializations
        semi join active on specializations.partner_id = active.partner_id
        where specializations.is_current and not specializations.is_closed
            and specializations.kind = 'product_certification' and specializations.valid_to < $day
        order by all
    """,
    "tiers": "select tier, count(*) as partners from active where tier <> '' group by all order by all",
    "calendars": "select calendar, count(*) as partners from active where calendar <> '' group by all order by all",
}
_VALID_SPECIALIZATIONS = """
    select specializations.partner_id, specializations.kind, lower(trim(specializations.code)) as code
    from raw.partner_specializations as specializations
    semi join active on specializations.partner_id = active.partner_id
    where specializations.is_current and not specializations.is_closed
        and coalesce(specializations.valid_from, $day) <= $day and coalesce(specializations.valid_to, $day) >= $day
"""


def check_roster(connection: duckdb.DuckDBPyConnection, program: Program, day: date) -> list[Finding]:
    """Everything found between the rulebook and the roster as it stands on a program-local day."""
    rows = {name: _rows(connection, query, day) for name, query in _QUERIES.items()}
    return [
        *_check_territories(rows),
        *_check_verticals(program, rows),
        *_check_certifications(program, rows),
        *_check_names(program, rows),
        *check_roster_reach(connection, program, day),
    ]


def _rows(connection: duckdb.DuckDBPyConnection, query: str, day: date) -> list[tuple[Any, ...]]:
    """The query's rows, with `active` and `valid` before it; the texts are this module's own, the day is bound."""
    text = f"with active as ({_ACTIVE_PARTNERS}), valid as ({_VALID_SPECIALIZATIONS}) {query}"
    return connection.execute(text, {"day": day}).fetchall()


def _check_territories(rows: dict[str, list[tuple[Any, ...]]]) -> list[Finding]:
    found = []
    strays = [partner for (partner,) in rows["strays"]]
    if strays:
        found.append(
            Finding(
                "warning",
                "partner_territories",
                f"territories of {counted(len(strays), 'partner')} not on the roster or terminated: {listed(strays)}",
                "add them to the roster or remove their territories",
            )
        )
    for country, leads in _most(rows["uncovered_countries"], "countries"):
        message = f"no partner covers {country}: {counted(leads, 'lead')} from there"
        remedy = "recruit a partner, or add a fallback to routing.yaml"
        found.append(Finding("warning", "partner_territories", message, remedy))
    return found


def _check_verticals(program: Program, rows: dict[str, list[tuple[Any, ...]]]) -> list[Finding]:
    rule = program.routing.criteria.vertical
    if rule is None:
        return []
    regulated = {vertical.lower() for vertical in program.routing.regulated_verticals}
    found = []
    for vertical, leads in _most(rows["uncovered_verticals"], "verticals"):
        is_required = rule.rule == "require" or vertical in regulated
        effect = "no specialist can take them" if is_required else "the preference decides nothing for them"
        message = f"nobody covers {vertical}: {counted(leads, 'lead')}; {effect}"
        found.append(
            Finding("warning", "partner_specializations", message, "give a partner the vertical, or accept it")
        )
    return found


def _most(rows: list[tuple[str, int]], noun: str) -> list[tuple[str, int]]:
    """The first rows, which have the most leads, and one for all the others."""
    if len(rows) <= MOST_LISTED:
        return rows
    others = rows[MOST_LISTED:]
    return [*rows[:MOST_LISTED], (f"{len(others):,} more {noun}", sum(leads for _, leads in others))]


def _check_certifications(program: Program, rows: dict[str, list[tuple[Any, ...]]]) -> list[Finding]:
    if program.routing.criteria.product_certification is None:
        return []
    certified = {code for (code,) in rows["certified"]}
    found = [
        Finding(
            "warning", "partner_specializations", f"no partner is certified for {line} or any of its products",
            "add a product_certification, or remove the line from routing.yaml",
        )
        for line, products in program.routing.product_lines.items()
        if not certified & {name.strip().lower() for name in (line, *products)}
    ]  # fmt: skip
    expired = [f"{partner} ({code})" for partner, code in rows["expired"]]
    if expired:
        found.append(
            Finding(
                "warning",
                "partner_specializations",
                f"{counted(len(expired), 'expired certification')}: {listed(expired)}",
                "renew them; until then they do not count",
            )
        )
    return found


def _check_names(program: Program, rows: dict[str, list[tuple[Any, ...]]]) -> list[Finding]:
    found = []
    for column, known, where in (
        ("tier", program.routing.tiers, "routing.yaml: tiers"),
        ("calendar", program.sla.calendars, "sla.yaml: calendars"),
    ):
        names = {name.lower() for name in known}
        found += [
            Finding(
                "error", "partners", f"{column} {name} of {counted(partners, 'partner')} is not in {where}",
                f"add it there, or correct the roster (known: {', '.join(sorted(names))})",
            )
            for name, partners in rows[f"{column}s"]
            if name not in names
        ]  # fmt: skip
    return found
