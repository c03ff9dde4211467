"""Chance is a function of seed, name and index, and has the shape it says."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from routing_jobs.generator.draws import Draws, lognormal, spread


def test_bits_are_those_of_splitmix64() -> None:
    """Published outputs of SplitMix64 started at 1234567 (rosettacode.org, Pseudo-random numbers/Splitmix64)."""
    draws = Draws(1)
    draws._keys["published"] = np.uint64(1234567)
    expected = [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]
    assert draws.bits("published", np.arange(5)).tolist() == expected


def test_a_draw_does_not_depend_on_its_company() -> None:
    draws, index = Draws(5), np.arange(1000)
    together = draws.uniform("a", index)
    apart = np.concatenate([Draws(5).uniform("a", index[700:]), Draws(5).uniform("a", index[:700])])
    assert (np.sort(together) == np.sort(apart)).all()
    assert float(draws.uniform("a", 321)) == together[321]


def test_names_and_seeds_give_other_values() -> None:
    index = np.arange(200)
    assert (Draws(5).bits("a", index) != Draws(5).bits("b", index)).all()
    assert (Draws(5).bits("a", index) != Draws(6).bits("a", index)).all()


def test_weights_are_kept() -> None:
    drawn = Draws(3).pick("weights", np.arange(40_000), (5, 0, 3, 2))
    shares = np.bincount(drawn, minlength=4) / 40_000
    assert np.abs(shares - [0.5, 0, 0.3, 0.2]).max() < 0.01


def test_a_lognormal_table_has_its_median_and_bounds() -> None:
    table = lognormal(1000, 0.5, low=300, high=3000)
    assert abs(int(np.median(table)) - 1000) <= 1
    assert (table.min(), table.max()) == (300, 3000)
    # one standard deviation above the median: exp(0.5) times as much, at the 84.13th percentile
    assert abs(float(np.quantile(table, 0.8413)) - 1648.7) < 2


@settings(deadline=None, max_examples=50)
@given(st.integers(min_value=2, max_value=5000))
def test_spread_gives_each_index_a_number_of_its_own(modulus: int) -> None:
    assert sorted(spread(np.arange(modulus), modulus).tolist()) == list(range(modulus))
