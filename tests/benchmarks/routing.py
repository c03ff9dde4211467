"""The routing kernel beside OR-tools' min-cost flow and a greedy sort of the candidates, each in a process of its own.

Figures to trust are the ratios of one run. `--sizes 5000000 --families zipf_90` needs 6 GiB and leaves the others out.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

PARTNERS = {10_000: 600, 100_000: 1_000, 1_000_000: 2_000, 5_000_000: 3_000}
FAMILIES = ("zipf_70", "zipf_100", "zipf_130", "flat", "ties", "one_big_partner", "zero_capacity")
AT_A_MILLION = ("zipf_70", "flat", "ties")  # the others are slow for the other solvers, not for this one
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


def kernel(indptr: np.ndarray, partner: np.ndarray, score: np.ndarray, capacity: np.ndarray) -> tuple[int, int]:
    """(objective, upper bound) of `solve`."""
    from routing_jobs.routing import solve

    solution = solve(indptr, partner, score, capacity)
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


SOLVERS = {solver.__name__: solver for solver in (kernel, ortools, greedy)}


def measure(name: str, path: Path) -> None:
    """Run one solver on a stored instance, print its figures as JSON."""
    stored = np.load(path)
    arrays = [stored[key] for key in ("indptr", "partner", "score", "capacity")]
    if name == "kernel":
        kernel(np.array([0, 1]), np.array([0]), np.array([1]), np.array([1]))  # compiled code is loaded
    started, cpu = time.perf_counter(), time.process_time()
    objective, bound = SOLVERS[name](*arrays)
    figures = {"seconds": time.perf_counter() - started, "cpu": time.process_time() - cpu}
    print(json.dumps(figures | {"peak": peak_bytes(), "objective": objective, "bound": bound}))


def peak_bytes() -> int:
    """Most memory this process held. Linux counts what the parent held into getrusage; its own file does not."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return int(lines["VmHWM"].split()[0]) * 1024


def run(family: str, units: int, seed: int, folder: Path) -> dict[str, dict[str, float]]:
    """All solvers on one instance: solver -> its figures, and the number of candidates."""
    path = folder / f"{family}_{units}.npz"
    names = ("indptr", "partner", "score", "capacity")
    arrays = dict(zip(names, instance(family, units, seed), strict=True))
    np.savez(path, **arrays)
    size = len(arrays["partner"])
    del arrays
    found: dict[str, dict[str, float]] = {"instance": {"candidates": size}}
    for name in SOLVERS if units <= 1_000_000 else ("kernel",):
        command = [sys.executable, __file__, "--measure", name, str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found[name] = json.loads(done.stdout)
    path.unlink()
    return found


def show(family: str, units: int, found: dict[str, dict[str, float]]) -> None:
    """One line: the kernel's figures, and the ratios to the others."""
    own, size = found["kernel"], found["instance"]["candidates"]
    line = f"{family:<16}{units:>10,}{size:>13,}{own['seconds']:>9.2f} s{own['peak'] / size:>8.0f} B/cand"
    line += f"  {'exact' if own['objective'] == own['bound'] else 'GAP ' + str(own['bound'] - own['objective'])}"
    for name in ("ortools", "greedy"):
        if name in found:
            other = found[name]
            line += f" | {name} time x{other['seconds'] / own['seconds']:.1f} cpu x{other['cpu'] / own['cpu']:.1f}"
            line += f" memory x{other['peak'] / own['peak']:.1f}"
            line += f" objective {other['objective'] / max(own['objective'], 1):.6f}"
    print(line, flush=True)


def main() -> None:
    """Print a line for each family and size, and how time grows with candidates."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="10000,100000,1000000")
    parser.add_argument("--families", default="")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--measure", nargs=2, metavar=("SOLVER", "FILE"))
    options = parser.parse_args()
    if options.measure:
        measure(options.measure[0], Path(options.measure[1]))
        return
    growth: dict[str, list[tuple[int, float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for units in map(int, options.sizes.split(",")):
            chosen = options.families.split(",") if options.families else FAMILIES
            for family in chosen if options.families or units < 1_000_000 else AT_A_MILLION:
                found = run(family, units, options.seed, Path(folder))
                show(family, units, found)
                growth.setdefault(family, []).append((int(found["instance"]["candidates"]), found["kernel"]["cpu"]))
    for family, points in growth.items():
        if len(points) > 1:
            (few, fast), (many, slow) = points[-2], points[-1]
            exponent = np.log(slow / fast) / np.log(many / few)
            print(f"{family}: time grows as candidates to the power of {exponent:.2f}, from {few:,} to {many:,}")


if __name__ == "__main__":
    main()
