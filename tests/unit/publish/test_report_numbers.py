"""What the page says about marts made by hand, each number worked out in a comment.

As of 2026-06-15 12:00 UTC, a program in Berlin whose fiscal year begins in February: FY2027-Q2 began on 1 May.
"""

import re
from datetime import date, datetime
from html import unescape

import pytest

from routing_jobs.publish.report.reading import Reader
from routing_jobs.publish.report.sections.attribution import attribution_section
from routing_jobs.publish.report.sections.conversion import conversion_section
from routing_jobs.publish.report.sections.cost import cost_section
from routing_jobs.publish.report.sections.data_quality import data_quality_section
from routing_jobs.publish.report.sections.follow_up import follow_up_in_time_section
from routing_jobs.publish.report.sections.funnel import funnel_section
from routing_jobs.publish.report.sections.partners import partners_section
from routing_jobs.publish.report.sections.response import response_section
from routing_jobs.publish.report.sections.scorecards import scorecards_section
from routing_jobs.publish.report.sections.sourcing import sourcing_section
from routing_jobs.publish.report.sections.speed import speed_section
from routing_jobs.publish.report.sections.value_lost import value_lost_section


def at(text):
    return datetime.fromisoformat(text)


@pytest.fixture
def marts(new_marts):
    return new_marts().begin()


def rows(section, caption):
    """The cells of the table whose caption begins so, changes as their words."""
    (table,) = [block for block in section.blocks if block.kind == "table" and block.caption.startswith(caption)]
    return [[getattr(cell, "text", cell) for cell in row] for row in table.rows]


def description(figure):
    """What the drawing says to who does not see it."""
    return unescape(re.search('aria-label="([^"]*)"', str(figure.wide)).group(1))


def deal(marts, number, sourcing, created, amount_minor, closed=None, is_won=None, cycle_days=None):
    marts.add("fct_opportunity", opportunity_id=f"o{number}", sourcing=sourcing, created_at=at(created), is_won=is_won,
              closed_at=at(closed) if closed else None, amount_minor=amount_minor, cycle_days=cycle_days)  # fmt: skip


def test_won_this_quarter_is_compared_with_the_same_days_of_the_quarter_before(marts):
    deal(marts, 1, "vendor_sourced", "2025-11-03", 40_000, "2026-05-02 09:00", True, 180)  # this quarter
    deal(marts, 2, "partner_sourced", "2026-02-10", 20_000, "2026-06-15 11:00", True, 125)  # this quarter, an hour ago
    deal(marts, 3, "vendor_sourced", "2025-12-10", 50_000, "2026-03-18 22:59", True, 98)  # day 46 of the one before
    deal(marts, 4, "vendor_sourced", "2025-12-10", 90_000, "2026-03-18 23:00", True, 131)  # the first minute of day 47
    deal(marts, 5, "vendor_sourced", "2026-01-10", 70_000, "2026-03-01 09:00", False)
    deal(marts, 6, "partner_influenced", "2026-05-05", 10_000)  # open, new this quarter
    deal(marts, 7, "vendor_sourced", "2026-02-01", 30_000)  # open since before it began
    deal(
        marts, 8, "vendor_sourced", "2025-10-01", 1_000, "2026-04-30 21:59", True, 211
    )  # the last minute of April in Berlin
    section = sourcing_section(Reader(marts.connection))
    won, pipeline = section.headlines
    assert (won.value, won.basis) == ("€600", "FY2027-Q2, 1 May 2026 to 15 Jun 2026")
    assert won.change.text == "▲ 20% against FY2027-Q1 by 18 Mar 2026"  # 600 against 500
    # open now 100 + 300; when the quarter began: 7 (300), and 1 and 2 that were won since (400 + 200) = 900
    assert (pipeline.value, pipeline.basis) == ("€400", "2 deals")
    assert pipeline.change.text == "▼ 56% against the start of the quarter"
    assert section.lede.endswith("Partners brought or influenced 33.3% of what was won.")  # 200 of 600
    table = {row[0]: row[1:] for row in rows(section, "Deals by sourcing")}
    # four won and one lost of the vendor's in four quarters: Wilson 37.6 to 96.4 %; 98, 131, 180 and 211 days
    assert table["Vendor-sourced"] == ["€400", "€500", "▼ 20%", "€300", "1", "80.0%", "37.6–96.4%", "155.5"]
    assert table["Partner-influenced"][:5] == ["€0", "€0", "nothing before to compare with", "€100", "1"]
    assert table["All"][:5] == ["€600", "€500", "▲ 20%", "€400", "2"]


def test_a_longer_quarter_is_compared_with_the_whole_of_the_one_before(new_marts):
    marts = new_marts().begin(as_of=at("2026-07-31 12:00"))  # day 92 of FY2027-Q2, after one of 89 days
    deal(marts, 1, "vendor_sourced", "2025-11-03", 20_000, "2026-04-30 21:59", True)
    deal(marts, 2, "vendor_sourced", "2025-11-03", 40_000, "2026-04-30 22:00", True)
    won, _ = sourcing_section(Reader(marts.connection)).headlines
    assert (won.value, won.change.text) == ("€400", "▲ 100% against FY2027-Q1 by 30 Apr 2026")


def lead(marts, number, captured, released=None, opportunity=None, followed_up=None, **values):
    defaults = {"direction": "vendor", "lead_channel": "event", "current_stage": "worked", "qualified_at": at(captured)}
    minutes = (at(followed_up) - at(captured)).total_seconds() / 60 if followed_up else None
    marts.add(
        "fct_lead", lead_id=f"l{number}", captured_at=at(captured), first_released_at=at(released) if released else None,
        opportunity_at=at(opportunity) if opportunity else None, capture_to_follow_up_minutes=minutes,
        first_follow_up_at=at(followed_up) if followed_up else None, **(defaults | values),
    )  # fmt: skip


def offer(marts, number, released, **values):
    defaults = {"lead_id": "l1", "partner_id": "p1", "is_left_out": False, "is_open": False}
    marts.add("fct_assignment", assignment_id=f"a{number}", released_at=at(released), **(defaults | values))


def test_conversion_judges_only_leads_old_enough_and_gives_each_the_same_time(marts):
    offer(marts, 0, "2025-01-01")
    # judged now: first offered on the 90 days to 16 March, the last that ended 90 days ago
    lead(marts, 1, "2026-01-01", "2026-01-02", opportunity="2026-04-01")  # after 89 days
    lead(marts, 2, "2026-01-01", "2026-01-02", opportunity="2026-04-03")  # after 91: too late
    lead(marts, 3, "2026-01-01", "2026-03-16 22:59", opportunity="2026-03-20", lead_channel="web_form")
    lead(marts, 4, "2026-01-01", "2026-03-16 23:00", opportunity="2026-03-20")  # cannot be judged yet
    # before: the 90 days to 16 December
    for number, opportunity in enumerate(["2025-10-10", None, None, None], 5):
        lead(marts, number, "2025-10-01", "2025-10-02", opportunity=opportunity)
    section = conversion_section(Reader(marts.connection))
    (headline,) = section.headlines
    assert (headline.value, headline.basis) == ("66.7%", "2 of 3 leads first offered 17 Dec 2025 – 16 Mar 2026")
    assert headline.interval == "20.8–93.9%"  # Wilson, 2 of 3
    assert headline.change.tone == "even"  # 2 of 3 against 1 of 4 is no news
    table = {row[0]: row[1:6] for row in rows(section, "By lead channel")}
    assert table["Event"] == ["2", "1", "50.0%", "9.5–90.5%", "25.0%"]
    assert table["Web form"] == ["1", "1", "100.0%", "20.7–100.0%", "–"]
    assert table["All"][:3] == ["3", "2", "66.7%"]


def test_offers_count_in_the_period_their_deadline_fell_in(marts):
    marts.add("dim_partner", partner_id="p1", partner_name="One", tier="Gold", tier_order=1)
    due = {"follow_up_due_at": at("2026-05-01"), "tier_at_release": "Gold"}
    offer(marts, 1, "2025-04-28", is_followed_up_in_time=True, first_follow_up_at=at("2026-04-29"), **due)
    offer(marts, 2, "2026-04-28", is_followed_up_in_time=False, **due)
    offer(marts, 3, "2026-04-28", is_followed_up_in_time=False, first_follow_up_at=at("2026-05-09"), **due)
    offer(marts, 4, "2026-04-28", is_followed_up_in_time=False, **(due | {"is_left_out": True}))
    offer(marts, 5, "2026-06-14", is_followed_up_in_time=None, follow_up_due_at=at("2026-06-17"))  # still open
    offer(marts, 6, "2026-06-14", is_followed_up_in_time=True, follow_up_due_at=at("2026-06-17"))  # not due yet
    offer(marts, 7, "2026-01-01", is_followed_up_in_time=True, follow_up_due_at=at("2026-01-05"))  # the period before
    last_minute = at("2026-03-17 22:59")  # of the period before
    offer(marts, 8, "2026-03-10", is_followed_up_in_time=True, follow_up_due_at=last_minute)
    section = follow_up_in_time_section(Reader(marts.connection))
    (headline,) = section.headlines
    assert (headline.value, headline.basis) == ("33.3%", "1 of 3 offers due 18 Mar – 15 Jun 2026")
    assert "33.3% have had no follow-up at all" in section.lede
    assert [row[:5] for row in rows(section, "By partner tier")] == [
        ["Gold", "3", "1", "33.3%", "6.1–79.2%"],
        ["No tier", "0", "0", "–", "–"],
        ["All", "3", "1", "33.3%", "6.1–79.2%"],
    ]


def test_the_median_counts_leads_nobody_followed_up(marts):
    # captured on the 90 days to 31 May; nine leads: after 1, 2, ..., 5 hours, four never
    lead(marts, 0, "2025-01-01")
    for hours in range(1, 6):
        lead(marts, hours, "2026-05-01 08:00", followed_up=f"2026-05-01 {8 + hours:02d}:00")
    for number in range(6, 10):
        lead(marts, number, "2026-05-01 08:00")
    lead(marts, 10, "2026-05-01 08:00", current_stage="direct")
    lead(marts, 11, "2026-05-01 08:00", direction="partner", followed_up="2026-05-01 08:00")
    lead(marts, 12, "2026-06-01 08:00", followed_up="2026-06-01 08:01")  # not all of its day is 14 days old
    section = speed_section(Reader(marts.connection))
    (headline,) = section.headlines
    assert (headline.value, headline.basis) == ("5.0 h", "of 9 qualified leads captured 3 Mar – 31 May 2026")
    # ranks floor(4.5 - 2.94) = 1 and ceil(5.5 + 2.94) = 9: from the first to one who was never followed up
    assert headline.interval == "1.0 h to > 14 days"
    assert section.lede.startswith("Within a day of capture, 55.6%")
    assert description(section.blocks[0]).startswith(
        "Curve of the share followed up since capture: 55.6% within 1 day, "
    )
    assert rows(section, "Followed up since capture")[0][:4] == ["1 day", "5", "55.6%", "26.7–81.1%"]


def test_half_of_all_never_followed_up_is_more_than_could_be_watched(marts):
    for number in range(4):
        lead(marts, number, "2026-05-01 08:00", followed_up="2026-05-20 08:00" if number else None)
    (headline,) = speed_section(Reader(marts.connection)).headlines
    assert (headline.value, headline.interval) == ("> 14 days", "> 14 days")


def source(marts, month, channel, spend=0, leads=0, model="linear", revenue=0, pipeline=0):
    marts.add(
        "rpt_source_attribution", month=month, model=model, lead_channel=channel, spend_minor=spend,
        accepted_lead_count=leads, revenue_minor=revenue, pipeline_minor=pipeline,
    )  # fmt: skip


def test_cost_is_the_spend_of_complete_months_over_the_leads_accepted_in_them_once_not_per_model(marts):
    for model in ("linear", "last_touch"):
        source(marts, date(2026, 6, 1), "event", 99_999, 1, model)  # June is not over
        source(marts, date(2026, 5, 1), "event", 30_000, 2, model)
        source(marts, date(2026, 3, 1), "search", 10_000, 1, model)
        source(marts, date(2026, 4, 1), "web_form", 0, 1, model)
        source(marts, date(2025, 12, 1), "event", 20_000, 4, model)
    section = cost_section(Reader(marts.connection))
    (headline,) = section.headlines
    assert (headline.value, headline.basis) == ("€100", "€400 for 4 accepted leads, Mar – May 2026")
    assert headline.change.text == "▲ 2.0 times as much against Dec 2025 – Feb 2026".replace(
        "2.0 times as much", "100%"
    )
    assert headline.change.tone == "worse"  # 100 against 50
    assert rows(section, "By channel") == [
        ["Event", "€300", "2", "€150", "€50", "▲ 3.0 times as much"],
        ["Search", "€100", "1", "€100", "–", "nothing before to compare with"],
        ["Web form", "–", "1", "–", "–", "–"],
        ["All", "€400", "4", "€100", "€50", "▲ 100%"],
    ]


def test_months_without_a_cost_are_not_described_as_free(marts):
    for month, spend, leads in ((2, 20_000, 4), (3, 0, 5), (4, 30_000, 0), (5, 40_000, 1)):
        source(marts, date(2026, month, 1), "event", spend, leads)
    assert description(cost_section(Reader(marts.connection)).blocks[0]) == (
        "Columns of cost per accepted lead by month: "
        "Feb 2026 €50; Mar 2026 no spend; Apr 2026 no accepted lead; May 2026 €400."
    )


def test_value_lost_counts_missed_deadlines_and_what_waits_unplaced(marts):
    offer(marts, 0, "2025-01-01")
    for month, status, is_missed, offers, value in (
        (date(2026, 5, 1), "expired", True, 3, 20_000), (date(2026, 3, 1), "recalled", True, 1, 10_000),
        (date(2026, 4, 1), "declined", False, 1, 5_000), (date(2026, 4, 1), "recalled", False, 1, 7_000),
        (date(2026, 6, 1), "expired", True, 9, 90_000), (date(2026, 1, 1), "expired", True, 2, 60_000),
    ):  # fmt: skip
        counts = {"is_deadline_missed": is_missed, "offer_count": offers, "value_lost_minor": value}
        marts.add("rpt_value_lost", month=month, partner_id="p1", status=status, **counts)
    for country, industry, leads, alone, value in (
        ("DE", "retail", 2, 2, 40_000),  # in a place that has partners, none of them for these two
        ("DE", None, 1, 0, 10_000), ("JP", None, 0, 0, 0),
        (None, None, 1, 3, 90_000), (None, "retail", 0, 1, 0),  # qualified and no exceptions: 2 and 1 of those alone
    ):  # fmt: skip
        marts.add("rpt_coverage", country=country, industry=industry, product="Routers", exception_count=leads,
                  exception_over_7_days_count=0, waiting_without_partner_count=alone, is_uncovered=country is None,
                  unplaced_value_minor=value)  # fmt: skip
    marts.add("rpt_coverage", product="Wireless", exception_count=0, exception_over_7_days_count=0,
              waiting_without_partner_count=2, is_uncovered=True, unplaced_value_minor=0)  # fmt: skip
    for number, captured in enumerate(("2026-06-07 12:00", "2026-06-07 12:01"), 1):  # 8 whole days ago, and 7
        lead(marts, number, captured, current_stage="exception", exception_code="NO_COUNTRY")
    section = value_lost_section(Reader(marts.connection))
    lost, unplaced = section.headlines
    assert (lost.value, lost.basis) == ("€300", "4 offers missed one, Mar – May 2026")
    assert lost.change.text == "▼ 50% against Dec 2025 – Feb 2026"
    assert (unplaced.value, unplaced.basis) == ("€1,400", "4 leads")
    assert [row[:4] for row in rows(section, "Offers that came back")] == [
        ["Not answered in time", "3", "€200", "€600"],
        ["Not followed up in time", "1", "€100", "€0"],
        ["Declined", "1", "€50", "€0"],
        ["Taken back for other reasons", "1", "€70", "€0"],
    ]
    assert rows(section, "Where leads are unplaced") == [
        ["Not known", "Routers", "1", "0", "4", "€900"],
        ["DE", "Routers", "3", "0", "2", "€500"],
        ["Not known", "Wireless", "0", "0", "2", "€0"],
        ["All", "", "4", "0", "8", "€1,400"],
    ]
    assert rows(section, "Why leads are unplaced") == [["NO_COUNTRY", "2", "1"]]


def test_partners_to_act_on_come_with_most_to_do_first(marts):
    for number, todo in ((1, 2), (2, 7), (3, 0)):
        marts.add("dim_partner", partner_id=f"p{number}", partner_name=f"Partner {number}", status="active")
        counts = dict.fromkeys(
            ("accept_overdue_count", "follow_up_overdue_count", "stalled_count", "overdue_registration_count",
             "registration_conflict_count"), 0,
        )  # fmt: skip
        marts.add(
            "rpt_open_work", partner_id=f"p{number}", status="active", intervention_count=todo, open_count=9, **counts
        )
    lost = {"is_deadline_missed": True, "offer_count": 1, "value_lost_minor": 700}
    marts.add("rpt_value_lost", month=date(2026, 5, 1), partner_id="p2", status="expired", **lost)
    late = {"is_open": True, "accept_due_at": at("2026-05-01"), "follow_up_due_at": at("2026-05-02")}
    offer(marts, 1, "2026-04-28", **late)  # overdue now and 30 days ago
    offer(marts, 2, "2026-06-01", **(late | {"accept_due_at": at("2026-06-02"), "follow_up_due_at": at("2026-06-20")}))
    offer(
        marts, 3, "2026-04-28", **(late | {"is_open": False, "closed_at": at("2026-05-20")})
    )  # overdue then, closed since
    offer(
        marts, 4, "2026-04-28", **(late | {"first_follow_up_at": at("2026-05-30")})
    )  # overdue then, followed up since
    section = partners_section(Reader(marts.connection))
    (headline,) = section.headlines
    assert (headline.value, headline.basis) == ("2", "with 9 things a person should see to")
    assert headline.change.text == "▼ 33% against 30 days earlier (2 overdue offers, 3 then)"
    table = rows(section, "Partners with something")
    assert [(row[0], row[3], row[-1]) for row in table] == [("Partner 2", "7", "€7"), ("Partner 1", "2", "€0")]
    assert "never an offer that led to a deal registration or an opportunity" in dict(section.definitions)["Late"]


def funnel(marts, month, direction="vendor", **counts):
    names = [row[0] for row in marts.connection.execute(
        "select column_name from duckdb_columns() where table_name = 'rpt_funnel' and column_name like '%_count'"
    ).fetchall()]  # fmt: skip
    marts.add("rpt_funnel", cohort_month=month, direction=direction, **(dict.fromkeys(names, 0) | counts))


def test_the_funnel_judges_months_whose_leads_are_all_old_enough(marts):
    lead(marts, 1, "2025-01-01")
    young = {"captured_count": 10, "matured_for_won_count": 4, "matured_won_count": 4}
    funnel(marts, date(2025, 12, 1), qualified_count=5, **young)
    for month, won in ((6, 1), (7, 2), (8, 3), (9, 4), (10, 5), (11, 6)):
        funnel(
            marts,
            date(2025, month, 1),
            captured_count=20,
            matured_for_won_count=20,
            matured_won_count=won,
            won_count=won,
        )
    funnel(marts, date(2026, 5, 1), "partner", captured_count=7)
    section = funnel_section(Reader(marts.connection))
    won = {row[0]: row[1:] for row in rows(section, "Share of captured leads")}["Won"]
    assert won[:3] == ["Sep – Nov 2025", "60", "15"]
    assert (won[3], won[5]) == ("25.0%", "10.0%")
    directions = {row[0]: row[1:] for row in rows(section, "Leads captured")}
    assert directions["Captured"] == ["110", "100.0%", "7", "100.0%", "117", "100.0%"]  # July 2025 on
    assert section.headlines[0].value == "7"  # March to May


def test_the_funnel_does_not_say_that_leads_got_offers_they_only_went_beyond(marts):
    lead(marts, 1, "2025-01-01")
    # partners registered two deals of their own: nobody offered them these leads
    funnel(marts, date(2026, 5, 1), "partner", captured_count=9, released_count=2, opportunity_count=2, won_count=1)
    section = funnel_section(Reader(marts.connection))
    assert section.lede == (
        "Of 9 leads captured Jul 2025 – Jun 2026, 2 got as far as an offer to a partner or further, 2 as far as an "
        "opportunity, and 1 was won so far."
    )
    assert "or a later one" in section.blocks[0].subtitle
    assert "or a later one" in description(section.blocks[0])


@pytest.mark.parametrize(
    ("clock", "place", "mark", "words"), [("elapsed", 0, 1440.0, "after 5 days"), ("business", 1, 480.0, "after 40 h")]
)
def test_curves_are_described_as_far_as_they_are_drawn(marts, clock, place, mark, words):
    marts.add(
        "rpt_response_summary", slice="all", slice_key="all", offer_count=10, answered_count=9, followed_up_count=0
    )
    ends = {"share_rate_lower": 0.1, "share_rate_upper": 1.0}
    for marks, reached in ((1, 0.5), (4, 0.96), (30, 1.0)):  # the axis is cut where little is left to come
        marts.add("rpt_response_curve", wait="answer", clock=clock, minutes=marks * mark, share_rate=reached, **ends)
    section = response_section(Reader(marts.connection))
    figure = section.blocks[0].figures[place]
    assert description(figure).endswith(f": Answered 96.0% {words}; Followed up 0.0% {words}.")


def test_response_shows_what_was_not_reached_and_who_never_answered(marts):
    offer(marts, 1, "2025-01-01")
    base = {"offer_count": 10, "answered_count": 7, "followed_up_count": 4, "answer_window_closed_count": 10, "answered_in_time_count": 6, "never_answered_count": 3,
            "answered_in_time_rate": 0.6, "answered_in_time_rate_lower": 0.3, "answered_in_time_rate_upper": 0.8}  # fmt: skip
    marts.add("rpt_response_summary", slice="all", slice_key="all", answer_median_minutes=90.0, **base)
    for month in ("2026-03-01", "2026-05-01", "2026-01-01", "2026-06-01"):
        marts.add("rpt_response_summary", slice="month", slice_key=month, **base)
    section = response_section(Reader(marts.connection))
    in_time, never = section.headlines
    assert (in_time.value, in_time.basis) == ("60.0%", "of 20 offers released Mar – May 2026")
    assert (never.value, never.change.tone) == ("30.0%", "even")
    assert (
        section.lede
        == "Of 10 offers 70.0% were answered and 40.0% followed up. Of offers not closed before, half are answered "
        "within 1.5 h of release; nine in ten is not reached."
    )
    assert rows(section, "Response by month")[0] == [
        "All", "10", "60.0%", "30.0–80.0%", "30.0%", "1.5 h", "not reached", "not reached", "40.0%", "not reached", "not reached",
    ]  # fmt: skip


def test_every_model_of_attribution_adds_up_to_what_was_won(marts):
    deal(marts, 1, "vendor_sourced", "2024-01-01", 1)
    month = date(2026, 5, 1)
    for model, search, email in (
        ("linear", 300_000, 500_000),
        ("first_touch", 800_000, 0),
        ("shapley", 200_000, 600_000),
    ):
        source(marts, month, "search", 100_000, model=model, revenue=search, pipeline=50_000)
        source(marts, month, "email", model=model, revenue=email)
        source(marts, month, "unattributed", model=model, revenue=200_000)
        source(marts, date(2025, 1, 1), "email", model=model, revenue=100_000)
    section = attribution_section(Reader(marts.connection))
    assert rows(section, "Won revenue by channel and model") == [  # first touch, linear, shapley; thousands
        ["Email", "0", "5", "6", "−50.0"],  # 5 of 10 now, all of it in the year before
        ["Search", "8", "3", "2", "+30.0"],
        ["Unattributed", "2", "2", "2", "+20.0"],
        ["All", "10", "10", "10", ""],
    ]
    assert rows(section, "Spend and what it brought") == [
        ["Search", "€1,000", "€2,000 to €8,000", "€500", "100% to 700%"],
    ]
    assert section.headlines[0].value == "80.0%"
    assert section.lede == (
        "Under the linear model, email earned the most of €10.0k won Jul 2025 – Jun 2026: 50.0%. "
        "Over all models it is between 0.0% and 60.0%."
    )


@pytest.mark.parametrize(
    ("search", "lede", "order"),
    [
        (100_000, "Under the linear model, search earned the most of €10.0k won Jul 2025 – Jun 2026: 10.0%.",
         ["Search", "Unattributed", "All"]),
        (0, "No marketing touch came before any deal of the €9,000 won Jul 2025 – Jun 2026.", ["Unattributed", "All"]),
    ],
)  # fmt: skip
def test_what_no_channel_earned_is_shown_but_never_named_the_best_channel(marts, search, lede, order):
    deal(marts, 1, "vendor_sourced", "2024-01-01", 1)
    source(marts, date(2026, 5, 1), "search", revenue=search)
    source(marts, date(2026, 5, 1), "unattributed", revenue=900_000)
    section = attribution_section(Reader(marts.connection))
    assert section.lede == lede
    assert [row[0] for row in rows(section, "Won revenue by channel and model")] == order


def scorecard(marts, month, partner_id, offered, in_time, **shares):
    marts.add("rpt_partner_scorecard", month=month, partner_id=partner_id, offered_count=offered, accepted_count=offered,
              follow_up_counted_count=offered, followed_up_in_time_count=in_time, expected_follow_up_count=2.25,
              opportunity_count=1, won_minor=10_000, **shares)  # fmt: skip


def test_scorecards_add_the_months_up_and_show_like_for_like(marts):
    offer(marts, 1, "2025-01-01")
    marts.add("dim_partner", partner_id="p1", partner_name="One", tier="Gold")
    for month, offered, in_time in ((date(2026, 3, 1), 6, 4), (date(2026, 5, 1), 4, 4), (date(2026, 2, 1), 10, 1)):
        scorecard(marts, month, "p1", offered, in_time)
    ((name, tier, offers, accepted, in_time, _, change, like, fair, deals, won),) = rows(
        scorecards_section(Reader(marts.connection)), "Offers of Mar – May 2026"
    )
    assert (name, tier, offers, accepted, in_time, deals, won) == ("One", "Gold", "10", "10", "8 of 10", "2", "€200")
    assert (like, fair) == ("8 : 4.5", "–")  # no batch in any of these months
    assert change.startswith("▲ 70.0 points")  # 8 of 10 against 1 of 10


def test_fair_shares_take_in_the_month_under_way(marts):
    offer(marts, 1, "2025-01-01")
    for partner in ("p1", "p2", "p3"):
        marts.add("dim_partner", partner_id=partner, partner_name=partner)
    scorecard(marts, date(2026, 2, 1), "p1", 5, 1, received_lead_count=9, expected_lead_count=9.0)
    scorecard(marts, date(2026, 4, 1), "p1", 5, 1, received_lead_count=4, expected_lead_count=2.5)
    scorecard(marts, date(2026, 6, 1), "p1", 5, 1, received_lead_count=3, expected_lead_count=2.0)
    scorecard(marts, date(2026, 4, 1), "p2", 4, 1)
    scorecard(marts, date(2026, 4, 1), "p3", 3, 1, received_lead_count=0, expected_lead_count=0.0)  # could take none
    scorecard(marts, date(2026, 6, 1), "p2", 0, 0, received_lead_count=0, expected_lead_count=1.5)
    section = scorecards_section(Reader(marts.connection))
    place = [column.title for column in section.blocks[0].columns].index("Fair share to Jun 2026")
    found = {row[0]: (row[2], row[place]) for row in rows(section, "Offers of Mar – May 2026")}
    assert found == {"p1": ("5", "7 : 4.5"), "p2": ("4", "0 : 1.5"), "p3": ("3", "–")}


def test_data_quality_compares_this_run_with_the_one_before(marts):
    for fate, number in (("accepted", 90), ("duplicate", 5), ("filtered", 3), ("quarantined", 2)):
        marts.add("rpt_data_quality", kind="intake", run_id="this", feed="crm", reason_code=fate, record_count=number)
    verdicts = (("this", "2026-06-15", "passed"), ("last", "2026-06-14", "failed"), ("oldest", "2026-06-13", "failed"))
    for run_id, day, verdict in verdicts:
        for check in ("a", "b"):
            marts.add("rpt_data_quality", kind="check", run_id=run_id, as_of=at(day), gate="arrivals", check_name=check,
                      rows_seen=9, rows_failed=int(verdict == "failed"), verdict=verdict)  # fmt: skip
    section = data_quality_section(Reader(marts.connection))
    aside, passed = section.headlines
    assert (aside.value, passed.value, passed.change.text) == ("2.0%", "2", "0 failed, 2 in the run before")
    assert rows(section, "Gates")[0] == ["Arrivals", "2", "2", "0", "0", "2"]
    assert rows(section, "What became of the records")[-1][:6] == ["All", "100", "90", "5", "3", "2"]
