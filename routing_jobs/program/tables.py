"""Writes the program into the warehouse, schema `program`, where dbt and the gates read it; each run anew.

dbt never gets these values as vars: another value would invalidate its parsed project.
"""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb

from routing_jobs.program.errors import ConfigurationError
from routing_jobs.program.loading import Program
from routing_jobs.program.problems import nearest
from routing_jobs.program.reference import read_aliases, read_exchange_rates
from routing_jobs.program.rulebook import canonical_body
from routing_jobs.program.workspace import Workspace

TABLES = {
    "setting": """
        run_id varchar, as_of timestamp, program_name varchar, currency varchar, timezone varchar,
        fiscal_year_starts integer, qualified_at integer, duplicate_window_days integer,
        default_capacity integer, default_batch_limit integer, max_hops integer,
        cool_down_days integer, stalled_after_days integer, capacity_counts varchar,
        incumbent_months integer, lookback_days integer, protection_days integer,
        decision_hours integer, report_grace_days integer, default_value_minor bigint,
        value_cap_percentile integer, value_min_sample integer, age_half_life_days integer""",
    "product": "product varchar, product_line varchar",
    "grade": "grade varchar, lowest_score integer",
    "tier": "tier varchar, tier_order integer",
    "maturity": "stage varchar, matures_after_days integer",
    "exchange_rate": "currency varchar, rate_date date, rate decimal(18, 8)",
    "currency_exponent": "currency varchar, exponent integer",
    "rulebook": "file varchar, version varchar, sha256 varchar, body varchar",
    "feed": """
        feed varchar, entity varchar, source_system varchar, is_required boolean, expected_every_hours double,
        max_quarantined double, max_quarantined_is_share boolean, consent_when_blank varchar,
        delivery varchar""",
}

# ISO 4217 minor digits other than 2, and the codes that are no money (metals, funds of account, tests).
NO_MINOR_UNIT = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
EXPONENTS = dict.fromkeys(NO_MINOR_UNIT.split(), 0) | dict.fromkeys(
    ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3
)
EXPONENTS |= {"CLF": 4, "UYW": 4}
NO_MONEY = frozenset(["XAG", "XAU", "XBA", "XBB", "XBC", "XBD", "XDR", "XPD", "XPT", "XSU", "XTS", "XUA", "XXX"])
RATE_FROM_THE_START = date(1900, 1, 1)  # the program's own currency is worth 1 on every day


def write_program_tables(
    connection: duckdb.DuckDBPyConnection,
    workspace: Workspace,
    program: Program,
    as_of: datetime,
    run_id: str,
) -> None:
    """Replace schema `program` by this program, in one transaction; as_of is naive UTC.

    Raises:
        ConfigurationError: A table in reference/ is wrong.
    """
    contents: dict[str, Sequence[Sequence[Any]]] = {
        "setting": [_setting(program, as_of, run_id)],
        "product": _products(workspace, program),
        "grade": list(program.scoring.grades.items()),
        "tier": [(tier, order) for order, tier in enumerate(program.routing.tiers, start=1)],
        "maturity": list(program.sla.matures_after_days.items()),
        "exchange_rate": _exchange_rates(workspace, program),
        "currency_exponent": list(currency_exponents().items()),
        "rulebook": [_rulebook_row(name, rules) for name, rules in program.rules.items()],
        "feed": [_feed_row(source, program) for source in program.sources.values()],
    }
    connection.begin()
    try:
        connection.execute("create schema if not exists program")
        for table, rows in contents.items():
            connection.execute(f"create or replace table program.{table} ({TABLES[table]})")
            _insert(connection, table, rows)
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Sequence[Any]]) -> None:
    """Insert the rows column by column: one bound list each; row by row takes two hundred times as long."""
    if rows:
        columns = [list(column) for column in zip(*rows, strict=True)]
        lists = ", ".join("unnest(?)" for _ in columns)
        # the table's name is a key of TABLES; every value is bound
        connection.execute(f"insert into program.{table} select {lists}", columns)


def _setting(program: Program, as_of: datetime, run_id: str) -> tuple[Any, ...]:
    config, routing, sla = program.config, program.routing, program.sla
    return (
        run_id,
        as_of,
        config.name,
        config.currency,
        config.timezone,
        config.fiscal_year_starts,
        program.scoring.qualified_at,
        routing.duplicate_window_days,
        routing.limits.default_capacity,
        routing.limits.default_batch_limit,
        routing.limits.max_hops,
        routing.limits.cool_down_days,
        routing.limits.stalled_after_days,
        routing.limits.capacity_counts,
        routing.incumbent_months,
        program.attribution.lookback_days,
        sla.deal_registration.protection_days,
        sla.deal_registration.decision_hours,
        sla.report_grace.business_days,
        routing.value.default_minor,
        routing.value.cap_percentile,
        routing.value.min_sample,
        routing.age_decay.half_life_days,
    )


def _products(workspace: Workspace, program: Program) -> list[tuple[str, str]]:
    """Every spelling of a product in lower case, and its line; a line's own name is one of its spellings."""
    lines = {
        spelling.strip().lower(): line
        for line, products in program.routing.product_lines.items()
        for spelling in (line, *products)
    }
    problems = []
    for spelling, product in read_aliases(workspace).get("product", {}).items():
        if product.lower() in lines:
            lines.setdefault(spelling, lines[product.lower()])
        else:
            problems.append(
                f"reference/aliases.csv: value {product}: expected a product of product_lines in "
                f"rulebook/routing.yaml{nearest(product.lower(), lines)}"
            )
    if problems:
        raise ConfigurationError(*problems)
    return sorted(lines.items())


def _exchange_rates(workspace: Workspace, program: Program) -> list[tuple[str, date, Decimal]]:
    own = program.config.currency
    rates = [(rate.currency, rate.rate_date, rate.rate) for rate in read_exchange_rates(workspace)]
    if any(currency == own and rate != 1 for currency, _, rate in rates):
        raise ConfigurationError(
            f"reference/exchange_rates.csv: {own} is the program's own currency; expected rate 1 or no row for it"
        )
    return [(own, RATE_FROM_THE_START, Decimal(1)), *(rate for rate in rates if rate[0] != own)]


def currency_exponents() -> dict[str, int]:
    """ISO 4217 code -> minor digits, of every currency that is money."""
    from pycountry import currencies

    codes = sorted(currency.alpha_3 for currency in currencies)
    return {code: EXPONENTS.get(code, 2) for code in codes if code not in NO_MONEY}


def _rulebook_row(name: str, rules: Any) -> tuple[str, str, str, str]:
    body = canonical_body(rules)
    return name, rules.version, hashlib.sha256(body.encode()).hexdigest(), body


def _feed_row(source: Any, program: Program) -> tuple[Any, ...]:
    limit, is_share = source.max_quarantined, source.max_quarantined_is_share
    if limit is None:
        limit, is_share = program.config.gates.max_quarantined_share, True
    return (
        source.feed,
        source.entity,
        source.source_system,
        source.required,
        source.expected_every_hours,
        limit,
        is_share,
        source.consent_when_blank,
        source.delivery,
    )
