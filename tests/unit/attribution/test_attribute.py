"""The ten models on journeys worked by hand, and against a plain restatement of SPEC 14 touch by touch."""

import itertools
from math import factorial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing_jobs.attribution import MODELS, attribute

HOUR = pd.Timedelta(hours=1)
START = pd.Timestamp("2026-03-01T00:00", tz="UTC")


def journey(name, *touches, converted=None, lead=None, opportunity=None):
    """Rows of one journey; touches are (hour, channel), the rest hours after START."""
    at = {"lead_created_at": lead, "opportunity_at": opportunity, "converted_at": converted}
    at = {column: pd.NaT if hour is None else START + hour * HOUR for column, hour in at.items()}
    return pd.DataFrame(
        [
            {"journey_id": name, "touched_at": START + hour * HOUR, "channel": channel, **at}
            | {"is_converting": converted is not None}
            for hour, channel in touches
        ]
    )


def credits_of(touches, model, **settings_):
    return attribute(touches, model, **settings_)["credit"].tolist()


FIVE = journey("j", (0, "a"), (1, "b"), (2, "c"), (3, "a"), (4, "d"), converted=10, lead=1.5, opportunity=3)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("first_touch", [1, 0, 0, 0, 0]),
        ("last_touch", [0, 0, 0, 0, 1]),
        ("linear", [0.2] * 5),
        ("u_shaped", [0.4, 0.2 / 3, 0.2 / 3, 0.2 / 3, 0.4]),
        ("position_based", [0.4, 0.2 / 3, 0.2 / 3, 0.2 / 3, 0.4]),
        ("w_shaped", [0.3, 0.3, 0.05, 0.3, 0.05]),
        ("full_path", [0.225, 0.225, 0.1, 0.225, 0.225]),
        ("shapley", [0.125, 0.25, 0.25, 0.125, 0.25]),
    ],
)
def test_a_journey_of_five_touches_by_hand(model, expected):
    assert credits_of(FIVE, model) == pytest.approx(expected, abs=1e-15)


def test_time_decay_halves_every_half_life():
    touches = journey("j", (0, "a"), (168, "b"), (336, "c"), converted=400)
    assert credits_of(touches, "time_decay") == pytest.approx([1 / 7, 2 / 7, 4 / 7])
    assert credits_of(touches, "time_decay", half_life_hours=84) == pytest.approx([1 / 21, 4 / 21, 16 / 21])


def test_time_decay_of_a_journey_of_decades_is_no_division_by_zero():
    touches = journey("j", (0, "a"), (1, "b"), converted=400_000)
    assert sum(credits_of(touches, "time_decay", half_life_hours=1)) == pytest.approx(1)


@pytest.mark.parametrize("model", MODELS)
def test_one_touch_earns_everything_in_every_model(model):
    assert credits_of(journey("j", (0, "a"), converted=0), model) == [1]


@pytest.mark.parametrize("model", ["u_shaped", "position_based"])
def test_two_touches_earn_half_each(model):
    assert credits_of(journey("j", (0, "a"), (5, "b"), converted=6), model) == [0.5, 0.5]


def test_an_absent_milestone_leaves_its_share_to_the_others_in_proportion():
    no_opportunity = journey("j", (0, "a"), (1, "b"), (2, "c"), converted=9, lead=1)
    assert credits_of(no_opportunity, "w_shaped") == pytest.approx([3 / 7, 3 / 7, 1 / 7])
    before_all_touches = journey("j", (0, "a"), (1, "b"), (2, "c"), converted=9, lead=-1, opportunity=1)
    assert credits_of(before_all_touches, "w_shaped") == pytest.approx([3 / 7, 3 / 7, 1 / 7])


def test_without_milestone_columns_the_models_still_sum_to_one():
    touches = FIVE.drop(columns=["lead_created_at", "opportunity_at"])
    assert credits_of(touches, "w_shaped") == pytest.approx([0.75, 0.0625, 0.0625, 0.0625, 0.0625])


def test_a_touch_at_two_milestones_earns_both():
    touches = journey("j", (0, "a"), (1, "b"), (2, "c"), converted=9, lead=0, opportunity=2)
    assert credits_of(touches, "w_shaped") == pytest.approx([0.6, 0.1, 0.3])
    assert credits_of(touches, "full_path") == pytest.approx([0.45, 0.1, 0.45])


def test_touches_that_are_all_milestones_share_everything():
    touches = journey("j", (0, "a"), (1, "b"), (2, "c"), converted=9, lead=1, opportunity=2)
    assert credits_of(touches, "w_shaped") == pytest.approx([1 / 3] * 3)


def test_weights_replace_shares_and_count_in_proportion():
    assert credits_of(FIVE, "position_based", weights={"first": 0.3, "last": 0.5}) == pytest.approx(
        [0.3, 0.2 / 3, 0.2 / 3, 0.2 / 3, 0.5]
    )
    only_rest = journey("j", (0, "a"), (5, "b"), converted=6)
    assert credits_of(only_rest, "u_shaped", weights={"first": 0, "last": 0}) == [0.5, 0.5]


def test_touches_after_the_conversion_earn_nothing_at_the_instant_they_do():
    touches = journey("j", (0, "a"), (5, "b"), (6, "c"), converted=5)
    assert credits_of(touches, "linear") == [0.5, 0.5, 0]
    assert credits_of(touches, "last_touch") == [0, 1, 0]


def test_the_lookback_reaches_back_from_the_conversion():
    touches = journey("j", (0, "a"), (24, "b"), (48, "c"), converted=72)
    assert credits_of(touches, "first_touch") == [1, 0, 0]
    assert credits_of(touches, "first_touch", lookback_days=2) == [0, 1, 0]
    assert credits_of(touches, "first_touch", lookback_days=0.5) == [0, 0, 0]


def test_touches_of_one_instant_are_ordered_by_touch_id_then_channel():
    touches = journey("j", (0, "b"), (0, "a"), (0, "c"), converted=1)
    assert credits_of(touches, "first_touch") == [0, 1, 0]
    assert credits_of(touches.assign(touch_id=["t9", "t8", "t7"]), "first_touch") == [0, 0, 1]
    assert credits_of(touches.assign(touch_id=[9, 20, 100]), "first_touch") == [1, 0, 0]


def test_touches_a_microsecond_apart_keep_their_order_in_many_journeys_over_centuries():
    journeys = np.arange(70_000)
    begin = np.datetime64("1850-01-01", "us") + (journeys * 1_500).astype("timedelta64[m]")
    later, earlier = begin + np.timedelta64(1, "us"), begin
    touches = pd.DataFrame(
        {
            "journey_id": np.r_[journeys, journeys],
            "touched_at": np.r_[later, earlier],
            "channel": "a",
            "is_converting": True,
            "converted_at": np.datetime64("2100-01-01", "us"),
        }
    )
    credit = attribute(touches, "first_touch")["credit"].to_numpy()
    assert not credit[: len(journeys)].any()
    assert credit[len(journeys) :].all()


def test_rows_keep_their_index_order_and_columns():
    touches = pd.concat([FIVE, journey("k", (0, "a"), (1, "b"))], ignore_index=True).sample(frac=1, random_state=4)
    credited = attribute(touches, "linear")
    pd.testing.assert_frame_equal(credited.drop(columns="credit"), touches)
    assert "credit" not in touches.columns


def test_instants_come_naive_aware_or_as_datetimes():
    naive = FIVE.assign(**{name: FIVE[name].dt.tz_localize(None) for name in ("touched_at", "converted_at")})
    objects = FIVE.assign(touched_at=FIVE["touched_at"].dt.tz_convert("Asia/Kolkata").astype(object))
    for touches in (naive, objects):
        assert credits_of(touches, "w_shaped") == credits_of(FIVE, "w_shaped")


@pytest.mark.parametrize("model", MODELS)
def test_without_touches_or_conversions_there_is_no_credit(model):
    lost = journey("j", (0, "a"), (1, "b"))
    assert credits_of(lost, model) == [0, 0]
    assert attribute(lost.iloc[:0], model).empty


def test_shapley_is_the_mean_marginal_contribution_over_all_orders_of_arrival():
    paths = ["a", "ab", "ba", "abc", "ccb", "d", "adca", "b"]
    touches = pd.concat(
        [journey(f"j{n}", *enumerate(path), converted=99) for n, path in enumerate(paths)]
        + [journey("lost", (0, "a"), (1, "e"))]
    )
    channels = "abcde"

    def value(coalition):
        return sum(set(path) <= set(coalition) for path in paths)

    expected = dict.fromkeys(channels, 0.0)
    for arrival in itertools.permutations(channels):
        for place, channel in enumerate(arrival):
            gain = value(arrival[: place + 1]) - value(arrival[:place])
            expected[channel] += gain / factorial(len(channels))
    credited = attribute(touches, "shapley")
    assert credited.groupby("channel")["credit"].sum().to_dict() == pytest.approx(expected)


def restated(touches, model, lookback_days=None):
    """SPEC 14 for the models that need one journey only, journey by journey and touch by touch."""
    credit = pd.Series(0.0, index=touches.index)
    for _, rows in touches.groupby("journey_id"):
        told = rows.iloc[0]
        rows = rows[rows["touched_at"] <= told["converted_at"]]
        if lookback_days is not None:
            rows = rows[rows["touched_at"] >= told["converted_at"] - pd.Timedelta(days=lookback_days)]
        if told["is_converting"] and len(rows):
            rows = rows.sort_values(["touched_at", "touch_id"])
            if model in ("time_decay", "shapley"):
                earned = {row: restated_alone(model, rows, row) for row in rows.index}
            else:
                earned = restated_by_milestones(model, rows, told)
            for row, value in earned.items():
                credit[row] = value / sum(earned.values())
    return credit


def restated_alone(model, rows, row):
    if model == "time_decay":
        hours = (rows.at[row, "converted_at"] - rows.at[row, "touched_at"]).total_seconds() / 3600
        return 0.5 ** (hours / 168)
    of_channel = (rows["channel"] == rows.at[row, "channel"]).sum()
    return 1 / rows["channel"].nunique() / of_channel


def restated_by_milestones(model, rows, told):
    first, last = rows.index[0], rows.index[-1]
    lead, opportunity = (
        next((row for row in reversed(rows.index) if rows.at[row, "touched_at"] <= told[column]), None)
        for column in ("lead_created_at", "opportunity_at")
    )
    milestones, rest = {
        "first_touch": ([(first, 1)], 0),
        "last_touch": ([(last, 1)], 0),
        "linear": ([], 1),
        "u_shaped": ([(first, 40), (last, 40)], 20),
        "position_based": ([(first, 40), (last, 40)], 20),
        "w_shaped": ([(first, 30), (lead, 30), (opportunity, 30)], 10),
        "full_path": ([(first, 22.5), (lead, 22.5), (opportunity, 22.5), (last, 22.5)], 10),
    }[model]
    others = [row for row in rows.index if row not in [place for place, _ in milestones]]
    earned = {row: rest / len(others) if row in others else 0 for row in rows.index}
    for place, share in milestones:
        if place is not None:
            earned[place] += share
    return earned


hours = st.integers(0, 400)
histories = st.lists(
    st.tuples(
        st.lists(st.tuples(hours, st.sampled_from("abcd")), min_size=1, max_size=7),
        st.one_of(st.none(), hours),
        st.one_of(st.none(), hours),
        st.one_of(st.none(), hours),
    ),
    min_size=1,
    max_size=6,
)


def world(history):
    touches = pd.concat(
        [
            journey(f"j{n}", *rows, converted=converted, lead=lead, opportunity=opportunity)
            for n, (rows, converted, lead, opportunity) in enumerate(history)
        ],
        ignore_index=True,
    )
    for column in ("converted_at", "lead_created_at", "opportunity_at"):
        touches[column] = pd.to_datetime(touches[column], utc=True)
    return touches.assign(touch_id=[f"t{n:03d}" for n in range(len(touches))])


@settings(deadline=None, max_examples=25)
@given(histories, st.sampled_from([None, 3.0, 10.0]))
def test_every_rule_agrees_with_its_restatement(history, lookback_days):
    touches = world(history)
    for model in MODELS:
        if model != "markov":
            ours = attribute(touches, model, lookback_days=lookback_days)["credit"]
            np.testing.assert_allclose(ours, restated(touches, model, lookback_days), atol=1e-12, err_msg=model)


@settings(deadline=None, max_examples=25)
@given(histories, st.sampled_from(MODELS), st.randoms(use_true_random=False))
def test_credit_sums_to_one_and_no_order_of_rows_changes_a_bit(history, model, shuffled):
    touches = world(history)
    credited = attribute(touches, model)
    total = credited.groupby("journey_id")["credit"].sum()
    counts = touches["is_converting"] & (touches["touched_at"] <= touches["converted_at"])
    expected = counts.groupby(touches["journey_id"]).any().astype(float)
    np.testing.assert_allclose(total, expected, atol=1e-14)
    assert (credited["credit"] >= 0).all()
    order = list(range(len(touches)))
    shuffled.shuffle(order)
    again = attribute(touches.iloc[order], model)["credit"].sort_index()
    assert again.tolist() == credited["credit"].tolist()


def test_wrong_touches_are_named():
    def refused(told, touches=FIVE, model="linear", **settings_):
        with pytest.raises(ValueError, match=told):
            attribute(touches, model, **settings_)

    refused("touches lack channel, converted_at", FIVE.drop(columns=["channel", "converted_at"]))
    refused("model 'magic': expected one of first_touch", model="magic")
    refused("row 2: channel is missing", FIVE.assign(channel=["a", "b", None, "d", "e"]))
    refused("row 0: journey_id is missing", FIVE.assign(journey_id=None))
    refused("row 1: touched_at is missing", FIVE.assign(touched_at=FIVE["touched_at"].where(FIVE.index != 1)))
    refused("row 4: is_converting differs", FIVE.assign(is_converting=[True] * 4 + [False]))
    refused("row 3: is_converting is missing", FIVE.assign(is_converting=[True] * 3 + [None, True]))
    refused("row 0: is_converting: expected true or false", FIVE.assign(is_converting="yes"))
    refused("row 1: lead_created_at differs", FIVE.assign(lead_created_at=FIVE["touched_at"]))
    refused("row 0: converted_at is missing in a converting journey", FIVE.assign(converted_at=pd.NaT))
    refused("touched_at .*: expected an instant, not a number", FIVE.assign(touched_at=range(5)))
    refused("lookback_days 0", lookback_days=0)
    refused("half_life_hours -1", model="time_decay", half_life_hours=-1)
    refused("'won': u_shaped has first, last, rest", model="u_shaped", weights={"won": 1})
    refused("first -0.1", model="u_shaped", weights={"first": -0.1})
    refused("order 0", model="markov", order=0)
