"""Schema `program` says what the program says; the reference tables are read strictly."""

import json
import shutil
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from routing_jobs.program.errors import ConfigurationError
from routing_jobs.program.loading import load_program
from routing_jobs.program.reference import read_aliases, read_exchange_rates, read_table
from routing_jobs.program.rulebook import RoutingRules
from routing_jobs.program.tables import TABLES, write_program_tables
from routing_jobs.program.workspace import Workspace

at = datetime.fromisoformat  # naive UTC

SAMPLE = Path(__file__).parents[3] / "data" / "sample"
AS_OF = at("2026-03-01T08:00:00")
FEED = """\
entity: campaign_spend
files: "spend/*.csv"
columns: {campaign_id: C, spend_date: D, amount: A}
"""


@pytest.fixture
def workspace(tmp_path):
    shutil.copy(SAMPLE / "program.yaml", tmp_path)
    shutil.copytree(SAMPLE / "rulebook", tmp_path / "rulebook")
    for folder in ("sources", "reference"):
        (tmp_path / folder).mkdir()
    (tmp_path / "sources" / "spend.yaml").write_text(FEED)
    return Workspace(tmp_path)


@pytest.fixture
def connection():
    with duckdb.connect() as connection:
        yield connection


def write(connection, workspace, run_id="run-1"):
    write_program_tables(connection, workspace, load_program(workspace), AS_OF, run_id)


def rows(connection, table):
    return connection.execute(f"select * from program.{table} order by all").fetchall()


def test_the_setting_is_one_row_of_the_last_run(connection, workspace):
    write(connection, workspace)
    write(connection, workspace, run_id="run-2")
    cursor = connection.execute("select * from program.setting")
    (row,) = cursor.fetchall()
    setting = dict(zip([column[0] for column in cursor.description], row, strict=True))
    assert setting["run_id"] == "run-2"
    assert setting["as_of"] == AS_OF
    assert (setting["currency"], setting["timezone"], setting["fiscal_year_starts"]) == ("EUR", "Europe/Berlin", 2)
    assert (setting["qualified_at"], setting["max_hops"], setting["lookback_days"]) == (60, 3, 90)
    assert (setting["decision_hours"], setting["protection_days"], setting["report_grace_days"]) == (48, 90, 2)
    assert (setting["default_value_minor"], setting["age_half_life_days"]) == (500_000, 30)
    assert None not in row


def test_lists_of_the_rulebook_become_rows(connection, workspace):
    write(connection, workspace)
    assert rows(connection, "tier") == [("gold", 2), ("platinum", 1), ("registered", 4), ("silver", 3)]
    assert rows(connection, "grade") == [("A", 80), ("B", 60), ("C", 40), ("D", 0)]
    assert ("edge router", "routers") in rows(connection, "product")
    assert ("routers", "routers") in rows(connection, "product")
    assert dict(rows(connection, "maturity"))["won"] == 180
    assert rows(connection, "exchange_rate") == [("EUR", date(1900, 1, 1), Decimal(1))]
    exponents = dict(rows(connection, "currency_exponent"))
    assert (exponents["EUR"], exponents["JPY"], exponents["KWD"], exponents["CLF"]) == (2, 0, 3, 4)
    assert "XAU" not in exponents
    assert rows(connection, "feed") == [
        ("spend", "campaign_spend", "spend", False, None, 0.2, True, "deny", "delta"),
    ]


def test_a_feed_keeps_its_own_bounds_as_share_count_or_the_programs(connection, workspace):
    for name, line in (("count", "max_quarantined: 10"), ("share", "max_quarantined: 0.05"), ("none", "")):
        (workspace.sources / f"{name}.yaml").write_text(FEED + line + "\nexpected_every: 90m\n")
    write(connection, workspace)
    query = (
        "select feed, expected_every_hours, max_quarantined, max_quarantined_is_share from program.feed order by feed"
    )
    assert connection.execute(query).fetchall() == [
        ("count", 1.5, 10.0, False),
        ("none", 1.5, 0.2, True),
        ("share", 1.5, 0.05, True),
        ("spend", None, 0.2, True),
    ]


def test_ten_years_of_daily_rates_are_written_in_seconds(connection, workspace):
    first = date(2016, 1, 1).toordinal()
    lines = [f"USD,{date.fromordinal(first + day)},0.9\n" for day in range(3650)]
    (workspace.reference / "exchange_rates.csv").write_text("currency,rate_date,rate\n" + "".join(lines))
    write(connection, workspace)
    assert connection.execute("select count(*) from program.exchange_rate").fetchone() == (3651,)


def test_dbt_gets_the_rulebook_back_from_its_row(connection, workspace):
    write(connection, workspace)
    assert set(TABLES) == {
        row[0]
        for row in connection.execute("select table_name from duckdb_tables() where schema_name = 'program'").fetchall()
    }
    body = connection.execute("select body from program.rulebook where file = 'routing'").fetchone()[0]
    assert RoutingRules.model_validate_json(body) == load_program(workspace).routing
    assert json.loads(body)["tie_band"] == 0.05


def test_rates_and_product_spellings_come_from_reference(connection, workspace):
    (workspace.reference / "exchange_rates.csv").write_text(
        "currency,rate_date,rate\nUSD,2026-01-02,0.92\nUSD,2026-01-01,0.9100000049\nEUR,2026-01-01,1\n"
    )
    (workspace.reference / "aliases.csv").write_text(
        "kind,spelling,canonical\nproduct,Edge Rtr,Edge Router\ncountry,Deutschland,DE\n"
    )
    write(connection, workspace)
    assert rows(connection, "exchange_rate") == [
        ("EUR", date(1900, 1, 1), Decimal(1)),
        ("USD", date(2026, 1, 1), Decimal("0.91")),
        ("USD", date(2026, 1, 2), Decimal("0.92")),
    ]
    assert ("edge rtr", "routers") in rows(connection, "product")
    assert read_aliases(workspace)["country"] == {"deutschland": "DE"}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("currency,date,rate\n", "line 1: header currency,date,rate: expected currency,rate_date,rate"),
        ("", r"header \(none\)"),
        ("currency,rate_date,rate\nUSD,2026-01-01\n", "line 2: 2 values; expected 3"),
        ("currency,rate_date,rate\nUSD,2026-01-01,0,92\n", "line 2: 4 values; expected 3"),
        ("currency,rate_date,rate\nusd,2026-01-01,1\n", "record 1: value usd,2026-01-01,1: expected an ISO 4217"),
        ("currency,rate_date,rate\nUSD,01.02.2026,1\n", "expected a rate_date such as"),
        ("currency,rate_date,rate\nUSD,2026-01-01,abc\n", "expected a rate such as 0.92"),
        ("currency,rate_date,rate\nUSD,2026-01-01,NaN\n", "expected a rate of at least 0.00000001"),
        ("currency,rate_date,rate\nUSD,2026-01-01,0\n", "expected a rate of at least"),
        ("currency,rate_date,rate\nUSD,2026-01-01,1\nUSD,2026-01-01,2\n", "record 2.*one rate for a currency and day"),
        ('currency,rate_date,rate\nUSD,"2026-01-01,1\n', "not readable as UTF-8 CSV"),
    ],
)
def test_a_wrong_rate_is_refused_where_it_stands(workspace, content, expected):
    (workspace.reference / "exchange_rates.csv").write_text(content)
    with pytest.raises(ConfigurationError, match=expected):
        read_exchange_rates(workspace)


def test_the_programs_own_currency_is_worth_one(connection, workspace):
    (workspace.reference / "exchange_rates.csv").write_text("currency,rate_date,rate\nEUR,2026-01-01,1.1\n")
    with pytest.raises(ConfigurationError, match="EUR is the program's own currency"):
        write(connection, workspace)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("kind,spelling,canonical\ncity,Muc,Munich\n", "expected kind country or product"),
        ("kind,spelling,canonical\ncountry,,DE\n", "expected a spelling"),
        ("kind,spelling,canonical\ncountry,D,DE\ncountry,d,DK\n", "record 2.*one meaning"),
    ],
)
def test_a_wrong_alias_is_refused(workspace, content, expected):
    (workspace.reference / "aliases.csv").write_text(content)
    with pytest.raises(ConfigurationError, match=expected):
        read_aliases(workspace)


def test_an_alias_of_an_unknown_product_is_refused_with_the_nearest(connection, workspace):
    (workspace.reference / "aliases.csv").write_text("kind,spelling,canonical\nproduct,FW,Firewal\n")
    with pytest.raises(ConfigurationError, match=r"value Firewal: expected a product .* did you mean `firewall`"):
        write(connection, workspace)


def test_a_failure_leaves_the_tables_of_the_last_run(connection, workspace):
    write(connection, workspace)
    (workspace.reference / "aliases.csv").write_text("kind,spelling,canonical\nproduct,FW,Firewal\n")
    with pytest.raises(ConfigurationError):
        write(connection, workspace, run_id="run-2")
    assert connection.execute("select run_id from program.setting").fetchall() == [("run-1",)]


def test_a_mapping_table_keeps_its_text(tmp_path):
    path = tmp_path / "map.csv"
    path.write_bytes("﻿code,name\n0049,NA\n".encode())
    assert read_table(path) == (["code", "name"], [["0049", "NA"]])
