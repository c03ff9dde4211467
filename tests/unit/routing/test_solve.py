"""`solve` against brute force, against another solver, and against relations that hold whatever the right answer is."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing_jobs.routing import solve

LIMIT = 2**62
FEW_SCORES = st.integers(1, 6)


def problem(rows, capacity):
    """rows: per unit a dict partner -> score."""
    indptr = np.cumsum([0, *(len(row) for row in rows)])
    partner = np.array([p for row in rows for p in sorted(row)], dtype=np.int32)
    score = np.array([row[p] for row in rows for p in sorted(row)], dtype=np.int64)
    return indptr, partner, score, np.array(capacity, dtype=np.int64)


def brute_force(rows, capacity):
    """(greatest total, greatest sum of (m - 1 - index) among assignments of that total), by trying all."""
    best = (-1, -1)
    for chosen in itertools.product(*([None, *row] for row in rows)):
        placed = [p for p in chosen if p is not None]
        if any(placed.count(p) > capacity[p] for p in set(placed)):
            continue
        total = sum(rows[u][p] for u, p in enumerate(chosen) if p is not None)
        best = max(best, (total, sum(len(capacity) - 1 - p for p in placed)))
    return best


def highs(indptr, partner, score, capacity):
    """The optimum of the linear program by another library; its vertices are whole numbers."""
    from scipy.optimize import linprog
    from scipy.sparse import coo_array

    n, m, size = len(indptr) - 1, len(capacity), len(partner)
    unit = np.repeat(np.arange(n), np.diff(indptr))
    rows = np.concatenate((unit, n + partner))
    matrix = coo_array((np.ones(2 * size), (rows, np.tile(np.arange(size), 2))), shape=(n + m, size))
    bounds = np.concatenate((np.ones(n), capacity))
    return round(-linprog(-score.astype(float), A_ub=matrix.tocsr(), b_ub=bounds, bounds=(0, 1), method="highs").fun)


@st.composite
def small_problems(draw, scores=FEW_SCORES, max_units=6, max_partners=4):
    partners = draw(st.integers(1, max_partners))
    row = st.dictionaries(st.integers(0, partners - 1), scores, max_size=partners)
    rows = draw(st.lists(row, max_size=max_units))
    return rows, draw(st.lists(st.integers(0, 3), min_size=partners, max_size=partners))


@settings(deadline=None, max_examples=150)
@given(small_problems())
def test_it_finds_what_trying_everything_finds_ties_included(case):
    rows, capacity = case
    solution = solve(*problem(rows, capacity))
    index_sum = sum(len(capacity) - 1 - p for p in solution.assigned if p >= 0)
    assert (solution.objective, index_sum) == brute_force(rows, capacity)
    assert solution.exact
    assert solution.gap == 0.0


@settings(deadline=None, max_examples=60)
@given(small_problems(scores=st.integers(1, 50), max_units=5, max_partners=3))
def test_a_price_is_what_one_more_slot_would_add(case):
    rows, capacity = case
    solution = solve(*problem(rows, capacity))
    for partner in range(len(capacity)):
        more = [slots + (index == partner) for index, slots in enumerate(capacity)]
        assert solution.price[partner] == brute_force(rows, more)[0] - solution.objective


@settings(deadline=None, max_examples=40)
@given(small_problems(scores=st.integers(1, (LIMIT - 1) // 6)))
def test_it_is_exact_up_to_the_largest_scores_it_accepts(case):
    rows, capacity = case
    solution = solve(*problem(rows, capacity))
    assert solution.objective == brute_force(rows, capacity)[0] == solution.upper_bound


def random_problem(seed, units=400, partners=25, levels=None):
    generator = np.random.default_rng(seed)
    size = generator.integers(0, 9, units)
    partner = np.concatenate([np.sort(generator.choice(partners, k, replace=False)) for k in size]).astype(np.int32)
    score = generator.integers(1, levels or 10**6, len(partner))
    return np.concatenate(([0], np.cumsum(size))), partner, score, generator.integers(0, 25, partners)


@pytest.mark.parametrize("seed", range(6))
def test_it_agrees_with_another_solver_on_larger_instances(seed):
    case = random_problem(seed, levels=(4 if seed % 2 else None))
    solution = solve(*case)
    assert solution.objective == highs(*case)
    assert solution.exact


def min_cost_flow(indptr, partner, score, capacity):
    """The optimum by OR-tools: units, partners, a sink; a unit may go straight to the sink."""
    from ortools.graph.python import min_cost_flow

    units, partners = len(indptr) - 1, len(capacity)
    graph, sink = min_cost_flow.SimpleMinCostFlow(), units + partners
    unit = np.repeat(np.arange(units), np.diff(indptr))
    arcs = graph.add_arcs_with_capacity_and_unit_cost(unit, units + partner, np.ones(len(unit), np.int64), -score)
    tails = np.arange(sink)
    room = np.concatenate((np.ones(units, np.int64), np.minimum(capacity, units)))
    graph.add_arcs_with_capacity_and_unit_cost(tails, np.full(sink, sink), room, np.zeros(sink, np.int64))
    graph.set_nodes_supplies(np.arange(units), np.ones(units, np.int64))
    graph.set_node_supply(sink, -units)
    assert graph.solve() == graph.OPTIMAL
    return int(score[graph.flows(arcs) > 0].sum())


@pytest.mark.parametrize("levels", [2, 9, 10**6])
def test_it_agrees_with_min_cost_flow_on_hundreds_of_instances(levels):
    generator = np.random.default_rng(levels)
    for seed in range(400):
        units, partners = int(generator.integers(1, 60)), int(generator.integers(9, 14))
        case = random_problem(seed, units, partners, levels)
        solution = solve(*case)
        assert (solution.objective, solution.gap) == (min_cost_flow(*case), 0.0), seed


@pytest.mark.parametrize(("levels", "free"), [(None, 0.7), (None, 1.3), (5, 0.7)])
def test_it_agrees_with_min_cost_flow_where_prices_are_estimated_from_samples(levels, free):
    indptr, partner, score, capacity = random_problem(3, units=30_000, partners=120, levels=levels)
    capacity = (capacity * free * 30_000 / capacity.sum()).astype(np.int64)
    solution = solve(indptr, partner, score, capacity)
    assert solution.objective == solution.upper_bound == min_cost_flow(indptr, partner, score, capacity)


def total(indptr, partner, score, capacity):
    return solve(indptr, partner, score, capacity).objective


@pytest.mark.parametrize("seed", range(3))
def test_it_keeps_the_relations_every_optimum_keeps(seed):
    indptr, partner, score, capacity = random_problem(seed, units=120, partners=12)
    n, m = len(indptr) - 1, len(capacity)
    best = total(indptr, partner, score, capacity)
    generator = np.random.default_rng(seed + 100)
    # permuting partners, permuting units
    renamed = generator.permutation(m)
    assert total(indptr, renamed[partner], score, capacity[np.argsort(renamed)]) == best
    shuffled = generator.permutation(n)
    positions = np.concatenate([np.arange(indptr[u], indptr[u + 1]) for u in shuffled])
    sizes = np.diff(indptr)[shuffled]
    assert total(np.concatenate(([0], np.cumsum(sizes))), partner[positions], score[positions], capacity) == best
    # a unit nobody may take; a partner nobody knows
    assert total(np.append(indptr, indptr[-1]), partner, score, capacity) == best
    assert total(indptr, partner, score, np.append(capacity, 5)) == best
    # one more slot never lowers, one fewer never raises
    for p in range(m):
        more = total(indptr, partner, score, capacity + (np.arange(m) == p))
        fewer = total(indptr, partner, score, np.maximum(capacity - (np.arange(m) == p), 0))
        assert fewer <= best <= more
    # scaling scores
    assert total(indptr, partner, score * 7, capacity) == best * 7
    # two disjoint territories are their union
    union = total(
        np.concatenate((indptr, indptr[1:] + indptr[-1])),
        np.concatenate((partner, partner + m)),
        np.concatenate((score, score)),
        np.concatenate((capacity, capacity)),
    )
    assert union == 2 * best


def test_splitting_a_partner_changes_nothing():
    indptr, partner, score, capacity = random_problem(5, units=80, partners=9)
    split_rows, split_scores, starts = [], [], [0]
    for u in range(len(indptr) - 1):
        for k in range(indptr[u], indptr[u + 1]):
            twins = [partner[k]] + ([9] if partner[k] == 0 else [])
            split_rows += twins
            split_scores += [score[k]] * len(twins)
        starts.append(len(split_rows))
    slots = np.append(capacity, capacity[0] // 2)
    slots[0] -= capacity[0] // 2
    assert total(starts, split_rows, split_scores, slots) == total(indptr, partner, score, capacity)


def test_another_lead_never_lowers_the_total_and_fixing_the_answer_keeps_it():
    indptr, partner, score, capacity = random_problem(9, units=90, partners=8)
    solution = solve(indptr, partner, score, capacity)
    assert total(indptr[:-1], partner[: indptr[-2]], score[: indptr[-2]], capacity) <= solution.objective
    unit = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
    kept = solution.assigned[unit] == partner
    fixed = np.concatenate(([0], np.cumsum(np.bincount(unit[kept], minlength=len(indptr) - 1))))
    assert total(fixed, partner[kept], score[kept], capacity) == solution.objective


def test_the_same_arrays_give_the_same_bytes():
    case = random_problem(11, levels=3)
    first, second = solve(*case), solve(*(np.array(array) for array in case))
    assert first.assigned.tobytes() == second.assigned.tobytes()
    assert first.price.tobytes() == second.price.tobytes()


def test_preference_decides_among_equals_and_only_among_them():
    rows, capacity = [{0: 5, 1: 5}, {0: 5, 1: 4}], [1, 1]
    indptr, partner, score, slots = problem(rows, capacity)
    assert solve(indptr, partner, score, slots, preference=[9, 0, 0, 0]).assigned.tolist() == [1, 0]
    indptr, partner, score, slots = problem([{0: 5, 1: 5}], [1, 1])
    assert solve(indptr, partner, score, slots).assigned.tolist() == [0]
    assert solve(indptr, partner, score, slots, preference=[0, 1]).assigned.tolist() == [1]


def test_small_and_empty_problems():
    assert solve([0], [], [], []).assigned.tolist() == []
    assert solve([0, 0], [], [], [3]).assigned.tolist() == [-1]
    assert solve([0, 1], [0], [7], [0]).assigned.tolist() == [-1]
    assert solve([0, 1], [0], [7], [0]).price.tolist() == [7]
    solution = solve([0, 1], np.array([0], np.int32), np.array([7]), np.array([10**18]))
    assert (solution.objective, solution.price.tolist()) == (7, [0])
    assert solution.assigned.dtype == np.int32
    assert solution.price.dtype == np.int64


@pytest.mark.parametrize(
    ("indptr", "partner", "score", "capacity", "message"),
    [
        ([], [], [], [1], "indptr starts with"),
        ([1, 2], [0, 0], [1, 1], [1], "indptr starts with"),
        ([0, 2, 1], [0], [1], [1], "unit 1: indptr falls from 2 to 1"),
        ([0, 1], [0, 1], [1, 1], [1, 1], "indptr ends with 1, but partner has 2"),
        ([0, 1], [0], [1, 2], [1], "score has 2 values"),
        ([0, 1], [3], [1], [1], "unit 0: partner 3"),
        ([0, 1], [-1], [1], [1], "unit 0: partner -1"),
        ([0, 1, 3], [0, 1, 1], [1, 1, 1], [1, 1], "unit 1: partner 1 is there twice"),
        ([0, 1], [0], [0], [1], "unit 0: score 0"),
        ([0, 1], [0], [-4], [1], "unit 0: score -4"),
        ([0, 1], [0], [1], [-1], r"capacity\[0\] = -1"),
        ([0, 1], [0], [LIMIT], [1], r"2\*\*62"),
        ([0, 1, 1], [0], [LIMIT // 2], [1], r"2\*\*62"),
        ([0, 1], [0], [1.5], [1], "score holds float64"),
        ([0, 1], [[0]], [1], [1], "partner has 2 dimensions"),
        ([0, 1], [2**40], [1], [1], "does not fit into int32"),
        ([0, 1], [0], np.array([2**63], dtype=np.uint64), [1], "does not fit into int64"),
    ],
)
def test_what_is_wrong_is_named(indptr, partner, score, capacity, message):
    with pytest.raises(ValueError, match=message):
        solve(indptr, partner, score, capacity)


@pytest.mark.parametrize("preference", [[1, 2], [-1], [0.5]])
def test_a_wrong_preference_is_refused(preference):
    with pytest.raises(ValueError, match="preference"):
        solve([0, 1], [0], [1], [1], preference=preference)
