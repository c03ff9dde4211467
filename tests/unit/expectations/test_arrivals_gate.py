"""Gate arrivals: for each of its checks one world in which only that check fails."""

from datetime import datetime

import duckdb
import pytest

from expectations import run_gate
from routing_jobs.program.tables import TABLES
from routing_jobs.warehouse.schema import create_tables

AS_OF = datetime(2026, 3, 10, 12)


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    create_tables(connection)
    connection.execute("create schema program")
    for table in ("setting", "feed"):
        connection.execute(f"create table program.{table} ({TABLES[table]})")
    connection.execute("insert into program.setting (as_of) values (?)", [AS_OF])
    connection.execute(
        "insert into program.feed values ('web', 'leads', 'web', true, 24, 0.2, true, 'deny', 'delta'), "
        "('roster', 'partners', 'roster', true, null, null, false, 'deny', 'snapshot'), "
        "('extra', 'leads', 'extra', false, null, 3, false, 'deny', 'delta')"
    )
    for feed, entity, counted, quarantined in (
        ("web", "leads", 10, 2),
        ("roster", "partners", 1, 0),
        ("extra", "leads", 5, 3),
    ):
        land(connection, feed, entity, counted, quarantined)
    connection.execute(
        "insert into raw.leads by name select 'web' as source_system, '1' as source_record_id, "
        "timestamp '2026-03-01' as captured_at, 'web1' as record_key, 'h' as content_hash, 'web' as feed, 's' as file_sha256, "
        "1 as record_number, 1 as arrival_seq, timestamp '2026-03-10' as arrived_at, true as is_current, false as is_closed"
    )
    connection.execute(
        "insert into raw.partners by name select 'P1' as partner_id, 'P1' as record_key, 'h' as content_hash, 'roster' as feed, "
        "'s' as file_sha256, 1 as record_number, 1 as arrival_seq, timestamp '2026-03-10' as arrived_at, "
        "true as is_current, false as is_closed"
    )
    return connection


def land(connection, feed, entity, counted, quarantined, arrived="2026-03-10", reason=None, accepted=None):
    connection.execute(
        "insert into raw.landed_file by name select ? as feed, ? as entity, ? as file_sha256, 'c' as contract_sha256, "
        "'p' as path, 1 as bytes, 1 as arrival_seq, ?::timestamp as arrived_at, ? as counted, ? as accepted, "
        "0 as duplicates, 0 as filtered, ? as quarantined, null as derived, ? as file_reason, false as is_snapshot",
        [
            feed,
            entity,
            f"{feed}{arrived}",
            arrived,
            counted,
            counted - quarantined if accepted is None else accepted,
            quarantined,
            reason,
        ],
    )


def failing(connection) -> set[str]:
    return {verdict.check_name for verdict in run_gate("arrivals", connection, "run", AS_OF) if not verdict.passed}


def test_a_good_arrival_passes(connection):
    assert failing(connection) == set()


@pytest.mark.parametrize(
    ("sql", "check"),
    [
        ("delete from raw.landed_file where feed = 'roster'", "feeds__is_landed"),
        ("update raw.landed_file set arrived_at = '2026-03-09 11:59:59' where feed = 'web'", "feeds__is_fresh"),
        (
            "update raw.landed_file set quarantined = 3, accepted = 7 where feed = 'web'",
            "feeds__is_within_quarantine_limit",
        ),
        (
            "update raw.landed_file set quarantined = 4, accepted = 1 where feed = 'extra'",
            "feeds__is_within_quarantine_limit",
        ),
        ("update raw.landed_file set accepted = 7 where feed = 'web'", "feeds__is_reconciled"),
        ("update raw.leads set captured_at = null", "leads__captured_at_is_filled"),
    ],
)
def test_one_fault_fails_exactly_its_check(connection, sql, check):
    connection.execute(sql)
    assert failing(connection) == {check}


def test_freshness_allows_exactly_the_promised_span(connection):
    connection.execute("update raw.landed_file set arrived_at = '2026-03-09 12:00:00' where feed = 'web'")
    assert failing(connection) == set()


def test_an_old_bad_file_is_not_hidden_by_many_good_ones_nor_held_against_a_good_newer_one(connection):
    land(connection, "web", "leads", 10, 9, arrived="2026-03-11")
    assert failing(connection) == {"feeds__is_within_quarantine_limit"}
    land(connection, "web", "leads", 10, 0, arrived="2026-03-12")
    assert failing(connection) == set()


def test_no_leads_at_all_is_a_failure_not_a_pass(connection):
    connection.execute("delete from raw.leads")
    assert "leads__rows_are_complete" in failing(connection)


def test_two_standing_versions_of_one_record_fail(connection):
    connection.execute("insert into raw.leads select * from raw.leads")
    assert {"leads__rows_are_complete", "leads__record_key_is_unique"} <= failing(connection)
