"""Weights of partners: hand-worked counts, mix adjustment, floor and cap, newcomers."""

import pandas as pd
import pytest

from routing_jobs.performance.weights import partner_weights
from routing_jobs.program.routing_rules import PerformanceRules

MICROS = 1_000_000
COLUMNS = ["partner_id", "outcome", "segment", "offers", "trials_micros", "successes_micros"]


def evidence(*rows):
    """rows: (partner, outcome, segment, trials, successes)."""
    return pd.DataFrame([(p, o, s, n, n * MICROS, k * MICROS) for p, o, s, n, k in rows], columns=COLUMNS)


def rules(**keys):
    return PerformanceRules(**{"prior_strength": 10.0, "floor": 0.1, "cap": 10.0} | keys)


def by_partner(frame, column):
    return dict(zip(frame["partner_id"], frame[column], strict=True))


def test_the_rate_is_the_posterior_mean_and_the_weight_its_ratio_to_the_programs_rate():
    counts = evidence(("a", "followed_up", "smb", 40, 30), ("b", "followed_up", "smb", 40, 10))
    weights = partner_weights(counts, ["b", "a", "c"], rules(), min_sample=20)
    # program 40/80; prior Beta(5, 5): (5 + 30) / 50, (5 + 10) / 50, 5 / 10
    assert by_partner(weights.outcomes, "rate") == pytest.approx({"a": 0.7, "b": 0.3, "c": 0.5})
    assert by_partner(weights.partners, "weight_micros") == {"a": 1_400_000, "b": 600_000, "c": 1_000_000}
    assert by_partner(weights.outcomes, "offers") == {"a": 40, "b": 40, "c": 0}
    assert (weights.outcomes["lower"] < weights.outcomes["rate"]).all()
    assert (weights.outcomes["rate"] < weights.outcomes["upper"]).all()


def test_a_hard_segment_is_no_fault_of_the_partner():
    # both do exactly what the program does in their segment: easy 80 %, hard 20 %
    counts = evidence(("a", "followed_up", "easy", 1000, 800), ("b", "followed_up", "hard", 1000, 200))
    weights = partner_weights(counts, ["a", "b"], rules(), min_sample=20)
    assert by_partner(weights.outcomes, "rate") == pytest.approx({"a": 0.5, "b": 0.5}, abs=0.002)
    assert by_partner(weights.outcomes, "expected_micros") == pytest.approx(
        {"a": 800 * MICROS, "b": 200 * MICROS}, rel=0.01
    )


def test_floor_and_cap_bound_the_weight():
    counts = evidence(("a", "followed_up", "smb", 500, 500), ("b", "followed_up", "smb", 500, 0))
    weights = partner_weights(counts, ["a", "b"], rules(floor=0.5, cap=1.5), min_sample=20)
    assert by_partner(weights.partners, "weight_micros") == {"a": 1_500_000, "b": 500_000}


def test_outcomes_are_combined_by_their_weights():
    counts = evidence(
        ("a", "followed_up", "smb", 40, 30),
        ("b", "followed_up", "smb", 40, 10),
        ("a", "won", "smb", 40, 10),
        ("b", "won", "smb", 40, 30),
    )
    weights = partner_weights(counts, ["a", "b"], rules(outcomes={"followed_up": 3.0, "won": 1.0}), min_sample=20)
    # ratios 1.4 and 0.6, and 0.6 and 1.4, weighted 3 to 1
    assert by_partner(weights.partners, "weight_micros") == {"a": 1_200_000, "b": 800_000}


def test_the_chance_to_win_is_the_programs_own_once_enough_has_matured():
    counts = evidence(("a", "followed_up", "smb", 40, 20), ("a", "won", "smb", 20, 5))
    assert partner_weights(counts, ["a"], rules(), min_sample=20).p_won == pytest.approx(0.25)
    # else follow-up rate (20 + 1) / (40 + 2) times conversion (5 + 1) / (20 + 2)
    assert partner_weights(counts, ["a"], rules(), min_sample=21).p_won == pytest.approx(0.5 * 6 / 22)


def test_newcomers_are_those_with_few_offers_and_are_tried_at_the_cap():
    counts = evidence(("a", "followed_up", "smb", 40, 20), ("b", "followed_up", "smb", 4, 2))
    weights = partner_weights(counts, ["a", "b"], rules(cap=2.0, newcomer_offers=5), min_sample=20)
    tried = by_partner(weights.partners, "newcomer_p_won_micros")
    assert tried["a"] is pd.NA
    assert tried["b"] == round(weights.p_won * 2 * MICROS)


def test_where_performance_has_no_say_every_weight_is_one():
    counts = evidence(("a", "followed_up", "smb", 40, 40), ("b", "followed_up", "smb", 40, 0))
    weights = partner_weights(counts, ["a", "b"], rules(), min_sample=20, has_say=False)
    assert set(weights.partners["weight_micros"]) == {MICROS}


def test_the_order_of_rows_changes_nothing():
    counts = evidence(
        ("a", "followed_up", "smb", 40, 13), ("b", "followed_up", "mid", 9, 8), ("a", "followed_up", "mid", 7, 1)
    )
    first = partner_weights(counts, ["a", "b"], PerformanceRules(), min_sample=20)
    second = partner_weights(counts.iloc[::-1].reset_index(drop=True), ["b", "a"], PerformanceRules(), min_sample=20)
    pd.testing.assert_frame_equal(first.outcomes, second.outcomes)
    pd.testing.assert_frame_equal(first.partners, second.partners)


def test_without_offers_or_partners_there_is_nothing_to_weigh():
    weights = partner_weights(evidence(), ["a"], PerformanceRules(), min_sample=20)
    assert by_partner(weights.partners, "weight_micros") == {"a": MICROS}
    assert partner_weights(evidence(), [], PerformanceRules(), min_sample=20).partners.empty
