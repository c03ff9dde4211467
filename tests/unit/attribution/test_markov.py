"""Removal effects against a published example and an exact solution in fractions that shares no code."""

from collections import Counter, defaultdict
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing_jobs.attribution import attribute


def touches_of(paths):
    rows = [
        {
            "journey_id": number,
            "touched_at": pd.Timestamp("2026-01-01") + pd.Timedelta(hours=place),
            "channel": channel,
            "is_converting": is_converting,
            "converted_at": pd.Timestamp("2026-02-01"),
        }
        for number, (path, is_converting) in enumerate(paths)
        for place, channel in enumerate(path)
    ]
    return pd.DataFrame(rows)


def chance_of_conversion(paths, order, without=None):
    """Gaussian elimination in fractions over the chain whose states are the last `order` channels."""
    counts = defaultdict(Counter)
    for path, is_converting in paths:
        states = [tuple(path[max(0, place + 1 - order) : place + 1]) for place in range(len(path))]
        walk = ["start", *states, "converted" if is_converting else "lost"]
        for here, there in pairwise(walk):
            is_removed = without is not None and isinstance(there, tuple) and there[-1] == without
            counts[here]["lost" if is_removed else there] += 1
    names = list(counts)
    equations = []
    for here in names:
        total = sum(counts[here].values())
        row = [Fraction(int(there == here)) - Fraction(counts[here][there], total) for there in names]
        equations.append([*row, Fraction(counts[here]["converted"], total)])
    for place in range(len(names)):
        pivot = next(n for n in range(place, len(names)) if equations[n][place])
        equations[place], equations[pivot] = equations[pivot], equations[place]
        equations[place] = [value / equations[place][place] for value in equations[place]]
        for n, row in enumerate(equations):
            if n != place and row[place]:
                equations[n] = [a - row[place] * b for a, b in zip(row, equations[place], strict=True)]
    return equations[names.index("start")][-1]


def test_the_three_paths_every_introduction_uses():
    # Bryl 2016, "Marketing multi-channel attribution model with R": removal effects 0.5, 1, 1; credit 0.2, 0.4, 0.4.
    paths = [(["C1", "C2", "C3"], True), (["C1"], False), (["C2", "C3"], False)]
    credited = attribute(touches_of(paths), "markov")
    channels = credited.attrs["channels"]
    assert channels["channel"].tolist() == ["C1", "C2", "C3"]
    assert channels["removal_effect"].to_numpy() == pytest.approx([0.5, 1, 1])
    assert channels["credit"].to_numpy() == pytest.approx([0.2, 0.4, 0.4])
    assert credited["credit"].to_numpy() == pytest.approx([0.2, 0.4, 0.4, 0, 0, 0])


def test_a_journeys_own_conversion_is_split_by_its_touches_removal_effects():
    paths = [(["a", "b", "b"], True), (["a"], True), (["b"], False), (["a", "c"], False)]
    credited = attribute(touches_of(paths), "markov")
    effect = credited.attrs["channels"].set_index("channel")["removal_effect"]
    total = effect["a"] + 2 * effect["b"]
    expected = [effect["a"] / total, effect["b"] / total, effect["b"] / total, 1, 0, 0, 0]
    assert credited["credit"].to_numpy() == pytest.approx(expected)
    assert effect["c"] == 0


def test_without_conversions_nothing_has_an_effect():
    channels = attribute(touches_of([(["a", "b"], False)]), "markov").attrs["channels"]
    assert channels[["removal_effect", "credit"]].to_numpy().tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize("order", [1, 2, 3])
@settings(deadline=None, max_examples=30)
@given(
    paths=st.lists(
        st.tuples(st.lists(st.sampled_from("abcd"), min_size=1, max_size=6), st.booleans()), min_size=1, max_size=9
    )
)
def test_removal_effects_are_those_of_the_chain_solved_in_fractions(order, paths):
    channels = attribute(touches_of(paths), "markov", order=order).attrs["channels"]
    conversions = sum(is_converting for _, is_converting in paths)
    whole = chance_of_conversion(paths, order)
    expected = [
        float(1 - chance_of_conversion(paths, order, channel) / whole) if whole else 0.0
        for channel in channels["channel"]
    ]
    np.testing.assert_allclose(channels["removal_effect"], expected, atol=1e-12)
    assert channels["credit"].sum() == pytest.approx(conversions)
    if conversions:
        np.testing.assert_allclose(channels["credit"], np.array(expected) / sum(expected) * conversions, atol=1e-12)
