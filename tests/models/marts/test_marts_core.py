"""Dimensions: the partner's tier then and now, the fiscal calendar, campaigns with spend only, the published stages."""

from datetime import date, datetime

import pytest


def at(text):
    return datetime.fromisoformat(f"2026-{text}")


pytestmark = pytest.mark.xdist_group("marts")


def test_partner_history_holds_the_tier_of_each_time(marts):
    rows = marts.execute(
        "select version_number, tier, valid_from, valid_to, is_current from dim_partner_history "
        "where partner_id = 'acme' order by 1"
    ).fetchall()
    assert rows == [
        (1, "silver", datetime.fromisoformat("2025-06-01"), at("03-01 00:00"), False),  # from the day it joined
        (2, "gold", at("03-01 00:00"), None, True),
    ]


def test_facts_carry_the_tier_the_partner_had_then(marts):
    tiers = dict(marts.execute("select opportunity_id, tier_at_creation from fct_opportunity").fetchall())
    assert (tiers["O1"], tiers["O2"]) == ("silver", "gold")  # acme, February and April
    offered = marts.execute("select distinct tier_at_release from fct_assignment where partner_id = 'acme'").fetchall()
    assert offered == [("silver",)]  # January and February


def test_a_tier_is_spelled_as_the_rulebook_spells_it(marts):
    assert marts.execute("select tier, tier_order from dim_partner where partner_id = 'bolt'").fetchone() == (
        "silver",
        2,
    )


def test_dates_cover_the_program_and_know_their_week_and_quarter(marts):
    first, last = marts.execute("select min(date_day), max(date_day) from dim_date").fetchone()
    assert (first, last) == (date(2025, 1, 1), date(2027, 12, 31))  # the first touch is of October 2025
    row = marts.execute(
        "select week_start_date, month_start_date, fiscal_quarter, iso_weekday from dim_date "
        "where date_day = '2026-06-14'"
    ).fetchone()
    assert row == (date(2026, 6, 8), date(2026, 6, 1), "FY2026-Q2", 7)
    running = marts.execute("select min(date_day), max(date_day), count(*) from dim_date where is_running_quarter")
    assert running.fetchone() == (date(2026, 4, 1), date(2026, 6, 30), 91)


def test_a_campaign_nobody_answered_to_is_still_a_campaign(marts):
    rows = marts.execute(
        "select campaign_id, lead_channel, lead_count, touch_count, spend_record_count from dim_campaign order by 1"
    ).fetchall()
    assert rows == [("BRAND", "print", 0, 0, 1), ("C1", "email", 1, 4, 1), ("C2", "webinar", 0, 1, 1)]


def test_stages_are_published_in_order_of_precedence(marts):
    stages = [row[0] for row in marts.execute("select stage from dim_stage order by precedence").fetchall()]
    assert stages[:4] == ["won", "opportunity", "lost", "registered"]
    assert stages[-2:] == ["qualified", "captured"]
    way = marts.execute("select stage from dim_stage where funnel_order is not null order by funnel_order").fetchall()
    assert [row[0] for row in way] == [
        "captured", "qualified", "routed", "released", "accepted", "worked", "partner_qualified", "registered",
        "opportunity", "won",
    ]  # fmt: skip


def test_every_column_can_be_read_about_in_the_database(marts):
    undescribed = marts.execute(
        "select table_name, column_name from duckdb_columns() where schema_name = 'marts' and comment is null"
    ).fetchall()
    assert undescribed == []
