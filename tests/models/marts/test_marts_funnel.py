"""Leads and their way: one stage each, history in order of events, cohorts, sourcing, hops, registrations."""

from datetime import date, datetime

import pytest


def at(text):
    return datetime.fromisoformat(f"2026-{text}")


pytestmark = pytest.mark.xdist_group("marts")


def lead(marts, name, columns):
    return marts.execute(f"select {columns} from fct_lead where source_record_id = ?", [name]).fetchone()


@pytest.mark.parametrize(
    ("name", "stage", "why"),
    [
        ("alder", "won", None),
        ("alder2", "duplicate", None),  # the same buyer, fifteen days later
        ("birch", "opportunity", None),  # its live registration comes after an open opportunity
        ("cedar", "exhausted", None),  # three offers expired, max_hops is 3
        ("dogwood", "disqualified", "student"),
        ("elm", "captured", None),  # scores 0
        ("fir", "suppressed", None),  # no consent
        ("ginkgo", "won", None),
        ("hazel", "routed", None),
        ("iris", "exception", "NO_COUNTRY"),
        ("juniper", "direct", None),  # a named account of the vendor's own team
        ("kapok", "released", None),
        ("larch", "lost", None),
        ("R1", "won", None),  # the lead its registration made
    ],
)
def test_a_lead_is_in_the_one_stage_of_highest_precedence(marts, name, stage, why):
    assert lead(marts, name, "current_stage, coalesce(exception_code, disqualify_reason)") == (stage, why)


def test_a_lead_knows_when_it_first_reached_each_stage(marts):
    found = lead(
        marts, "alder", "first_released_at, accepted_at, first_follow_up_at, opportunity_at, won_at, hops, "
        "capture_to_release_minutes, capture_to_follow_up_minutes, won_amount_minor, partner_id"
    )  # fmt: skip
    assert found == (
        at("01-05 09:00"), at("01-05 12:00"), at("01-06 09:00"), at("02-02 09:00"),
        at("03-02 09:00"), 1, 60.0, 1500.0, 100_001, "acme",
    )  # fmt: skip


def test_an_acceptance_is_not_the_decline_of_the_partner_before(marts):
    assert lead(marts, "birch", "accepted_at, hops, partner_id") == (at("01-13 10:00"), 2, "acme")


def test_a_partner_sourced_lead_keeps_who_brought_it(marts):
    assert lead(marts, "ginkgo", "direction, sourcing_partner_id") == ("partner", "acme")
    assert lead(marts, "R1", "direction, sourcing_partner_id, lead_channel") == ("partner", "bolt", "deal_registration")
    assert lead(marts, "alder", "direction, sourcing_partner_id") == ("vendor", None)


def test_transitions_follow_events_and_mark_the_step_back(marts):
    rows = marts.execute(
        "select stage, is_regression from fct_stage_transition inner join fct_lead using (lead_id) "
        "where source_record_id = 'cedar' order by entry_number"
    ).fetchall()
    assert rows == [
        ("captured", False), ("qualified", False), ("released", False), ("expired", False), ("released", False),
        ("expired", False), ("released", False), ("expired", False), ("exhausted", False),
    ]  # fmt: skip
    birch = marts.execute(
        "select stage from fct_stage_transition inner join fct_lead using (lead_id) "
        "where source_record_id = 'birch' and entered_at < '2026-02-01' order by entry_number"
    ).fetchall()
    assert [row[0] for row in birch] == ["captured", "qualified", "released", "declined", "released", "accepted"]


def test_a_stage_is_left_when_the_next_is_entered(marts):
    gaps = marts.execute(
        "select count(*) from (select exited_at, "
        "lead(entered_at) over (partition by lead_id order by entry_number) as next "
        "from fct_stage_transition) where exited_at is distinct from next"
    ).fetchone()
    assert gaps == (0,)


def test_the_funnel_counts_reached_stages_and_judges_only_the_mature(marts):
    row = marts.execute(
        "select captured_count, qualified_count, released_count, accepted_count, opportunity_count, won_count, "
        "registered_count, duplicate_count, pipeline_minor, qualified_rate, accepted_rate, "
        "matured_for_opportunity_count, "
        "matured_opportunity_rate, matured_for_won_count, matured_won_rate from rpt_funnel "
        "where cohort_month = '2026-01-01' and lead_channel = 'web_form' and campaign_id is null"
    ).fetchone()
    # alder2 (duplicate), birch (opportunity), cedar (exhausted); 161 days old at most: won (180) cannot be judged
    assert row == (3, 2, 2, 1, 1, 0, 1, 1, 40_000, 2 / 3, 0.5, 3, 1 / 3, 0, None)


def test_a_lost_lead_reached_its_opportunity(marts):
    row = marts.execute("select opportunity_count, won_count, lost_count from rpt_funnel where lead_channel = 'event'")
    assert row.fetchone() == (1, 0, 1)


def test_offers_come_as_far_as_what_followed_from_them(marts):
    rows = marts.execute(
        "select cohort_month, partner_id, offered_count, accepted_count, opportunity_count, won_count, declined_count, "
        "expired_count, won_minor, pipeline_minor from rpt_partner_funnel order by 1, 2"
    ).fetchall()
    assert rows[:2] == [
        (date(2026, 1, 1), "acme", 2, 2, 2, 1, 0, 0, 100_001, 40_000),  # alder, birch
        (date(2026, 1, 1), "bolt", 2, 0, 0, 0, 1, 1, 0, 0),  # birch declined, cedar expired
    ]


@pytest.mark.parametrize(
    ("opportunity_id", "sourcing", "sourcing_partner_id", "influencing_partner_id"),
    [
        ("O1", "vendor_sourced", None, None),
        ("O2", "partner_influenced", None, "acme"),  # acme and bolt had registered it before; acme first
        ("O3", "partner_sourced", "acme", None),  # a referral
        ("O4", "vendor_sourced", None, None),
        ("O5", "partner_sourced", "bolt", None),  # a registration without a lead
    ],
)
def test_sourcing_says_who_brought_the_deal(
    marts, opportunity_id, sourcing, sourcing_partner_id, influencing_partner_id
):
    row = marts.execute(
        "select sourcing, sourcing_partner_id, influencing_partner_id from fct_opportunity where opportunity_id = ?",
        [opportunity_id],
    ).fetchone()
    assert row == (sourcing, sourcing_partner_id, influencing_partner_id)


def test_open_deals_are_worth_the_rate_of_as_of(marts):
    row = marts.execute(
        "select amount, currency, amount_minor, is_won from fct_opportunity where opportunity_id = 'O2'"
    )
    amount, currency, amount_minor, is_won = row.fetchone()
    assert (float(amount), currency, amount_minor, is_won) == (500.0, "USD", 40_000, None)  # 0.80 since June


def test_sourcing_by_quarter_counts_creation_and_closing_apart(marts):
    rows = marts.execute(
        "select fiscal_quarter, sourcing, opportunity_count, pipeline_minor, won_count, lost_count, "
        "won_minor, win_rate, "
        "median_cycle_days from rpt_sourcing order by 1, 2"
    ).fetchall()
    assert rows == [
        ("FY2026-Q1", "partner_sourced", 2, 0, 0, 0, 0, None, None),  # created; won in the next quarter
        ("FY2026-Q1", "vendor_sourced", 2, 0, 1, 1, 100_001, 0.5, 28),
        ("FY2026-Q2", "partner_influenced", 1, 40_000, 0, 0, 0, None, None),
        ("FY2026-Q2", "partner_sourced", 0, 0, 2, 0, 90_000, 1.0, 46.5),  # 31 and 62 days
    ]


def test_recycling_counts_hops_and_what_waiting_cost(marts):
    rows = marts.execute(
        "select hop, offer_count, accepted_count, declined_count, expired_count, won_count, declined_value_lost_minor, "
        "value_stranded_minor from rpt_recycling order by hop"
    ).fetchall()
    # Default worth 500,000, halved every 30 days. birch lay six hours at the age of two days: 477,421 - 474,670.
    # cedar is 151 1/8 days old and nobody holds it: 500,000 x 0.5 ^ (151.125 / 30).
    assert rows == [
        (1, 4, 1, 1, 1, 1, 2_750, 0),
        (2, 2, 1, 0, 1, 0, 0, 0),
        (3, 1, 0, 0, 1, 0, 0, round(500_000 * 0.5 ** (151.125 / 30))),
    ]


def test_registrations_are_judged_by_their_clock_and_conflicts_shown(marts):
    rows = marts.execute(
        "select registration_id, is_decided_in_time, is_live, is_conflict, is_partner_sourced, tier_at_submission, "
        "has_opportunity, is_won from fct_deal_registration order by 1"
    ).fetchall()
    assert rows == [
        ("R1", True, False, False, True, "silver", True, True),  # a day; protected until 31 May
        ("R2", False, True, True, False, "gold", True, None),  # nobody decided it within 48 hours; O2 is open
        ("R3", False, False, True, False, "silver", False, False),  # four days
    ]


def test_a_registration_nobody_decides_counts_in_the_median(marts):
    rows = marts.execute(
        "select partner_id, decided_count, undecided_count, decision_median_minutes, "
        "is_decision_median_minutes_reached, "
        "decided_in_time_rate from rpt_deal_registration order by 1"
    ).fetchall()
    assert rows == [("acme", 0, 1, None, False, 0.0), ("bolt", 2, 0, 1440.0, True, 0.5)]


def test_candidates_belong_to_every_lead_of_their_unit(marts):
    rows = marts.execute(
        "select batch_id, partner_id, is_eligible, exclusion_reason, is_assigned from fct_candidate order by 1, 2"
    ).fetchall()
    assert rows == [
        ("B1", "acme", False, "AT_LIMIT", False),
        ("B1", "bolt", True, None, True),
        ("B2", "acme", True, None, True),
        ("B2", "bolt", True, None, False),
    ]
