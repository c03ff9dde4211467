"""Candidates written as rows, for tests of what is decided about them."""

import numpy as np
from hypothesis import strategies as st

from routing_jobs.routing.areas import whole
from routing_jobs.routing.decision import decide
from routing_jobs.routing.pairs import Candidates
from routing_jobs.routing.turns import new_rotation


def candidates(pairs, pool=None, turn=None, units=None, area=None):
    """pairs: (unit, partner, score, tie, is_claim, holds_slot), sorted here; pool and turn: one a unit; area: a pair."""
    rows = sorted(pairs)
    units = units if units is not None else max((row[0] for row in rows), default=-1) + 1
    counts = np.bincount([row[0] for row in rows], minlength=units) if rows else np.zeros(units, dtype=np.int64)
    holds = np.ones(units, dtype=bool)
    for row in rows:
        holds[row[0]] = row[5]
    return Candidates(
        indptr=np.concatenate(([0], np.cumsum(counts))).astype(np.int64),
        partner=np.array([row[1] for row in rows], dtype=np.int32),
        score=np.array([row[2] for row in rows], dtype=np.int64),
        tie=np.array([row[3] for row in rows], dtype=np.int64),
        area=np.array(area if area is not None else [-1] * len(rows), dtype=np.int32),
        is_claim=np.array([row[4] for row in rows], dtype=bool),
        holds_slot=holds,
        pool=np.array(pool if pool is not None else [0] * units, dtype=np.int32),
        turn=np.array(turn if turn is not None else range(units), dtype=np.int32),
    )


def decided(found, capacity, policy, rotation):
    """`decide` where only partners limit, by an array of capacities."""
    return decide(found, whole(np.asarray(capacity, dtype=np.int64)), policy, rotation)


def equal_turns(partners, pools=1):
    """A rotation in which all partners weigh the same."""
    return new_rotation(np.ones(partners), pools)


@st.composite
def cases(draw, *, claims=True):
    """Small candidates and capacities, all combinations of which can be tried."""
    partners = draw(st.integers(1, 3))
    pairs = []
    for unit in range(draw(st.integers(1, 5))):
        claimed = draw(st.integers(-3, partners - 1)) if claims else -1
        for partner in sorted(draw(st.sets(st.integers(0, partners - 1), min_size=1))):
            pairs.append((unit, partner, draw(st.integers(1, 40)), draw(st.integers(0, 2)), partner == claimed, True))
    return candidates(pairs), np.array(draw(st.lists(st.integers(0, 2), min_size=partners, max_size=partners)))
