"""Numbers as words: rounding, signs, units, names."""

from datetime import date

import pytest

from routing_jobs.publish.report.changes import change_of_amount, change_of_rate
from routing_jobs.publish.report.intervals import Rate
from routing_jobs.publish.report.wording import (
    Money,
    business_hours,
    count,
    days_between,
    duration,
    months_between,
    name,
    plural,
    share,
    span,
)


@pytest.mark.parametrize(
    ("minor", "whole", "short"),
    [
        (0, "€0", "€0"),
        (49, "€0", "€0"),
        (50, "€1", "€0"),
        (123_456_789, "€1,234,568", "€1.23m"),
        (999_949, "€9,999", "€9,999"),
        (999_951, "€10,000", "€10.0k"),
        (1_234_567, "€12,346", "€12.3k"),
        (99_999_999, "€1,000,000", "€1.00m"),
        (-150, "−€2", "−€2"),
        (1_200_000_000_000, "€12,000,000,000", "€12.0bn"),
    ],
)
def test_money_is_rounded_to_what_is_shown(minor, whole, short):
    money = Money("EUR", 2)
    assert (money.whole(minor), money.short(minor)) == (whole, short)


def test_money_follows_the_exponent_of_its_currency():
    assert Money("JPY", 0).whole(1_234) == "¥1,234"
    assert Money("KWD", 3).whole(1_234_567) == "KWD\N{NO-BREAK SPACE}1,235"
    assert Money("JPY", 0).thousands(1_500) == "2"
    assert Money("EUR", 2).whole(None) == "–"


def test_shares_without_anything_to_share_are_a_dash():
    assert (share(None), span(None, None)) == ("–", "–")
    assert (share(0.47345), span(0.1, 0.25)) == ("47.3%", "10.0–25.0%")


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(None, "not reached"), (0, "0 min"), (59.4, "59 min"), (59.5, "1.0 h"), (390, "6.5 h"), (2880, "2.0 days")],
)
def test_durations_take_the_unit_that_reads_best(minutes, words):
    assert duration(minutes) == words


def test_business_time_is_never_turned_into_days():
    assert (business_hours(6000), business_hours(None)) == ("100.0 h", "not reached")


def test_counts_names_and_dates():
    assert (count(1_234_567), count(-5)) == ("1,234,567", "−5")
    assert (plural(1, "lead"), plural(0, "lead"), plural(2, "thing")) == ("1 lead", "0 leads", "2 things")
    assert [name(code) for code in ("web_form", "crm_import", "DE", "", None, "Platinum")] == [
        "Web form", "CRM import", "DE", "Not known", "Not known", "Platinum",
    ]  # fmt: skip
    assert days_between(date(2026, 3, 18), date(2026, 6, 15)) == "18 Mar – 15 Jun 2026"
    assert days_between(date(2025, 12, 18), date(2026, 3, 17)) == "18 Dec 2025 – 17 Mar 2026"
    assert months_between(date(2026, 3, 1), date(2026, 5, 1)) == "Mar – May 2026"


@pytest.mark.parametrize(
    ("now", "before", "up_is_good", "text", "tone"),
    [
        (112, 100, True, "▲ 12%", "better"),
        (112, 100, False, "▲ 12%", "worse"),
        (88, 100, False, "▼ 12%", "better"),
        (0, 100, True, "▼ 100%", "worse"),
        (340, 100, True, "▲ 3.4 times as much", "better"),
        (1002, 1000, True, "unchanged", "even"),
        (5, 0, True, "none in the period before", "unknown"),
        (0, 0, True, "nothing before to compare with", "unknown"),
    ],
)
def test_a_change_of_an_amount_says_how_much_and_whether_that_is_good(now, before, up_is_good, text, tone):
    change = change_of_amount(now, before, up_is_good=up_is_good)
    assert (change.text, change.tone) == (text, tone)


def test_a_change_of_a_rate_within_its_interval_is_no_news():
    noise = change_of_rate(Rate(52, 100), Rate(48, 100))
    assert (noise.tone, noise.text) == ("even", "no clear change (−9.7 to +17.5 points)")
    news = change_of_rate(Rate(600, 1000), Rate(500, 1000))
    assert news.tone == "better"
    assert news.text.startswith("▲ 10.0 points (+5.6 to +14.3)")
    assert change_of_rate(Rate(600, 1000), Rate(500, 1000), up_is_good=False).tone == "worse"
    assert change_of_rate(Rate(1, 2), Rate(0, 0)).tone == "unknown"
