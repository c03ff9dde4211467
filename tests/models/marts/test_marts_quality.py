"""What needs attention: partners' scorecards, open work, coverage, lead quality, batches, the state of the data."""

import pytest

pytestmark = pytest.mark.xdist_group("marts")


def test_a_partner_is_measured_against_the_program_with_the_same_offers(marts):
    rows = marts.execute(
        "select partner_id, follow_up_counted_count, followed_up_in_time_count, expected_follow_up_count, "
        "like_for_like_index, like_for_like_rank from rpt_partner_scorecard where month = '2026-01-01' order by 1"
    ).fetchall()
    # One of seven offers of this kind was followed up in time, and a newcomer counts as five average offers:
    # (1 + 5/7) / (2/7 + 5/7) and (0 + 5/7) / (2/7 + 5/7).
    assert rows == [
        ("acme", 2, 1, pytest.approx(2 / 7, abs=1e-5), pytest.approx(12 / 7, abs=1e-5), 1),
        ("bolt", 2, 0, pytest.approx(2 / 7, abs=1e-5), pytest.approx(5 / 7, abs=1e-5), 2),
    ]


def test_expected_is_an_equal_chance_among_the_eligible(marts):
    rows = marts.execute(
        "select partner_id, expected_lead_count, received_lead_count from rpt_partner_scorecard "
        "where month = '2026-06-01' order by 1"
    ).fetchall()
    # hazel could go to either, kapok to bolt alone
    assert rows == [("acme", 0.5, 1), ("bolt", 1.5, 1)]


def test_the_weight_of_routing_stands_with_its_evidence(marts):
    row = marts.execute(
        "select follow_up_rate_shrunk, follow_up_rate_shrunk_lower, "
        "performance_weight_micros from rpt_partner_scorecard "
        "where partner_id = 'acme' and month = '2026-01-01'"
    ).fetchone()
    assert row == (0.5, 0.2, 1_100_000)


def test_open_work_counts_each_intervention_once(marts):
    rows = marts.execute(
        "select partner_id, open_count, accept_overdue_count, follow_up_overdue_count, open_3_7_days_count, "
        "oldest_open_days, undecided_registration_count, registration_conflict_count, capacity, slots_used, "
        "intervention_count from rpt_open_work order by 1"
    ).fetchall()
    assert rows == [
        # birch is worked, its registration overdue, the one it conflicted with no longer live; a deal frees the slot
        ("acme", 1, 0, 0, 0, 153, 1, 0, 5, 0, 1),
        ("bolt", 1, 1, 1, 1, 5, 0, 0, 3, 1, 1),  # kapok misses both deadlines and is one intervention
    ]


def test_coverage_shows_demand_without_a_partner(marts):
    rows = marts.execute(
        "select country, product, qualified_count, eligible_partner_count, free_slots, exception_count, "
        "exception_over_7_days_count, unplaced_value_minor, is_uncovered from rpt_coverage order by 1 nulls last, 2"
    ).fetchall()
    assert rows == [
        ("DE", "routers", 8, 1, 5, 0, 0, 0, False),  # acme; bolt has nobody who can receive a lead
        (None, "routers", 1, 0, 0, 1, 1, 500_000, True),  # iris, ten days old
        (None, "security", 1, 0, 0, 0, 0, 0, True),
    ]


def test_reasons_are_shares_of_their_source_and_band(marts):
    rows = marts.execute(
        "select subject, reason, reason_count, subject_count, reason_rate from rpt_lead_quality "
        "where lead_channel = 'web_form' and score_band = '60-79' order by 1, 2"
    ).fetchall()
    assert rows == [
        ("lead", "none", 7, 10, 0.7), ("lead", "stage_duplicate", 1, 10, 0.1),
        ("lead", "stage_suppressed", 1, 10, 0.1), ("lead", "student", 1, 10, 0.1),
        ("offer", "no_capacity", 1, 7, 1 / 7), ("offer", "none", 6, 7, 6 / 7),
    ]  # fmt: skip


def test_a_batch_shows_its_exceptions_by_code_and_who_handled_it(marts):
    rows = marts.execute(
        "select batch_id, status, lead_count, exception_count, exception_no_country_count, partner_count, reviewed_by, "
        "approved_by, propose_to_release_minutes from rpt_routing_batch order by 1"
    ).fetchall()
    assert rows == [
        ("B1", "released", 1, 0, 0, 1, "raj", "olivia", 60.0),
        ("B2", "proposed", 2, 1, 1, 1, None, None, None),
    ]


def test_data_quality_shows_this_runs_first_gates_and_all_of_earlier_runs(marts):
    rows = marts.execute(
        "select run_id, gate, verdict, rows_failed from rpt_data_quality where kind = 'check' order by 1, 2"
    ).fetchall()
    assert rows == [("run-0", "marts", "failed", 2), ("run-1", "arrivals", "passed", 0)]


def test_data_quality_accounts_for_every_record(marts):
    rows = marts.execute(
        "select kind, reason_code, record_count from rpt_data_quality where kind <> 'check' order by 1, 2"
    ).fetchall()
    assert rows == [
        ("intake", "accepted", 14), ("intake", "duplicate", 1), ("intake", "filtered", 2), ("intake", "quarantined", 3),
        ("quarantine", "BAD_DATE", 2), ("quarantine", "MISSING_KEY", 1),
    ]  # fmt: skip
