"""How likely each candidate was to get its unit, over the draw that reserves units for newcomers.

Routing is deterministic once it is drawn which units count partners with little history at their best chance; the draw
is what makes past batches evidence about other rulebooks (off-policy estimates divide by these propensities). They are
counted: the batch is decided again under DRAWS independent draws, the one that was made included.

Lives here: the counting, and the sample that stands for a large batch. Not here: scores (`candidates`), what is done
with propensities (`performance.off_policy`).
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from routing_jobs.routing.areas import Room
from routing_jobs.routing.instance import Ints
from routing_jobs.routing.pairs import Candidates, Flags

MICROS = 1_000_000
DRAWS = 32  # beside the one that was made
MOST_UNITS = 10_000  # in a larger batch as many stand for all, with slots in proportion

Choose = Callable[[Candidates, Room], Flags]
Scored = Callable[[Flags], tuple[Ints, Ints]]  # of those pairs, where their unit is reserved and where it is not


def scores(worth: Ints, chance: Ints, preference: Ints) -> Ints:
    """The score of pairs: worth x chance x preference, each int64[E]; chance and preference in micros (`candidates`)."""
    weighted = chance * preference // MICROS
    total: Ints = np.maximum(worth // MICROS * weighted + worth % MICROS * weighted // MICROS, 1)
    return total


def propensities(
    candidates: Candidates,
    scored: Scored,
    chosen: Flags,
    room: Room,
    choose: Choose,
    share: float,
    seed: int,
) -> tuple[Flags, Ints]:
    """Which pairs were estimated, bool[E], and how often out of a million each gets its unit, int64[E].

    Args:
        candidates: E pairs of n units.
        scored: bool[E] -> scores of those pairs for units reserved for newcomers, and for units that are not.
        chosen: bool[E], the decision that was made.
        room: Free slots.
        choose: Decides, as the decision was made; called by several threads.
        share: Chance that a unit is reserved; 0 where nobody counts as a newcomer.
        seed: Of the draws.
    """
    if share <= 0:
        return np.ones(len(chosen), dtype=bool), chosen.astype(np.int64) * MICROS
    generator = np.random.default_rng(seed)
    present = np.flatnonzero(np.diff(candidates.indptr) > 0)
    sampled = np.zeros(candidates.units, dtype=bool)
    sampled[generator.permutation(present)[:MOST_UNITS]] = True
    if len(present) <= MOST_UNITS:
        draws, counted = DRAWS + 1, chosen.astype(np.int64)
        slots = room
    else:
        draws, counted = DRAWS, np.zeros(len(chosen), dtype=np.int64)
        area = _in_proportion(room.area, MOST_UNITS, len(present))
        slots = Room(_in_proportion(room.partner, MOST_UNITS, len(present)), area, room.owner)
    kept = np.repeat(sampled, np.diff(candidates.indptr))
    some = _only(candidates, sampled, kept)
    reserved_score, usual_score = scored(kept)
    pairs = np.diff(some.indptr)

    def drawn(is_reserved: Flags) -> Flags:
        score = np.where(np.repeat(is_reserved, pairs), reserved_score, usual_score)
        return choose(replace(some, score=score), slots)

    draws_made = [generator.random(candidates.units)[sampled] < share for _ in range(DRAWS)]
    with ThreadPoolExecutor(os.cpu_count()) as threads:  # compiled code lets other threads run
        for found in threads.map(drawn, draws_made):
            counted[kept] += found
    return kept, counted * MICROS // draws


def _only(candidates: Candidates, units: Flags, pairs: Flags) -> Candidates:
    """Those units alone, with their pairs."""
    return Candidates(
        indptr=np.concatenate(([0], np.cumsum(np.diff(candidates.indptr)[units]))),
        partner=candidates.partner[pairs],
        score=candidates.score[pairs],
        tie=candidates.tie[pairs],
        area=candidates.area[pairs],
        is_claim=candidates.is_claim[pairs],
        holds_slot=candidates.holds_slot[units],
        pool=candidates.pool[units],
        turn=candidates.turn[units],
    )


def _in_proportion(capacity: Ints, part: int, whole: int) -> Ints:
    """`capacity` * part / whole, rounded so that the sum is kept as near as can be: cumulative totals, rounded down."""
    totals = np.cumsum(capacity.astype(object)) * part // whole
    return np.diff(np.concatenate(([0], totals))).astype(np.int64)
