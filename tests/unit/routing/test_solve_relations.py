"""`solve` against relations that hold whatever the right answer is: what may change in a problem, and what follows."""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from routing_jobs.routing import solve


@st.composite
def problems(draw):
    """Rows (per unit a dict partner -> score) and capacities; few distinct scores, so that ties are common."""
    partners = draw(st.integers(1, 6))
    scores = draw(st.sampled_from([st.integers(1, 4), st.integers(1, 10**6)]))
    rows = draw(st.lists(st.dictionaries(st.integers(0, partners - 1), scores, max_size=partners), max_size=14))
    return rows, draw(st.lists(st.integers(0, 4), min_size=partners, max_size=partners))


def solved(rows, capacity, **settings):
    indptr = np.cumsum([0, *(len(row) for row in rows)])
    partner = np.array([p for row in rows for p in row], dtype=np.int32)
    score = np.array([score for row in rows for score in row.values()], dtype=np.int64)
    return solve(indptr, partner, score, np.array(capacity, dtype=np.int64), **settings)


def total(rows, capacity):
    return solved(rows, capacity).objective


def index_sum(assigned, capacity):
    """What decides among assignments of equal total: earlier partners count for more."""
    return sum(len(capacity) - 1 - p for p in assigned.tolist() if p >= 0)


relation = settings(deadline=None, max_examples=60)


@relation
@given(problems(), st.randoms(use_true_random=False))
def test_the_order_of_units_and_of_partners_does_not_matter(case, random):
    rows, capacity = case
    best = total(rows, capacity)
    assert total(random.sample(rows, len(rows)), capacity) == best
    name = random.sample(range(len(capacity)), len(capacity))
    renamed = [{name[p]: score for p, score in row.items()} for row in rows]
    assert total(renamed, [capacity[name.index(p)] for p in range(len(capacity))]) == best


@relation
@given(problems())
def test_the_order_of_a_units_candidates_does_not_matter(case):
    rows, capacity = case
    turned = [dict(reversed(row.items())) for row in rows]
    first, second = solved(rows, capacity), solved(turned, capacity)
    assert first.objective == second.objective
    assert index_sum(first.assigned, capacity) == index_sum(second.assigned, capacity)
    assert first.price.tolist() == second.price.tolist()


@relation
@given(problems(), st.integers(0, 9))
def test_a_partner_that_may_take_nobody_changes_nothing(case, slots):
    rows, capacity = case
    best = total(rows, capacity)
    assert total(rows, [*capacity, slots]) == best
    listed = [{**row, len(capacity): 10**6} for row in rows]
    assert total(listed, [*capacity, 0]) == best


@relation
@given(problems())
def test_one_more_slot_never_lowers_and_one_fewer_never_raises_the_total(case):
    rows, capacity = case
    best = total(rows, capacity)
    for p in range(len(capacity)):
        assert total(rows, [c + (q == p) for q, c in enumerate(capacity)]) >= best
        assert total(rows, [max(c - (q == p), 0) for q, c in enumerate(capacity)]) <= best


@relation
@given(problems())
def test_another_unit_never_lowers_the_total(case):
    rows, capacity = case
    totals = [total(rows[:size], capacity) for size in range(len(rows) + 1)]
    assert totals == sorted(totals)


@relation
@given(problems(), problems())
def test_two_territories_apart_are_their_union(one, two):
    (rows, capacity), (others, further) = one, two
    shifted = [{p + len(capacity): score for p, score in row.items()} for row in others]
    together = solved(rows + shifted, capacity + further)
    assert together.objective == total(rows, capacity) + total(others, further)
    prices = solved(rows, capacity).price.tolist() + solved(others, further).price.tolist()
    assert together.price.tolist() == prices


@relation
@given(problems(), st.data())
def test_two_identical_partners_are_worth_one_with_the_slots_of_both(case, data):
    rows, capacity = case
    partner = data.draw(st.integers(0, len(capacity) - 1))
    part = data.draw(st.integers(0, capacity[partner]))
    twins = [{**row, len(capacity): row[partner]} if partner in row else row for row in rows]
    split = [*capacity, part]
    split[partner] -= part
    assert total(twins, split) == total(rows, capacity)


@relation
@given(problems(), st.integers(2, 10**6))
@example(case=([{0: 2, 1: 3, 2: 1, 3: 1}, {1: 3, 0: 1, 2: 2, 3: 1}, {0: 2, 1: 2}], [0, 1, 0, 1, 0, 0]), factor=15)
def test_scaling_all_scores_scales_total_and_prices_and_moves_nobody(case, factor):
    rows, capacity = case
    scaled = solved([{p: score * factor for p, score in row.items()} for row in rows], capacity)
    plain = solved(rows, capacity)
    assert scaled.assigned.tolist() == plain.assigned.tolist()
    assert scaled.objective == plain.objective * factor
    assert scaled.price.tolist() == (plain.price * factor).tolist()


@relation
@given(problems())
def test_a_partner_nobody_goes_to_can_go(case):
    rows, capacity = case
    solution = solved(rows, capacity)
    used = set(solution.assigned.tolist())
    kept = [{p: score for p, score in row.items() if p in used} for row in rows]
    assert total(kept, capacity) == solution.objective


def large_problem(family, units=30_000, partners=120):
    """Units of seven candidates, slots for 70 % of them; flat: everybody's best candidate is worth the same."""
    generator = np.random.default_rng(7)
    partner = np.argsort(generator.random((units, partners)), axis=1)[:, :7].astype(np.int32)
    score = np.exp(generator.normal(10, 0.5, (units, 7)) + generator.normal(0, 1, partners)[partner])
    if family != "skewed":
        score *= {"flat": 10_000, "tied": 9}[family] / score.max(axis=1, keepdims=True)
    capacity = generator.multinomial(int(0.7 * units), generator.dirichlet(np.ones(partners)))
    return np.arange(units + 1) * 7, partner.ravel(), np.ceil(score).astype(np.int64).ravel(), capacity


def certificate(solution, indptr, partner, score, capacity):
    """(total, bound) by numpy from the assignment and the prices alone; it also counts loads."""
    unit = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
    placed = solution.assigned[solution.assigned >= 0]
    assert np.all(np.bincount(placed, minlength=len(capacity)) <= capacity)
    chosen = solution.assigned[unit] == partner
    assert chosen.sum() == len(placed)
    most = np.zeros(len(indptr) - 1, np.int64)
    np.maximum.at(most, unit, score - solution.price[partner])
    return int(score[chosen].sum()), int(most.sum() + (capacity * solution.price).sum())


@pytest.mark.parametrize("family", ["skewed", "flat", "tied"])
def test_its_total_and_bound_are_those_of_its_assignment_and_prices(family):
    case = large_problem(family)
    solution = solve(*case)
    assert certificate(solution, *case) == (solution.objective, solution.upper_bound)
    assert solution.objective == solution.upper_bound


@pytest.mark.parametrize("family", ["skewed", "flat", "tied"])
@pytest.mark.parametrize("max_gap", [0.05, 0.001, 1e-6])
def test_a_budget_is_kept_and_the_bound_holds(family, max_gap):
    case = large_problem(family)
    best = solve(*case).objective
    near = solve(*case, max_gap=max_gap)
    assert certificate(near, *case) == (near.objective, near.upper_bound)
    assert near.objective <= best <= near.upper_bound
    assert near.upper_bound - near.objective <= max_gap * near.upper_bound
    assert near.exact == (near.objective == near.upper_bound)
    assert near.assigned.tobytes() == solve(*case, max_gap=max_gap).assigned.tobytes()


def test_a_wide_budget_stops_early():
    near = solve(*large_problem("skewed"), max_gap=0.05)
    assert not near.exact
    assert near.gap > 0


@relation
@given(problems(), st.floats(0, 1))
def test_a_budget_is_kept_however_small_the_problem(case, max_gap):
    rows, capacity = case
    near, best = solved(rows, capacity, max_gap=max_gap), total(rows, capacity)
    assert near.objective <= best <= near.upper_bound
    assert near.gap <= max_gap
    assert near.exact == (near.objective == near.upper_bound)


@pytest.mark.parametrize("max_gap", [-0.1, 1.5, float("nan"), float("inf")])
def test_a_wrong_budget_is_refused(max_gap):
    with pytest.raises(ValueError, match=r"max_gap is .*; expected 0 to 1"):
        solve([0, 1], [0], [1], [1], max_gap=max_gap)


def test_worker_threads_give_the_same_bytes():
    case = large_problem("tied")
    expected = solve(*case)
    with ThreadPoolExecutor(2) as pool:
        for found in pool.map(lambda _: solve(*case), range(2)):
            assert found.assigned.tobytes() == expected.assigned.tobytes()
            assert found.price.tobytes() == expected.price.tobytes()


def test_other_threads_run_meanwhile():
    """The interpreter is told to switch threads never of its own accord: others run only where its lock is released."""
    case = large_problem("tied")
    solve(*case)  # compiled by now
    turns, is_over = [0], threading.Event()

    def take_turns():
        while not is_over.wait(0.001):
            turns[0] += 1

    usual = sys.getswitchinterval()
    other = threading.Thread(target=take_turns)
    other.start()
    sys.setswitchinterval(1_000)
    try:
        before = turns[0]
        solve(*case)
        during = turns[0] - before
    finally:
        sys.setswitchinterval(usual)
        is_over.set()
        other.join()
    assert during > 0
