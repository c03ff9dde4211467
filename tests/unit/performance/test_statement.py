"""The statement of a partner's weight names every number it rests on."""

from routing_jobs.performance.statement import FORMULA, state_weight
from routing_jobs.program.routing_rules import PerformanceRules

ROW = {
    "outcome": "followed_up",
    "offers": 11,
    "successes_micros": 1_550_000,
    "trials_micros": 5_380_000,
    "expected_micros": 1_840_000,
    "rate": 0.327,
    "lower": 0.15,
    "upper": 0.536,
    "weight_micros": 960_000,
    "p_won_micros": 128_200,
}


def test_counts_interval_weight_and_bounds_are_all_there():
    text = " ".join(state_weight([ROW], PerformanceRules()))
    for number in ("11 offers", "180 days", "1.55 of 5.38", "1.84", "32.7%", "15.0% to 53.6%", "0.960", "12.82 %"):
        assert number in text
    assert "maximum likelihood" in text
    assert "newcomer" not in text
    assert "alpha" in FORMULA


def test_a_newcomer_is_told_so():
    text = " ".join(state_weight([ROW | {"offers": 4}], PerformanceRules(prior_strength=12.0)))
    assert "newcomer: in 10% of units" in text
    assert "strength 12" in text


def test_without_offers_the_programs_rate_stands_in():
    assert "no offer to judge by yet" in state_weight([ROW | {"offers": 0}], PerformanceRules())[0]
    assert state_weight([], PerformanceRules()) == ["Routing has not weighed this partner yet."]


def test_an_outcome_that_does_not_count_is_shown_as_such():
    rules = PerformanceRules(outcomes={"won": 1.0})
    assert "followed_up (is shown but does not count)" in state_weight([ROW], rules)[0]
