"""Counted propensities against what they must be where that can be worked out by hand."""

import numpy as np
from pairs_world import candidates, equal_turns

from routing_jobs.routing.areas import whole
from routing_jobs.routing.decision import Policy, decide
from routing_jobs.routing.propensity import DRAWS, MICROS, MOST_UNITS, propensities, scores

POLICY = Policy("optimal", 0.0, coverage_first=True)


def choose(found, room):
    return decide(found, room, POLICY, equal_turns(len(room.partner))).is_assigned


def scored(reserved, usual):
    return lambda pairs: (reserved[pairs], usual[pairs])


def test_the_score_is_the_product_rounded_down_twice():
    worth, chance, preference = (np.array([value]) for value in (10**12 + 7, 123_457, 1_250_000))
    weighted = 123_457 * 1_250_000 // MICROS
    assert scores(worth, chance, preference).tolist() == [(10**12 + 7) * weighted // MICROS]
    assert scores(np.array([0]), chance, preference).tolist() == [1]


def test_without_newcomers_what_was_chosen_was_certain():
    found = candidates([(0, 0, 5, 0, False, True), (0, 1, 9, 0, False, True)])
    chosen = np.array([False, True])
    same = scored(found.score, found.score)
    for share in (0.0, 0.5):
        known, found_micros = propensities(found, same, chosen, whole(np.array([1, 1])), choose, share, 7)
        assert known.all()
        assert found_micros.tolist() == [0, MICROS]


def test_a_newcomer_gets_a_unit_as_often_as_units_are_reserved():
    units, share = 40, 0.25
    found = candidates([(unit, p, 10 - p, 0, False, True) for unit in range(units) for p in range(2)])
    usual = found.score
    reserved = np.where(found.partner == 1, 20, usual)  # reserved units prefer the newcomer, which has room for all
    chosen = found.partner == 0
    arguments = (found, scored(reserved, usual), chosen, whole(np.array([units, units])), choose, share)
    known, micros = propensities(*arguments, 3)
    assert known.all()
    pairs = micros.reshape(units, 2)
    assert np.all(np.abs(pairs.sum(axis=1) - MICROS) <= 1)
    newcomer = pairs[:, 1].mean() / MICROS * (DRAWS + 1) / DRAWS  # the draw that was made reserved none
    assert abs(newcomer - share) < 4 * np.sqrt(share * (1 - share) / (units * DRAWS))
    assert propensities(*arguments, 3)[1].tolist() == micros.tolist()
    assert propensities(*arguments, 4)[1].tolist() != micros.tolist()


def test_of_a_large_batch_a_sample_is_estimated_with_slots_in_proportion():
    units = MOST_UNITS + 2_000
    found = candidates([(unit, p, 10 - p, 0, False, True) for unit in range(units) for p in range(2)])
    reserved = np.where(found.partner == 1, 20, found.score)
    seen = []

    def watched(some, room):
        seen.append((int((np.diff(some.indptr) > 0).sum()), room.partner.tolist()))
        return choose(some, room)

    chosen = found.partner == 0
    known, micros = propensities(
        found, scored(reserved, found.score), chosen, whole(np.array([units, 600])), watched, 0.1, 1
    )
    assert known.reshape(units, 2).all(axis=1).sum() == MOST_UNITS
    assert not micros[~known].any()
    assert set(map(str, seen)) == {str((MOST_UNITS, [10_000, 500]))}
