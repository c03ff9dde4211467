"""Pairs in any order and any batches become the same rows that a sort of all of them gives."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing_jobs.routing.csr import count_rows, note_hurdles, order_within_rows, places, row_starts

PAIRS = st.sets(st.tuples(st.integers(0, 6), st.integers(0, 200)), max_size=300).flatmap(
    lambda pairs: st.permutations(sorted(pairs))
)


def arrays_of(pairs):
    unit = np.array([unit for unit, _ in pairs], dtype=np.int32)
    return unit, np.array([partner for _, partner in pairs], dtype=np.int32)


def in_rows(unit, partner, units, batch):
    """(indptr, partner) by way of counting, `batch` pairs at a time."""
    parts = [slice(first, first + batch) for first in range(0, len(unit), batch)]
    counts = np.zeros(units, dtype=np.int64)
    for part in parts:
        count_rows(counts, unit[part])
    indptr = row_starts(counts)
    free, placed = indptr[:-1].copy(), np.empty(len(unit), dtype=np.int32)
    for part in parts:
        placed[places(free, unit[part])] = partner[part]
    assert np.array_equal(free, indptr[1:])
    return indptr, placed[order_within_rows(indptr, placed)]


@settings(deadline=None, max_examples=60)
@given(pairs=PAIRS, batch=st.integers(1, 400))
def test_rows_are_those_of_a_sort(pairs, batch):
    unit, partner = arrays_of(pairs)
    indptr, found = in_rows(unit, partner, 8, batch)
    order = np.lexsort((partner, unit))
    assert np.array_equal(found, partner[order])
    assert np.array_equal(np.repeat(np.arange(8), np.diff(indptr)), unit[order])


@pytest.mark.parametrize("length", [63, 64, 65, 200])
def test_long_rows_are_in_order_too(length):
    partner = np.random.default_rng(length).permutation(length).astype(np.int32)
    indptr, found = in_rows(np.zeros(length, dtype=np.int32), partner, 1, 50)
    assert (indptr.tolist(), found.tolist()) == ([0, length], list(range(length)))


@settings(deadline=None, max_examples=60)
@given(
    pairs=PAIRS,
    codes=st.lists(st.integers(1, 16), min_size=300, max_size=300),
    claimant=st.lists(st.integers(-1, 200), min_size=8, max_size=8),
)
def test_hurdles_are_the_greatest_code_of_a_unit_and_the_code_of_its_claimant(pairs, codes, claimant):
    unit, partner = arrays_of(pairs)
    code = np.array(codes[: len(pairs)], dtype=np.uint8)
    furthest, own = np.zeros(8, dtype=np.uint8), np.zeros(8, dtype=np.uint8)
    note_hurdles(unit, partner, code, np.array(claimant, dtype=np.int32), furthest, own)
    by_pair = dict(zip(pairs, codes, strict=False))
    assert furthest.tolist() == [max((c for (u, _), c in by_pair.items() if u == unit), default=0) for unit in range(8)]
    assert own.tolist() == [by_pair.get((unit, claimant[unit]), 0) for unit in range(8)]
