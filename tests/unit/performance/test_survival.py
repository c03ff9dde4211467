"""Survival curves against published tables, lifelines, and counts worked by hand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import AalenJohansenFitter, KaplanMeierFitter
from lifelines.utils import median_survival_times, qth_survival_times

from routing_jobs.performance import (
    cumulative_incidence,
    incidence_percentiles,
    kaplan_meier,
    survival_percentiles,
)

# Weeks of remission under 6-MP, Freireich et al. 1963: the table every textbook on survival works through.
REMISSION = [6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
RELAPSED = [True] * 9 + [False] * 12

samples = st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=1, max_size=40)


def test_remission_times_give_the_published_table():
    curve = kaplan_meier(REMISSION, RELAPSED)
    at_events = curve[curve["events"] > 0]
    assert at_events["time"].tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert at_events["at_risk"].tolist() == [21, 17, 15, 12, 11, 7, 6]
    assert at_events["survival"].round(3).tolist() == [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448]
    assert at_events["lower"].round(3).tolist() == [0.620, 0.563, 0.503, 0.432, 0.368, 0.268, 0.188]
    assert at_events["upper"].round(3).tolist() == [0.952, 0.923, 0.889, 0.849, 0.805, 0.747, 0.680]


def test_remission_percentiles_are_the_published_median_and_not_reached():
    row = survival_percentiles(REMISSION, RELAPSED).iloc[0]
    assert (row["n"], row["events"]) == (21, 9)
    assert (row["p50"], row["p50_lower"]) == (23, 13)
    assert np.isnan(row["p50_upper"]) and np.isnan(row["p90"])


@settings(deadline=None, max_examples=60)
@given(samples)
def test_curves_agree_with_lifelines(sample):
    duration, is_observed = map(list, zip(*sample, strict=True))
    curve = kaplan_meier(duration, is_observed).set_index("time")
    theirs = KaplanMeierFitter().fit(duration, is_observed)
    expected = theirs.survival_function_.join(theirs.confidence_interval_).join(theirs.event_table)
    expected = expected.loc[curve.index]
    np.testing.assert_allclose(curve["survival"], expected["KM_estimate"], atol=1e-12)
    assert curve["at_risk"].tolist() == expected["at_risk"].tolist()
    assert curve["events"].tolist() == expected["observed"].tolist()
    np.testing.assert_allclose(curve["lower"], expected["KM_estimate_lower_0.95"], atol=1e-9)
    np.testing.assert_allclose(curve["upper"], expected["KM_estimate_upper_0.95"], atol=1e-9)


@settings(deadline=None, max_examples=60)
@given(samples)
def test_percentiles_agree_with_lifelines(sample):
    duration, is_observed = map(list, zip(*sample, strict=True))
    row = survival_percentiles(duration, is_observed, probabilities=(0.3, 0.5)).iloc[0]
    theirs = KaplanMeierFitter().fit(duration, is_observed)
    # Nudged past exact ties, where lifelines compares 0.7 with a product of fractions.
    for name, level in (("p30", 0.7), ("p50", 0.5)):
        expected = qth_survival_times(level + 1e-9, theirs.survival_function_)
        assert row[name] == expected or (np.isnan(row[name]) and np.isinf(expected))
    if theirs.survival_function_.iloc[-1, 0] > 0:
        interval = median_survival_times(theirs.confidence_interval_).to_numpy()[0]
        ours = row[["p50_lower", "p50_upper"]].fillna(np.inf).tolist()
        assert ours == interval.tolist()


def test_a_single_answer_has_a_median_and_no_interval():
    row = survival_percentiles([5], [True]).iloc[0]
    assert row["p50"] == 5
    assert np.isnan(row[["p50_lower", "p50_upper"]].astype(float)).all()


def test_uncensored_percentiles_are_those_of_the_plain_sample():
    row = survival_percentiles(np.arange(1, 11), [True] * 10).iloc[0]
    assert (row["p50"], row["p90"]) == (5, 9)


def test_waiting_offers_move_the_median_up():
    answered = survival_percentiles([1, 2, 3], [True] * 3)["p50"][0]
    everyone = survival_percentiles([1, 2, 3, 9, 9, 9, 9], [True] * 3 + [False] * 4)["p50"][0]
    assert answered == 2
    assert np.isnan(everyone)


def test_groups_are_worked_apart_and_sorted():
    generator = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "partner": generator.choice(["p-3", "p-1", "p-2"], 300),
            "minutes": generator.exponential(60, 300).round(),
            "is_answered": generator.random(300) < 0.7,
        }
    )
    together = survival_percentiles(frame["minutes"], frame["is_answered"], frame["partner"])
    assert together.index.tolist() == ["p-1", "p-2", "p-3"]
    for partner, rows in frame.groupby("partner"):
        alone = survival_percentiles(rows["minutes"], rows["is_answered"])
        pd.testing.assert_series_equal(together.loc[partner], alone.iloc[0], check_names=False)


def test_incidence_without_censoring_is_a_count():
    curve = cumulative_incidence([1, 2, 2, 3, 5], [1, 2, 1, 2, 1])
    assert curve["incidence"].tolist() == pytest.approx([0.2, 0.4, 0.4, 0.6])
    assert curve["events"].tolist() == [1, 1, 0, 1]


def test_incidence_by_hand_with_a_censored_offer():
    # 4 offers: declined at 1, censored at 2, accepted at 3, accepted at 4:
    # S before 3 = 3/4, one of the two still at risk accepts: 3/8, and the last one the other 3/8.
    curve = cumulative_incidence([1, 2, 3, 4], [2, 0, 1, 1])
    assert curve["incidence"].tolist() == pytest.approx([0, 0, 0.375, 0.75])


def test_incidence_and_its_interval_agree_with_lifelines():
    generator = np.random.default_rng(11)
    duration = generator.exponential(10, 80)  # continuous: lifelines would jitter ties
    cause = generator.choice([0, 1, 2], 80, p=[0.3, 0.5, 0.2])
    curve = cumulative_incidence(duration, cause)
    theirs = AalenJohansenFitter().fit(duration, cause, event_of_interest=1)
    expected = theirs.cumulative_density_.iloc[1:, 0]
    np.testing.assert_allclose(curve["time"], expected.index)
    np.testing.assert_allclose(curve["incidence"], expected, atol=1e-12)
    interval = theirs.confidence_interval_.iloc[1:].to_numpy()
    inside = curve["incidence"].to_numpy() > 0
    np.testing.assert_allclose(curve.loc[inside, ["lower", "upper"]], interval[inside], atol=1e-9)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 2)), min_size=1, max_size=40))
def test_incidences_and_survival_add_up_to_one(sample):
    duration, cause = map(np.array, zip(*sample, strict=True))
    waiting = kaplan_meier(duration, cause > 0)["survival"]
    accepted, declined = (cumulative_incidence(duration, cause, of)["incidence"] for of in (1, 2))
    np.testing.assert_allclose(waiting + accepted + declined, 1, atol=1e-12)


def test_declines_are_a_competing_risk_for_acceptance():
    # 6 accept at 1..6, 4 decline at 0: at most 60 % ever accept.
    duration, cause = [1, 2, 3, 4, 5, 6, 0, 0, 0, 0], [1] * 6 + [2] * 4
    row = incidence_percentiles(duration, cause).iloc[0]
    assert row["p50"] == 5
    assert np.isnan(row["p90"])
    assert survival_percentiles(duration, [c == 1 for c in cause])["p90"][0] == 6


def test_a_competing_cause_that_never_happens_leaves_kaplan_meier():
    duration, is_observed = np.array(REMISSION), np.array(RELAPSED)
    ours = incidence_percentiles(duration, is_observed.astype(int), probabilities=(0.25, 0.5)).iloc[0]
    theirs = survival_percentiles(duration, is_observed, probabilities=(0.25, 0.5)).iloc[0]
    assert ours[["n", "events", "p25", "p50"]].tolist() == theirs[["n", "events", "p25", "p50"]].tolist()


def test_nothing_gives_an_empty_frame_with_the_same_columns():
    expected = ["time", "at_risk", "events", "survival", "lower", "upper"]
    assert kaplan_meier([], []).columns.tolist() == expected
    assert kaplan_meier([], []).empty and cumulative_incidence([], []).empty
    assert survival_percentiles([], [], []).empty


@pytest.mark.parametrize(
    ("duration", "is_observed", "told"),
    [
        ([1, -2], [1, 1], "row 1: duration -2.0"),
        ([1, np.nan], [1, 1], "row 1: duration nan"),
        ([1, 2], [1, 2], "row 1: is_observed 2"),
        ([1, 2], [None, True], "row 0: no event code"),
        ([1, 2], [True], "one value each per row"),
    ],
)
def test_wrong_rows_are_named(duration, is_observed, told):
    with pytest.raises(ValueError, match=told):
        kaplan_meier(duration, is_observed)


def test_wrong_causes_groups_and_probabilities_are_named():
    with pytest.raises(ValueError, match=r"row 1: event code 1\.5"):
        cumulative_incidence([1, 2], [0, 1.5])
    with pytest.raises(ValueError, match="of_interest 0"):
        cumulative_incidence([1, 2], [0, 1], 0)
    with pytest.raises(ValueError, match="row 1: group is missing"):
        survival_percentiles([1, 2], [1, 1], ["a", None])
    with pytest.raises(ValueError, match="probability 1"):
        survival_percentiles([1, 2], [1, 1], probabilities=(1,))
