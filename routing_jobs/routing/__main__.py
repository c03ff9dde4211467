"""`python -m routing_jobs.routing`: compiles the kernel, so that the first batch need not wait for it."""

from dataclasses import replace

import numpy as np

from routing_jobs.routing import solve
from routing_jobs.routing.areas import Room
from routing_jobs.routing.csr import count_rows, note_hurdles, order_within_rows, places, row_starts
from routing_jobs.routing.decision import Policy, decide
from routing_jobs.routing.pairs import Candidates
from routing_jobs.routing.turns import new_rotation

UNITS, PARTNERS = 24_000, 60


def main() -> None:
    """Solve instances large enough to need every compiled function; the code is kept beside the modules."""
    partner = ((np.arange(UNITS)[:, None] * 7 + np.arange(3)) % PARTNERS).ravel()
    score = np.arange(partner.size) * 7_919
    start, slots = np.arange(UNITS + 1) * 3, np.full(PARTNERS, UNITS // PARTNERS - 5)
    for distinct in (1_000_003, 2):  # where few scores are distinct, prices are estimated another way
        for max_gap in (0.0, 1e-9):
            solve(start, partner, score % distinct + 1, slots, max_gap=max_gap)
    _decide(start, partner, score % 1_000_003 + 1, slots)
    _gather(partner.astype(np.int32))


def _gather(partner: np.ndarray) -> None:
    """Put pairs into rows, as they come from the database."""
    unit = np.repeat(np.arange(UNITS, dtype=np.int32), 3)
    counts, codes = np.zeros(UNITS, dtype=np.int64), np.zeros(UNITS, dtype=np.uint8)
    count_rows(counts, unit)
    places(row_starts(counts)[:-1].copy(), unit)
    order_within_rows(row_starts(counts), partner)
    note_hurdles(unit, partner, np.ones_like(partner, dtype=np.uint8), np.zeros(UNITS, np.int32), codes, codes.copy())


def _decide(start: np.ndarray, partner: np.ndarray, score: np.ndarray, slots: np.ndarray) -> None:
    """Decide a batch in every mode, one with claims, a limited territory and more candidates than usual."""
    pairs = Candidates(
        indptr=start,
        partner=partner.astype(np.int32),
        score=score,
        tie=partner % 3,
        area=np.where(partner == 1, 0, -1).astype(np.int32),
        is_claim=np.arange(len(partner)) % 300 == 0,
        holds_slot=np.ones(UNITS, dtype=np.bool_),
        pool=np.zeros(UNITS, dtype=np.int32),
        turn=np.arange(UNITS, dtype=np.int32),
    )
    room = Room(slots, np.array([5]), np.array([1], dtype=np.int32))
    for mode in ("optimal", "waterfall", "round_robin"):
        decide(pairs, room, Policy(mode, 0.05, coverage_first=True), new_rotation(np.ones(PARTNERS), 1))
    rows = np.arange(UNITS + 1) * PARTNERS  # each partner once a row, as long as the pairs last
    every = np.arange(len(partner), dtype=np.int32) % PARTNERS
    wide = replace(pairs, indptr=np.minimum(rows, len(partner)), partner=every, area=np.full_like(every, -1))
    decide(wide, room, Policy("waterfall", 0.05, coverage_first=False), new_rotation(np.ones(PARTNERS), 1))


if __name__ == "__main__":
    main()
