"""The routing kernel beside OR-tools' min-cost flow, a greedy sort of the candidates and HiGHS, each in its own process.

Figures to trust are the ratios of one run. Time is the processor's: nobody uses more than one. Exits with 1 if a goal is missed. `--large` adds 5,000,000 units, of the
kernel alone; drawing up that instance takes 10 GiB.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from routing_jobs.routing import __main__ as compiled

PARTNERS = {10_000: 600, 100_000: 1_000, 1_000_000: 2_000, 5_000_000: 3_000}
FAMILIES = ("zipf_70", "zipf_100", "zipf_130", "flat", "ties", "one_big_partner", "zero_capacity")
AT_A_MILLION = ("zipf_70", "flat", "ties")  # the others are slow for the other solvers, not for this one
LARGE = 5_000_000
SHORT = 2.0  # seconds; runs this short are repeated
HIGHS_INSTANCE, HIGHS_SECONDS = ("zipf_70", 100_000), 180.0
NEAR = 0.001  # a gap that can be lived with
Figures = dict[str, float]
Row = dict[str, Figures]  # solver, or "instance" -> its figures
COUNTRIES, REGIONS, PLACES, VERTICALS, PRODUCTS = 8, 5, 10, 6, 4


def instance(family: str, units: int, seed: int) -> tuple[np.ndarray, ...]:
    """(indptr, partner, score, capacity): territories of Zipf size, partners for a place, a region or a country."""
    random = np.random.default_rng(seed)
    partners = PARTNERS[units]
    places = COUNTRIES * REGIONS * PLACES
    size = random.permutation(1 / np.arange(1, places + 1) ** 0.9)
    size /= size.sum()
    kind = (random.choice(places, units, p=size) * VERTICALS + random.integers(0, VERTICALS, units)) * PRODUCTS
    kind += random.integers(0, PRODUCTS, units)
    width = np.array([1, PLACES, PLACES * REGIONS])[random.choice(3, partners, p=[0.5, 0.35, 0.15])]
    home = random.choice(places, partners, p=size) // width
    verticals, products = random.integers(1, 2**VERTICALS, partners), random.integers(1, 2**PRODUCTS, partners)
    rows = []
    for number in range(places * VERTICALS * PRODUCTS):
        place, rest = divmod(number, VERTICALS * PRODUCTS)
        vertical, product = divmod(rest, PRODUCTS)
        is_fit = (verticals >> vertical & 1) & (products >> product & 1) & (home == place // width)
        rows.append(np.flatnonzero(is_fit).astype(np.int32))
    count = np.array([len(row) for row in rows])
    start = np.concatenate(([0], np.cumsum(count)))
    indptr = np.concatenate(([0], np.cumsum(count[kind])))
    position = np.arange(indptr[-1]) + np.repeat(start[kind] - indptr[:-1], count[kind])
    partner = np.concatenate(rows)[position]
    unit = np.repeat(np.arange(units), count[kind])
    value = np.exp(random.normal(10, 1, units))[unit] * np.exp(random.normal(0, 0.3, partners))[partner]
    value *= np.exp(random.normal(0, 0.2, len(partner)))
    if family in ("flat", "ties"):
        best = np.zeros(units)
        np.maximum.at(best, unit, value)
        value *= (10_000 if family == "flat" else 9) / best[unit]
    load = {"zipf_100": 1.0, "zipf_130": 1.3}.get(family, 0.7)
    demand = np.bincount(partner, minlength=partners) ** 0.85 * np.exp(random.normal(0, 0.5, partners))
    capacity = (demand / demand.sum() * units * load).astype(np.int64)
    if family == "one_big_partner":
        capacity[np.bincount(partner, minlength=partners).argmax()] = units
    if family == "zero_capacity":
        capacity[random.random(partners) < 0.5] = 0
    return indptr.astype(np.int64), partner, np.ceil(value).astype(np.int64), capacity


def kernel(
    indptr: np.ndarray, partner: np.ndarray, score: np.ndarray, capacity: np.ndarray, max_gap: float = 0.0
) -> tuple[int, int]:
    """(objective, upper bound) of `solve`."""
    from routing_jobs.routing import solve

    solution = solve(indptr, partner, score, capacity, max_gap=max_gap)
    return solution.objective, solution.upper_bound


def ortools(indptr: np.ndarray, partner: np.ndarray, score: np.ndarray, capacity: np.ndarray) -> tuple[int, int]:
    """(objective, 0) of SimpleMinCostFlow."""
    from ortools.graph.python import min_cost_flow

    units, partners = len(indptr) - 1, len(capacity)
    graph = min_cost_flow.SimpleMinCostFlow()
    unit = np.repeat(np.arange(units), np.diff(indptr))
    arcs = graph.add_arcs_with_capacity_and_unit_cost(unit, units + partner, np.ones(len(unit), np.int64), -score)
    sink = units + partners
    every, slots = np.arange(units), units + np.arange(partners)
    ones, nothing = np.ones(units, np.int64), np.zeros(units, np.int64)
    graph.add_arcs_with_capacity_and_unit_cost(every, np.full(units, sink), ones, nothing)
    graph.add_arcs_with_capacity_and_unit_cost(
        slots, np.full(partners, sink), np.minimum(capacity, units), np.zeros(partners, np.int64)
    )
    graph.set_nodes_supplies(every, ones)
    graph.set_node_supply(sink, -units)
    assert graph.solve() == graph.OPTIMAL
    return int(score[graph.flows(arcs) > 0].sum()), 0


def greedy(indptr: np.ndarray, partner: np.ndarray, score: np.ndarray, capacity: np.ndarray) -> tuple[int, int]:
    """(objective, 0) of the best candidate first, by numpy's sort of all candidates."""
    unit = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
    taken, load, total = np.zeros(len(indptr) - 1, bool), capacity.copy(), 0
    order = np.argsort(-score, kind="stable")
    while len(order):  # in one sweep each unit's and partner's first is safe; the rest is looked at again
        order = order[~taken[unit[order]] & (load[partner[order]] > 0)]
        _, first = np.unique(unit[order], return_index=True)
        first = np.sort(first)
        by_partner = np.argsort(partner[order[first]], kind="stable")
        ends = np.concatenate(([0], np.cumsum(np.bincount(partner[order[first]], minlength=len(capacity)))))
        place = np.arange(len(first)) - ends[partner[order[first]][by_partner]]
        chosen = order[first[by_partner[place < load[partner[order[first]][by_partner]]]]]
        taken[unit[chosen]] = True
        load -= np.bincount(partner[chosen], minlength=len(capacity))
        total += int(score[chosen].sum())
    return total, 0


def highs(indptr: np.ndarray, partner: np.ndarray, score: np.ndarray, capacity: np.ndarray) -> tuple[int, int]:
    """(objective, 0) of the linear program, whose vertices are whole numbers; 0 where time ran out."""
    import highspy

    units, size = len(indptr) - 1, len(partner)
    unit = np.repeat(np.arange(units), np.diff(indptr))
    program = highspy.HighsLp()
    program.num_col_, program.num_row_ = size, units + len(capacity)
    program.sense_ = highspy.ObjSense.kMaximize
    program.col_cost_ = score.astype(float)
    program.col_lower_, program.col_upper_ = np.zeros(size), np.ones(size)
    program.row_lower_ = np.full(program.num_row_, -highspy.kHighsInf)
    program.row_upper_ = np.concatenate((np.ones(units), capacity.astype(float)))
    program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    program.a_matrix_.start_ = np.arange(size + 1) * 2
    program.a_matrix_.index_ = np.stack((unit, units + partner), axis=1).ravel()
    program.a_matrix_.value_ = np.ones(2 * size)
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("time_limit", HIGHS_SECONDS)
    solver.setOptionValue("threads", 1)
    solver.passModel(program)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return 0, 0  # it ran out of time: the ratio says at least how much longer it takes
    return round(solver.getInfo().objective_function_value), 0


SOLVERS = {solver.__name__: solver for solver in (kernel, ortools, greedy, highs)}


def measure(name: str, path: Path) -> None:
    """Run one solver on a stored instance, print its figures as JSON; the fastest of three runs where they are short."""
    if name == "kernel":
        compiled.main()
    base = peak_bytes()
    stored = np.load(path)
    arrays = [stored[key] for key in ("indptr", "partner", "score", "capacity")]
    objective, bound, cpu = fastest(SOLVERS[name], *arrays)
    figures = {"cpu": cpu, "peak": peak_bytes(), "base": base, "objective": objective, "bound": bound}
    if name == "kernel":
        near, near_bound, cpu = fastest(kernel, *arrays, NEAR)
        figures |= {"near_cpu": cpu, "near_gap": (near_bound - near) / max(near_bound, 1)}
    print(json.dumps(figures))


def fastest(solver: Callable[..., tuple[int, int]], *arguments: object) -> tuple[int, int, float]:
    """(objective, bound, seconds of the processor), the least of three runs where they are short."""
    least = np.inf
    for _ in range(3):
        started = time.process_time()
        objective, bound = solver(*arguments)
        least = min(least, time.process_time() - started)
        if least > SHORT:
            break
    return objective, bound, least


def peak_bytes() -> int:
    """Most memory this process held. Linux counts what the parent held into getrusage; its own file does not."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return int(lines["VmHWM"].split()[0]) * 1024


def run(family: str, units: int, seed: int, folder: Path) -> Row:
    """All solvers on one instance."""
    path = folder / f"{family}_{units}.npz"
    names = ("indptr", "partner", "score", "capacity")
    arrays = dict(zip(names, instance(family, units, seed), strict=True))
    np.savez(path, **arrays)
    found: Row = {"instance": {"candidates": len(arrays["partner"])}}
    del arrays
    for name in solvers(family, units):
        command = [sys.executable, __file__, "--measure", name, str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found[name] = json.loads(done.stdout)
    path.unlink()
    return found


def solvers(family: str, units: int) -> tuple[str, ...]:
    """Who takes part: beyond a million units, and with HiGHS beyond one instance, the others take too long."""
    if units >= LARGE:
        return ("kernel",)
    return ("kernel", "ortools", "greedy", *(("highs",) if (family, units) == HIGHS_INSTANCE else ()))


def title() -> None:
    """What the columns are."""
    print("Beside another solver: x = how many times the kernel's time and memory it takes, % = what its total lacks.")
    print("s = seconds of the processor; gap = bound - total, 0 = proven optimum;", end=" ")
    print(f"near = s with max_gap={NEAR}; B/cand = peak memory without the interpreter's, a candidate")
    heads = f"{'family':<16}{'units':>10}{'candidates':>13}{'s':>9}{'near':>8}{'B/cand':>8} {'gap':>8}"
    print(heads + "".join(f" | {name:>7} time  memory   total" for name in ("ortools", "greedy")), flush=True)


def show(family: str, units: int, found: Row) -> None:
    """One line: the kernel's figures, and the ratios to the others."""
    own, size = found["kernel"], found["instance"]["candidates"]
    line = f"{family:<16}{units:>10,}{int(size):>13,}{own['cpu']:>9.3f}{own['near_cpu']:>8.3f}"
    line += f"{(own['peak'] - own['base']) / size:>8.1f} {int(own['bound'] - own['objective']):>8,}"
    for name in ("ortools", "greedy", "highs"):
        if name in found:
            other = found[name]
            label = name if name == "highs" else ""
            line += f" | {label:>5} x{other['cpu'] / own['cpu']:>5.1f}  x{other['peak'] / own['peak']:>5.1f}"
            lacks = (other["objective"] / max(own["objective"], 1) - 1) * 100
            line += " out of time" if name == "highs" and not other["objective"] else f" {lacks:>6.2f}%"
    print(line, flush=True)


@dataclass(frozen=True)
class Goal:
    """What a figure of one line must reach: at least `least`, or at most `most`."""

    name: str
    family: str
    units: int
    figure: Callable[[Row], float]
    least: float = -np.inf
    most: float = np.inf


def times(other: str, figure: str = "cpu") -> Callable[[Row], float]:
    """How many times the kernel's figure another solver's is."""
    return lambda row: row[other][figure] / row["kernel"][figure]


def own_bytes(row: Row) -> float:
    """Peak memory a candidate, without what the interpreter and the compiled code take by themselves."""
    return (row["kernel"]["peak"] - row["kernel"]["base"]) / row["instance"]["candidates"]


GOALS = (
    Goal("time of OR-tools", "zipf_70", 1_000_000, times("ortools"), least=25),
    Goal("time of OR-tools", "flat", 1_000_000, times("ortools"), least=8),
    Goal("time of OR-tools", "ties", 1_000_000, times("ortools"), least=3),
    Goal("time of the greedy sort", "zipf_70", 1_000_000, times("greedy"), least=1),
    Goal("memory of OR-tools", "zipf_70", 1_000_000, times("ortools", "peak"), least=5),
    Goal("bytes a candidate", "zipf_70", 1_000_000, own_bytes, most=20),
    Goal("bytes a candidate", "flat", 1_000_000, own_bytes, most=20),
    Goal("time of HiGHS", "zipf_70", 100_000, times("highs"), least=150),
    Goal("GiB", "zipf_70", LARGE, lambda row: row["kernel"]["peak"] / 2**30, most=6),
)


def judged(rows: dict[tuple[str, int], Row]) -> bool:
    """Print how each goal was met; whether all were."""
    lines = []
    for (family, units), row in rows.items():
        own, exact = row["kernel"], row.get("ortools", {}).get("objective", row["kernel"]["objective"])
        if own["objective"] != own["bound"] or own["objective"] != exact:
            lines.append((False, f"{family} {units:,}: not the proven optimum"))
        if own["near_gap"] > NEAR:
            lines.append((False, f"{family} {units:,}: gap {own['near_gap']} where {NEAR} was asked for"))
    for goal in GOALS:
        if (goal.family, goal.units) in rows:
            found = goal.figure(rows[goal.family, goal.units])
            limit = f"at least {goal.least:g}" if goal.least > -np.inf else f"at most {goal.most:g}"
            told = f"{goal.family} {goal.units:,}: {goal.name}: {found:.1f}, {limit}"
            lines.append((goal.least <= found <= goal.most, told))
    if ("zipf_70", LARGE) in rows and ("zipf_70", 1_000_000) in rows:
        small, large = rows["zipf_70", 1_000_000], rows["zipf_70", LARGE]
        growth = large["kernel"]["cpu"] / small["kernel"]["cpu"]
        growth /= large["instance"]["candidates"] / small["instance"]["candidates"]
        lines.append((growth <= 1.2, f"time grows {growth:.2f} times as fast as candidates, at most 1.2"))
    for is_met, told in lines:
        print("met    " if is_met else "MISSED ", told)
    return all(is_met for is_met, _ in lines)


def show_growth(rows: dict[tuple[str, int], Row]) -> None:
    """How time grows with candidates, for each family."""
    for family in dict.fromkeys(family for family, _ in rows):
        mine = [row for (other, _), row in rows.items() if other == family]
        for small, large in pairwise(mine):
            few, many = small["instance"]["candidates"], large["instance"]["candidates"]
            exponent = np.log(large["kernel"]["cpu"] / small["kernel"]["cpu"]) / np.log(many / few)
            print(f"{family}: from {int(few):,} to {int(many):,} candidates time grows with power {exponent:.2f}")


def main() -> int:
    """Print a line for each family and size, how time grows with candidates, and how goals are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="10000,100000,1000000")
    parser.add_argument("--families", default="")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--large", action="store_true", help=f"{LARGE:,} units of zipf_70 as well")
    parser.add_argument("--measure", nargs=2, metavar=("SOLVER", "FILE"))
    options = parser.parse_args()
    if options.measure:
        measure(options.measure[0], Path(options.measure[1]))
        return 0
    rows: dict[tuple[str, int], Row] = {}
    compiled.main()
    title()
    with tempfile.TemporaryDirectory() as folder:
        chosen = [
            (family, units)
            for units in map(int, options.sizes.split(","))
            for family in (options.families.split(",") if options.families else FAMILIES)
            if options.families or units < 1_000_000 or family in AT_A_MILLION
        ]
        for family, units in [*chosen, *([("zipf_70", LARGE)] if options.large else [])]:
            rows[family, units] = run(family, units, options.seed, Path(folder))
            show(family, units, rows[family, units])
    show_growth(rows)
    return 0 if judged(rows) else 1


if __name__ == "__main__":
    sys.exit(main())
