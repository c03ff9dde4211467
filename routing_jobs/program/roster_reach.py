"""Rules that never act for want of rows in the warehouse, and tiebreaks that decided nothing in the last run.

Reads raw.*, routing.* and, where a run has been finished, what prepare made; writes nothing. Names no person. Rules out
of reach whatever the data are in `reach_check`.
"""

from collections.abc import Mapping
from datetime import date

import duckdb

from routing_jobs.program.finding import Finding, counted
from routing_jobs.program.loading import Program
from routing_jobs.program.reach_check import CLAIMED_BY, missing_claim
from routing_jobs.program.routing_rules import RoutingRules

# Rows with a claim, of what each rule of precedence looks at.
_CLAIMS = {
    "live_registration": "select count(*) from raw.deal_registrations where is_current and not is_closed",
    "named_account": "select count(*) from raw.named_accounts where is_current and not is_closed",
    "originating_partner": "select count(originating_partner_id) from raw.leads where is_current and not is_closed",
    "incumbent": "select count(*) from raw.opportunities where is_current and not is_closed",
    "exclusive_territory": """
        select count(*) filter (where is_exclusive) from raw.partner_territories where is_current and not is_closed""",
}
_ROSTER = """
    select
        count(*) filter (where lower(trim(partner_type)) = 'distributor') as distributors,
        count(*) filter (where partner_id = $default_partner) as default_partners,
        count(response_commitment_hours) as commitments
    from raw.partners
    where is_current and not is_closed and coalesce(status, 'active') <> 'terminated'
"""
_KINDS = "select distinct kind from raw.partner_specializations where is_current and not is_closed"

# Criteria that match a specialization, and what of the lead they match; as prepare normalised both.
_MATCHED = {
    "product_certification": ("lead.product_code", "lower(lead.product)"),
    "vertical": ("lower(lead.industry)",),
    "segment": ("lower(lead.segment)",),
    "language": ("lower(lead.language)",),
}
_PREPARED = ("int_routing__leads", "int_routing__specializations")


def check_roster_reach(connection: duckdb.DuckDBPyConnection, program: Program, day: date) -> list[Finding]:
    """Everything out of reach with the roster and the leads as they stand; criteria as on a program-local day."""
    routing = program.routing
    distributors, default_partners, commitments = _first(
        connection, _ROSTER, {"default_partner": routing.default_partner}
    )
    return [
        *_check_claims(connection, program),
        *_check_fallback(routing, distributors, default_partners),
        *_check_criteria(connection, routing, day, commitments),
        *_check_tiebreaks(connection, routing, day),
    ]


def _check_claims(connection: duckdb.DuckDBPyConnection, program: Program) -> list[Finding]:
    """Rules whose feed is there but brought no claim; a missing feed is `reach_check`'s finding."""
    found = []
    for rule in program.routing.precedence:
        if missing_claim(program, rule) is None and not _first(connection, _CLAIMS[rule])[0]:
            entity, column = CLAIMED_BY[rule]
            found.append(
                Finding(
                    "warning",
                    "routing.yaml: precedence",
                    f"{rule} is never reached: no row of {entity} has {column or 'a claim'}",
                    "see whether the feed brings what it should, or take the rule out",
                )
            )
    return found


def _first(
    connection: duckdb.DuckDBPyConnection, query: str, values: Mapping[str, object] | None = None
) -> tuple[int, ...]:
    """The one row of a query that counts."""
    return connection.execute(query, values or {}).fetchall()[0]


def _check_fallback(routing: RoutingRules, distributors: int, default_partners: int) -> list[Finding]:
    found = []
    if "distributor" in routing.fallback and not distributors:
        found.append(
            Finding(
                "warning",
                "routing.yaml: fallback",
                "distributor is never reached: no partner on the roster has the type distributor",
                "enter partner_type in the roster, or take the fallback out",
            )
        )
    if "default_partner" in routing.fallback and not default_partners:
        found.append(
            Finding(
                "error",
                "routing.yaml: default_partner",
                f"{routing.default_partner} is not on the roster, or terminated: the fallback asks nobody",
                "name a partner of the roster",
            )
        )
    return found


def _check_criteria(
    connection: duckdb.DuckDBPyConnection, routing: RoutingRules, day: date, commitments: int
) -> list[Finding]:
    """Criteria nobody on the roster has a fact for. Certifications are judged line by line in `roster_check`."""
    kinds = {kind for (kind,) in connection.execute(_KINDS).fetchall()}
    found = []
    for name, criterion in routing.criteria_on(day).items():
        is_required = criterion.rule == "require"
        if name in ("vertical", "segment", "language") and name not in kinds:
            message = f"decides nothing: no partner has a specialization of kind {name}, so all are generalists"
        elif name == "response_commitment" and not commitments:
            effect = "excludes every partner" if is_required else "decides nothing"
            message = f"{effect}: no partner states response_commitment_hours"
        else:
            continue
        remedy = "enter it in the roster, or take the criterion out"
        found.append(Finding("warning", f"routing.yaml: criteria.{name}", message, remedy))
    return found


def _check_tiebreaks(connection: duckdb.DuckDBPyConnection, routing: RoutingRules, day: date) -> list[Finding]:
    """Tiebreaks that decided nothing in the last run although units were tied, in their order.

    Distance is left out: that two partners are equally far off says nothing about the rule.
    """
    levels = _levels(connection, routing, day)
    if not levels:
        return []
    tiers = [tier.lower() for tier in routing.tiers]
    query = _tiebreak_query(list(levels.values()))
    tied, *row = _first(connection, query, {"tiers": tiers} if "$tiers" in query else {})
    found = []
    for name, was_open, decided in zip(levels, row[::2], row[1::2], strict=True):
        if not tied or decided:
            continue
        message = (
            f"never decided in the last run: the best partners of each of {counted(was_open, 'tied unit')} are equal"
            if was_open
            else f"never decided in the last run: tiebreaks before it settled each of {counted(tied, 'tied unit')}"
        )
        found.append(
            Finding("warning", f"routing.yaml: criteria.{name}", message, "choose another tiebreak, or narrow tie_band")
        )
    return found


def _levels(connection: duckdb.DuckDBPyConnection, routing: RoutingRules, day: date) -> dict[str, str]:
    """Tiebreak -> its level as SQL over `best`, `partner`, `performance`, `lead`; greater is better; first decides first."""
    usual = {
        "tier": "-coalesce(list_position($tiers, lower(trim(partner.tier))), 10000)",
        "response_commitment": "-coalesce(partner.response_commitment_hours, 10000)",
        "performance": "coalesce(performance.weight_micros // 1000, 0)",
    }
    if _is_prepared(connection):
        usual |= {name: _is_met(name, wanted) for name, wanted in _MATCHED.items()}
    breakers = {name: one for name, one in routing.criteria_on(day).items() if one.rule == "tiebreak"}
    ordered = sorted(breakers, key=lambda name: breakers[name].order or 0)
    return {name: usual[name] for name in ordered if name in usual}


def _is_prepared(connection: duckdb.DuckDBPyConnection) -> bool:
    query = (
        "select count(*) from duckdb_tables() where schema_name = 'intermediate' and list_contains($names, table_name)"
    )
    return _first(connection, query, {"names": list(_PREPARED)})[0] == len(_PREPARED)


def _is_met(kind: str, wanted: tuple[str, ...]) -> str:
    special = f"special.kind = '{kind}' and special.code in ({', '.join(wanted)})"
    return f"""cast(exists (
        select 1 from intermediate.int_routing__specializations as special
        where special.partner_id = best.partner_id and {special}
    ) as integer)"""  # noqa: S608 - names of this module


def _tiebreak_query(levels: list[str]) -> str:
    """One row: units tied, then for each level the units still open when it is asked, and those it decided.

    Candidates below the best at a level are out of the race at the next; what is open after the last is settled by
    turns and the partner's id.
    """
    has_leads = any("lead." in level for level in levels)
    lead = "left join intermediate.int_routing__leads as lead on best.lead_id = lead.lead_id" if has_leads else ""
    columns = ", ".join(f"{level} as level_{number}" for number, level in enumerate(levels))
    races = ",".join(_RACE.format(now=number, next=number + 1) for number in range(len(levels)))
    counts = "".join(_COUNTS.format(now=number) for number in range(len(levels)))
    return _TIED.format(columns=columns, lead=lead, races=races, counts=counts)


_TIED = """
with best as (
    select unit_id, lead_id, partner_id from routing.candidate
    where is_eligible
    qualify banded_score = max(banded_score) over (partition by unit_id)
),

performance as (
    select partner_id, max(weight_micros) as weight_micros from routing.partner_performance group by partner_id
),

open_0 as (
    select best.unit_id, best.partner_id, {columns}
    from best
    left join raw.partners as partner on best.partner_id = partner.partner_id and partner.is_current
    left join performance on best.partner_id = performance.partner_id
    {lead}
    qualify count(*) over (partition by best.unit_id) > 1
),
{races}

select (select count(distinct unit_id) from open_0){counts}
"""
_RACE = """
race_{now} as (
    select * from open_{now} qualify level_{now} = max(level_{now}) over (partition by unit_id)
),

open_{next} as (
    select * from race_{now} qualify count(*) over (partition by unit_id) > 1
)"""
_COUNTS = """,
    (select count(distinct unit_id) from open_{now}),
    (select count(*) from (select unit_id from open_{now} group by unit_id having count(distinct level_{now}) > 1))"""
