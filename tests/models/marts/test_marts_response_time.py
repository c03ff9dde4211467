"""Offers and their clocks: in time or not, elapsed and business, and curves that count who is still waiting.

Of seven offers three were answered, after 60, 180 and 360 minutes; three expired and one waits, past the deadline.
"""

import importlib.util
from pathlib import Path

import pandas as pd
import pytest
from lifelines import AalenJohansenFitter, KaplanMeierFitter

pytestmark = pytest.mark.xdist_group("marts")


def offers(marts, columns):
    return marts.execute(
        f"select source_record_id, offers.partner_id, {columns} from fct_assignment as offers "
        "inner join fct_lead using (lead_id) order by offers.released_at"
    ).fetchall()


def test_in_time_flags_tell_answer_acceptance_and_follow_up_apart(marts):
    rows = offers(marts, "is_accepted_in_time, is_answered_in_time, is_followed_up_in_time, status")
    assert rows == [
        ("alder", "acme", True, True, True, "won"),
        ("birch", "bolt", False, True, False, "declined"),  # answered, not accepted
        ("birch", "acme", True, True, False, "accepted"),  # followed up in March only
        ("cedar", "bolt", False, False, False, "expired"),
        ("cedar", "acme", False, False, False, "expired"),
        ("cedar", "bolt", False, False, False, "expired"),
        ("kapok", "bolt", False, False, False, "open"),
    ]


def test_business_minutes_count_the_partners_hours_only(marts):
    row = marts.execute(
        "select accept_minutes, accept_business_minutes, follow_up_minutes, follow_up_business_minutes "
        "from fct_assignment inner join fct_lead using (lead_id) where source_record_id = 'alder'"
    ).fetchone()
    # Berlin, 09:00 to 17:00. Monday 10:00 to 13:00; to Tuesday 10:00 seven hours on Monday and one on Tuesday.
    assert row == (180.0, 180.0, 1440.0, 480.0)


def test_what_a_partner_does_after_declining_is_not_the_offers(marts):
    row = marts.execute(
        "select first_follow_up_at, furthest_order from fct_assignment where status = 'declined'"
    ).fetchone()  # bolt registered a deal with the same account two months later
    assert row == (None, 4)


def test_an_expiry_without_a_time_is_at_the_deadline(marts):
    rows = marts.execute("select closed_at = accept_due_at from fct_assignment where status = 'expired'").fetchall()
    assert rows == [(True,)] * 3


def test_reasons_are_categories_and_never_sentences(marts):
    assert marts.execute("select decline_reason from fct_assignment where status = 'declined'").fetchone() == (
        "no_capacity",
    )


def test_the_share_in_time_rests_on_closed_windows_and_has_an_interval(marts):
    row = marts.execute(
        "select offer_count, answered_count, accepted_count, declined_count, never_answered_count, "
        "answer_window_closed_count, answered_in_time_count, answered_in_time_rate, answered_in_time_rate_lower, "
        "answered_in_time_rate_upper from rpt_response_summary where slice = 'all'"
    ).fetchone()
    assert row[:7] == (7, 3, 2, 1, 4, 7, 3)
    # Wilson for 3 of 7, as published calculators give it
    assert row[7:] == pytest.approx((3 / 7, 0.1582, 0.7495), abs=1e-4)


def test_a_percentile_that_is_not_reached_says_so(marts):
    row = marts.execute(
        "select answer_median_minutes, is_answer_median_minutes_reached, follow_up_median_minutes, "
        "is_follow_up_median_minutes_reached from rpt_response_summary where slice = 'all'"
    ).fetchone()
    assert row == (None, False, 95_040.0, True)
    acme = marts.execute(
        "select answer_median_minutes, accept_median_minutes, answer_p90_minutes from rpt_response_summary "
        "where slice = 'partner' and slice_key = 'acme'"
    ).fetchone()  # 60 and 180 answered, one expired: half by 180, nine in ten never
    assert acme == (180.0, 180.0, None)


def waits(marts):
    frame = marts.execute(
        "select answer_elapsed_seconds, answer_cause from intermediate.int_offers__waits "
        "inner join intermediate.int_offers__watched using (assignment_id) order by assignment_id"
    ).df()
    return frame["answer_elapsed_seconds"] / 60, frame["answer_cause"]


def test_the_answer_curve_is_kaplan_meier(marts):
    minutes, cause = waits(marts)
    fitted = KaplanMeierFitter().fit(minutes, cause > 0)
    for at, share, lower, upper in marts.execute(
        "select minutes, share_rate, share_rate_lower, share_rate_upper from rpt_response_curve "
        "where wait = 'answer' and clock = 'elapsed'"
    ).fetchall():
        interval = fitted.confidence_interval_survival_function_.loc[at]
        assert share == pytest.approx(1 - fitted.predict(at))
        assert (1 - upper, 1 - lower) == pytest.approx(tuple(interval), abs=1e-6)


def test_a_curve_knows_how_many_answers_came_by_each_step(marts):
    rows = marts.execute(
        "select minutes, event_count, cumulative_event_count from rpt_response_curve "
        "where wait = 'answer' and clock = 'elapsed' order by minutes"
    ).fetchall()
    assert rows == [(60.0, 1, 1), (180.0, 1, 2), (360.0, 1, 3)]


def test_a_thinned_curve_loses_steps_and_no_event():
    path = Path(__file__).parents[3] / "dbt" / "models" / "intermediate" / "marts" / "int_response__curves.py"
    spec = importlib.util.spec_from_file_location("int_response__curves", path)
    curves = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(curves)
    curve = pd.DataFrame({"time": range(1000), "events": [0, 3] * 500})  # every other minute three offers
    thinned = curves._thinned(curve)
    assert len(thinned) == curves.MOST_STEPS < 500
    assert thinned["events"].sum() < 1500
    assert thinned["events_so_far"].tolist() == [3 * (int(minute) + 1) // 2 for minute in thinned["minutes"]]
    assert thinned["events_so_far"].iloc[-1] == 1500


def test_a_decline_competes_with_acceptance(marts):
    minutes, cause = waits(marts)
    fitted = AalenJohansenFitter(calculate_variance=False).fit(minutes, cause, event_of_interest=1)
    accepted = marts.execute(
        "select minutes, share_rate from rpt_response_curve where wait = 'accept' and clock = 'elapsed' order by 1"
    ).fetchall()
    assert accepted == [pytest.approx((at, fitted.predict(at))) for at in (60.0, 180.0)]


def test_every_way_of_slicing_holds_every_offer_and_the_cells_too(marts):
    assert marts.execute("select distinct n from (select slice, sum(offer_count) as n from rpt_response_summary "
                         "group by slice)").fetchall() == [(7,)]  # fmt: skip
    assert marts.execute("select sum(offer_count), sum(accepted_count) from rpt_response_time").fetchone() == (7, 2)
    row = marts.execute(
        "select week, tier, lead_channel, grade, country, hop, offer_count from rpt_response_time "
        "where partner_id = 'acme' and hop = 1"
    ).fetchall()
    assert [str(value) for value in row[0]] == ["2026-01-05", "silver", "web_form", "B", "DE", "1", "1"]
