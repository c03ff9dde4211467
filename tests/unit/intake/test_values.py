"""What a text means as an instant, date, number, boolean: against zoneinfo, Decimal and hand-made cases."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing_jobs.intake.sandbox import open_sandbox

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "America/Sao_Paulo",
         "Pacific/Apia", "Africa/Casablanca", "Asia/Beirut", "America/Havana")  # fmt: skip


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_sandbox(tmp_path_factory.mktemp("sandbox")) as connection:
        yield connection


def value(sandbox: duckdb.DuckDBPyConnection, expression: str, text: str) -> object:
    return sandbox.execute(f"select {expression} from (select $text as t)", {"text": text}).fetchone()[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-01-05T10:00:00Z", datetime(2024, 1, 5, 10)),
        ("2024-01-05 10:00Z", datetime(2024, 1, 5, 10)),
        ("2024-01-05T10:00:00.123456789Z", datetime(2024, 1, 5, 10, 0, 0, 123456)),
        ("2024-01-05T10:00:00+05:30", datetime(2024, 1, 5, 4, 30)),
        ("2024-01-05 10:00:00 -0800", datetime(2024, 1, 5, 18)),
        ("2024-01-05T10:00+02", datetime(2024, 1, 5, 8)),
        ("2024-01-05 10:00:00 UTC", datetime(2024, 1, 5, 10)),
        ("2024-07-05", datetime(2024, 7, 4, 22)),
        ("2024-07-05 10:00", datetime(2024, 7, 5, 8)),
        ("2024-07-05T10:00:59", datetime(2024, 7, 5, 8, 0, 59)),
        ("9999-12-31T00:00:00Z", datetime(9999, 12, 31)),
        *((text, None) for text in (
            "2024-01-05T24:00:00Z", "2024-02-30", "1900-02-29", "2024-13-01", "05.01.2024", "01/05/2024", "2024-1-5",
            "20240105", "45296", "now", "infinity", "epoch", "2024-01-05 10", "2024-01-05 10:61", "0024-01-05",
            "2024-01-05 (BC)", "2024-01-05T10:00:00Z Z", "-2024-01-05", "2024-01-05T10:00:00+25:00",
            "\u0662\u0660\u0662\u0664-01-05",
        )),
    ],
)  # fmt: skip
def test_iso_instants_in_berlin(sandbox: duckdb.DuckDBPyConnection, text: str, expected: datetime | None) -> None:
    assert value(sandbox, "iso_utc(t, 'Europe/Berlin')", text) == expected


@settings(deadline=None, max_examples=300)
@given(moment=st.datetimes(datetime(1980, 1, 1), datetime(2036, 1, 1)), zone=st.sampled_from(ZONES))
def test_naive_times_are_in_the_feeds_zone_as_zoneinfo_has_it(
    sandbox: duckdb.DuckDBPyConnection, moment: datetime, zone: str
) -> None:
    assert in_zone(sandbox, moment, zone) == expected_utc(moment, zone)


@pytest.mark.parametrize("zone", ZONES)
def test_times_around_changes_of_the_clocks_follow_the_rule(sandbox: duckdb.DuckDBPyConnection, zone: str) -> None:
    start = datetime(2011, 1, 1)
    days = [start + timedelta(days=number) for number in range(6 * 365)]
    changes = [
        day for day in days if ZoneInfo(zone).utcoffset(day) != ZoneInfo(zone).utcoffset(day + timedelta(days=1))
    ]
    for day in changes:
        for minutes in range(0, 2 * 24 * 60, 30):
            moment = day + timedelta(minutes=minutes)
            assert in_zone(sandbox, moment, zone) == expected_utc(moment, zone), moment


def in_zone(sandbox: duckdb.DuckDBPyConnection, moment: datetime, zone: str) -> datetime:
    sql = "select iso_utc($text, $zone)"
    return sandbox.execute(sql, {"text": moment.isoformat(sep=" "), "zone": zone}).fetchone()[0]


def expected_utc(moment: datetime, zone: str) -> datetime:
    """A skipped time counts as much later as the clocks skip; of a repeated time the later one is meant."""
    there = ZoneInfo(zone)
    first, second = moment.replace(tzinfo=there, fold=0), moment.replace(tzinfo=there, fold=1)
    does_exist = first.astimezone(UTC).astimezone(there).replace(tzinfo=None) == moment
    chosen = second if does_exist else first
    return chosen.astimezone(UTC).replace(tzinfo=None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2024-02-29", date(2024, 2, 29)), ("2024-02-29T00:00:00", date(2024, 2, 29)), ("9999-12-31", date(9999, 12, 31)),
     *((text, None) for text in ("2023-02-29", "2024-02-29 01:00", "29.02.2024", "today", "20240229"))],
)  # fmt: skip
def test_iso_dates(sandbox: duckdb.DuckDBPyConnection, text: str, expected: date | None) -> None:
    assert value(sandbox, "iso_date(t)", text) == expected


POINT_AND_COMMA = [
    ("1234.5", "1234.5", None), ("1,234.56", "1234.56", None), ("1.234,56", None, "1234.56"), ("1,23", None, "1.23"),
    ("1.23", "1.23", None), ("1,234", "1234", "1.234"), ("1.234", "1.234", "1234"), ("(1,234.50)", "-1234.50", None),
    ("$1,234.00", "1234", None), ("\u20ac 1.234,00", None, "1234"), ("5 \u20ac", "5", "5"), ("-$5", "-5", "-5"),
    ("1 234 567", "1234567", "1234567"), ("1\u00a0234", "1234", "1234"), ("1'234.5", "1234.5", None), (".5", "0.5", None),
    ("-0", "0", "0"), ("+7", "7", "7"), ("12.", "12", None), ("0049", "49", "49"), ("99999999999999.9999", "99999999999999.9999", None),
    ("9999999999999999.9999", "9999999999999999.9999", None),
    *((text, None, None) for text in (
        "1,23,456", "1..2", "1e5", "NaN", "inf", "1_000", "", "-", "1" + "0" * 30, "12a", "\u0663", "0x1F", "1,234,56",
        "--5", "5%", "(5",
    )),
]  # fmt: skip


@pytest.mark.parametrize(("text", "point", "comma"), POINT_AND_COMMA)
def test_decimals_by_their_declared_sign(
    sandbox: duckdb.DuckDBPyConnection, text: str, point: str | None, comma: str | None
) -> None:
    for sign, expected in (("point", point), ("comma", comma)):
        found = value(sandbox, f"read_decimal(plain_number_{sign}(t))", text)
        assert found == (None if expected is None else Decimal(expected)), sign


@settings(deadline=None, max_examples=200)
@given(st.decimals(Decimal("-1e15"), Decimal("1e15"), places=4))
def test_a_written_decimal_reads_back(sandbox: duckdb.DuckDBPyConnection, number: Decimal) -> None:
    assert value(sandbox, "read_decimal(plain_number_point(t))", f"{number:f}") == number
    assert value(sandbox, "read_decimal(plain_number_point(t))", f"{number:,.4f}") == number


@pytest.mark.parametrize(
    ("text", "expected"),
    [("12", 12), ("12.0", 12), ("-12.000", -12), ("1,200", 1200), ("007", 7), ("9223372036854775807", 2**63 - 1),
     *((text, None) for text in ("12.5", "1e3", "9223372036854775808", "twelve", "12-", ""))],
)  # fmt: skip
def test_whole_numbers(sandbox: duckdb.DuckDBPyConnection, text: str, expected: int | None) -> None:
    assert value(sandbox, "read_integer(plain_number_point(t))", text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("52.52", 52.52), ("-1e-3", -0.001), (".5", 0.5), ("7", 7.0), ("NaN", None), ("inf", None), ("1e999", None), ("52,52", None)],
)  # fmt: skip
def test_doubles_are_finite(sandbox: duckdb.DuckDBPyConnection, text: str, expected: float | None) -> None:
    assert value(sandbox, "read_double(t, '.')", text) == expected


def test_entries_and_words(sandbox: duckdb.DuckDBPyConnection) -> None:
    assert value(sandbox, "read_entries(t, ';')", " a; b ;;c") == ["a", "b", "c"]
    assert value(sandbox, "as_word(t)", "Co - Marketing") == "co_marketing"


PROBES = [
    "select * from read_text('/etc/hostname')", "select * from read_csv('/etc/passwd')", "select * from '/etc/passwd'",
    "set enable_external_access = true", "set lock_configuration = false", "set threads = 1", "reset memory_limit",
    "select * from read_parquet('{scratch}/*.parquet')", "select * from glob('/*')", 
    "select getenv('HOME')", "pragma enable_logging", "call load_aws_credentials()",
    "create secret (type s3)", "set temp_directory = '/tmp'",
]  # fmt: skip


@pytest.mark.parametrize("probe", PROBES)
def test_the_sandbox_reaches_nothing_outside(tmp_path: Path, probe: str) -> None:
    with open_sandbox(tmp_path) as connection, pytest.raises(duckdb.Error):
        connection.execute(probe.format(scratch=tmp_path)).fetchall()
    assert not [path for path in tmp_path.iterdir() if path.suffix != ".tmp"]
