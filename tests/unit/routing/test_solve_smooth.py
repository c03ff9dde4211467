"""Shares and steps of the smoothed dual, against projections and derivatives worked out another way."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from routing_jobs.routing.smooth import Market, follow, mismatch, spread


def market(worth, slots):
    """Every unit has every partner as a candidate; worth[unit][partner]."""
    units, partners = worth.shape
    partner = np.tile(np.arange(partners, dtype=np.int32), units)
    candidates = np.arange(units + 1) * partners, partner, worth.ravel(), 1
    least = np.zeros(partners, np.int64)
    return Market(candidates, np.arange(units, dtype=np.int32), np.asarray(slots, np.float64), least)


def projected(surplus, width):
    """The shares that maximise surplus @ x - width / 2 * x @ x over the simplex, by a general optimiser."""
    size = len(surplus)
    found = minimize(
        lambda x: width / 2 * x @ x - surplus @ x,
        np.full(size, 1 / size),
        jac=lambda x: width * x - surplus,
        bounds=[(0, 1)] * size,
        constraints={"type": "eq", "fun": lambda x: x.sum() - 1, "jac": lambda x: np.ones(size)},
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 500},
    )
    return found.x


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=5), st.integers(1, 60), st.integers(0, 30))
def test_shares_are_the_projection_of_surplus_on_the_simplex(worth, width, level):
    price = np.full(len(worth), level)
    found = spread(market(np.array([worth]), np.ones(len(worth))), price, width)
    expected = projected(np.append(np.array(worth) - level, 0) / width, 1.0)
    assert found.load == pytest.approx(expected[:-1], abs=1e-4)


def test_excess_is_how_the_dual_falls_with_prices():
    generator = np.random.default_rng(3)
    wide = market(generator.integers(1, 100_000, (50, 6)), generator.integers(1, 9, 6))
    price, width = generator.integers(1_000, 60_000, 6), 20_000
    here = spread(wide, price, width)
    for p in range(6):
        nudge = 50 * (np.arange(6) == p)
        slope = (spread(wide, price + nudge, width).value - spread(wide, price - nudge, width).value) / 100
        assert slope == pytest.approx(wide.slots[p] - here.load[p], abs=0.02)


@pytest.mark.parametrize("levels", [10**6, 4])
def test_the_way_ends_where_units_and_slots_match(levels):
    generator = np.random.default_rng(levels)
    worth = generator.integers(1, levels + 1, (3_000, 8)) * (10**7 // levels)
    crowded = market(worth, generator.multinomial(2_000, np.full(8, 1 / 8)))
    price = np.zeros(8, np.int64)
    assert mismatch(crowded, price, spread(crowded, price, 10**4).load) > 0.3
    shares = follow(crowded, price, (10**6, 10**5, 10**4), 0.001)
    assert mismatch(crowded, price, shares.load) <= 0.001
