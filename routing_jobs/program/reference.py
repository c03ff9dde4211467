"""Small tables a program may bring in reference/: strict CSV with a header, read whole.

`exchange_rates.csv` (currency, rate_date, rate), `aliases.csv` (kind, spelling, canonical: other spellings of
countries and products). Tables that a feed maps through are read by intake with `read_table`.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from routing_jobs.program.errors import ConfigurationError
from routing_jobs.program.workspace import Workspace

RATE_COLUMNS = ("currency", "rate_date", "rate")
ALIAS_COLUMNS = ("kind", "spelling", "canonical")
ALIAS_KINDS = ("country", "product")
MAX_RATE = Decimal(10) ** 10
RATE_STEP = Decimal("0.00000001")  # decimal(18, 8) in the warehouse


@dataclass(frozen=True, order=True)
class ExchangeRate:
    """One unit of `currency` was worth `rate` units of the program's currency from `rate_date` on."""

    currency: str
    rate_date: date
    rate: Decimal


def read_table(path: Path, columns: Sequence[str] | None = None) -> tuple[list[str], list[list[str]]]:
    """Header and rows of a small UTF-8 CSV; ConfigurationError for anything ragged or unexpected."""
    name = f"reference/{path.name}"
    problems: list[str] = []
    rows: list[list[str]] = []
    header: list[str] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = [column.strip() for column in next(reader, [])]
            if columns is not None and header != list(columns):
                raise ConfigurationError(
                    f"{name}: line 1: header {','.join(header) or '(none)'}: expected {','.join(columns)}"
                )
            for row in reader:
                if len(row) == len(header):
                    rows.append([value.strip() for value in row])
                elif row:
                    problems.append(f"{name}: line {reader.line_num}: {len(row)} values; expected {len(header)}")
    except (csv.Error, UnicodeDecodeError) as error:
        problems.append(f"{name}: after line {len(rows) + 1}: not readable as UTF-8 CSV ({error})")
    if problems:
        raise ConfigurationError(*problems)
    return header, rows


def read_exchange_rates(workspace: Workspace) -> list[ExchangeRate]:
    """The rates of reference/exchange_rates.csv in order; [] if the program brings none."""
    path = workspace.reference / "exchange_rates.csv"
    if not path.is_file():
        return []
    _, rows = read_table(path, RATE_COLUMNS)
    problems: list[str] = []
    rates: dict[tuple[str, date], ExchangeRate] = {}
    for number, row in enumerate(rows, start=1):
        try:
            rate = _rate(row)
            if (rate.currency, rate.rate_date) in rates:
                raise ValueError("expected one rate for a currency and day")
            rates[rate.currency, rate.rate_date] = rate
        except ValueError as error:
            problems.append(f"reference/exchange_rates.csv: record {number}: value {','.join(row)}: {error}")
    if problems:
        raise ConfigurationError(*problems)
    return sorted(rates.values())


def _rate(row: list[str]) -> ExchangeRate:
    from pycountry import currencies

    currency, day, rate = row
    if currencies.get(alpha_3=currency) is None or currency != currency.upper():
        raise ValueError("expected an ISO 4217 currency code such as USD")
    try:
        rate_date = date.fromisoformat(day)
    except ValueError:
        raise ValueError("expected a rate_date such as 2026-01-31") from None
    try:
        value = Decimal(rate)
    except InvalidOperation:
        raise ValueError('expected a rate such as 0.92 (decimal point ".")') from None
    if not value.is_finite() or not RATE_STEP <= value < MAX_RATE:
        raise ValueError(f"expected a rate of at least {RATE_STEP:f} and below {MAX_RATE}")
    return ExchangeRate(currency, rate_date, value.quantize(RATE_STEP))


def read_aliases(workspace: Workspace) -> dict[str, dict[str, str]]:
    """Kind -> {spelling in lower case -> canonical name} of reference/aliases.csv; {} if there is none."""
    path = workspace.reference / "aliases.csv"
    if not path.is_file():
        return {}
    _, rows = read_table(path, ALIAS_COLUMNS)
    problems: list[str] = []
    aliases: dict[str, dict[str, str]] = {kind: {} for kind in ALIAS_KINDS}
    for number, (kind, spelling, canonical) in enumerate(rows, start=1):
        where = f"reference/aliases.csv: record {number}: value {kind},{spelling},{canonical}"
        if kind not in ALIAS_KINDS:
            problems.append(f"{where}: expected kind {' or '.join(ALIAS_KINDS)}")
        elif not spelling or not canonical:
            problems.append(f"{where}: expected a spelling and what it stands for")
        elif aliases[kind].setdefault(spelling.lower(), canonical) != canonical:
            problems.append(f"{where}: expected one meaning for a spelling; it already stands for another")
    if problems:
        raise ConfigurationError(*problems)
    return aliases
