"""Shadow prices of an assignment, on the graph contracted to partners; and the improvements such a graph shows.

One node a partner and one, OPEN, for everything outside: units without a partner and free slots. An arc p -> q says
what the total gains when the best-suited unit of p moves to q. An assignment is optimal exactly when no cycle gains;
then the longest paths from OPEN are the smallest prices that prove it. Lives here: that graph, its prices, its gaining
cycles. Not here: finding a first assignment (`optimum`), the certificate (`assignment`).

Source: complementary slackness of the transportation problem; the contraction is that of Tokuyama and Nakano 1995.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing_jobs.routing.instance import Indices, Instance, Ints

Booleans = NDArray[np.bool_]


@dataclass(frozen=True)
class Moves:
    """The best move along each arc, sorted by (head, tail); `unit` is who moves, -1 where only a free slot does."""

    tail: Ints
    head: Ints
    gain: Ints
    unit: Ints


def improve(instance: Instance, assigned: Indices) -> tuple[Indices, Ints]:
    """An optimal assignment and the smallest prices proving it.

    Args:
        instance: n units, m partners.
        assigned: int32[n], any assignment within capacity; gaining cycles are applied until there is none.

    Returns:
        assigned int32[n] of greatest total, and price int64[m]: price[p] is what one more slot at p would add to the
        total; 0 where p has room.
    """
    assigned = assigned.copy()
    while True:
        moves = best_moves(instance, assigned)
        price, cycle = _longest_paths(moves, instance.partners + 1)
        if cycle is None:
            return assigned, price[:-1]
        for arc in cycle:
            if moves.unit[arc] >= 0:
                target = moves.head[arc]
                assigned[moves.unit[arc]] = -1 if target == instance.partners else target


def best_moves(instance: Instance, assigned: Indices) -> Moves:
    """Every arc of the contracted graph with its most gaining move."""
    partners, outside = instance.partners, instance.partners
    place = np.where(assigned < 0, outside, assigned).astype(np.int64)
    own = chosen_positions(instance, assigned)
    standing = np.where(own < 0, 0, instance.score[own]) if len(instance.score) else np.zeros(instance.units, np.int64)
    elsewhere = np.flatnonzero(instance.partner != place[instance.unit])
    mover = instance.unit[elsewhere].astype(np.int64)
    placed = np.flatnonzero(assigned >= 0)
    load = np.bincount(assigned[placed], minlength=partners)
    room = np.flatnonzero(load < instance.capacity)
    every = np.arange(partners)
    return _best_by_arc(
        tail=np.concatenate((place[mover], place[placed], room, np.full(partners, outside))),
        head=np.concatenate((instance.partner[elsewhere], np.full(len(placed) + len(room), outside), every)),
        gain=np.concatenate(
            (instance.score[elsewhere] - standing[mover], -standing[placed], np.zeros(len(room) + partners, np.int64))
        ),
        unit=np.concatenate((mover, placed, np.full(len(room) + partners, -1))),
        nodes=partners + 1,
    )


def chosen_positions(instance: Instance, assigned: Indices) -> Ints:
    """The candidate each unit was given, as a position in `partner`, int64[n]; -1 = none."""
    position = np.full(instance.units, -1, dtype=np.int64)
    chosen = np.flatnonzero(instance.partner == assigned[instance.unit])
    position[instance.unit[chosen]] = chosen
    return position


def _best_by_arc(tail: Ints, head: Ints, gain: Ints, unit: Ints, nodes: int) -> Moves:
    arc = head * nodes + tail
    order = np.argsort(arc, kind="stable")
    arc, gain, unit = arc[order], gain[order], unit[order]
    starts = np.flatnonzero(np.concatenate(([True], arc[1:] != arc[:-1]))) if len(arc) else np.empty(0, np.int64)
    best = np.maximum.reduceat(gain, starts) if len(arc) else gain
    is_best = gain == np.repeat(best, np.diff(np.concatenate((starts, [len(arc)]))))
    first = np.flatnonzero(is_best)
    first = first[np.unique(arc[first], return_index=True)[1]]  # among equal moves the first unit's
    return Moves(arc[starts] % nodes, arc[starts] // nodes, best, unit[first])


def _longest_paths(moves: Moves, nodes: int) -> tuple[Ints, list[int] | None]:
    """Bellman-Ford from OPEN: greatest total gain to each node, or the arcs of a cycle that gains."""
    distance = np.zeros(nodes, dtype=np.int64)
    reached_by = np.full(nodes, -1, dtype=np.int64)
    if len(moves.tail) == 0:
        return distance, None
    starts = np.flatnonzero(np.concatenate(([True], moves.head[1:] != moves.head[:-1])))
    heads = moves.head[starts]
    sizes = np.diff(np.concatenate((starts, [len(moves.head)])))
    for _ in range(nodes):
        offer = distance[moves.tail] + moves.gain
        best = np.maximum.reduceat(offer, starts)
        better = best > distance[heads]
        if not better.any():
            return distance, None
        arc = np.flatnonzero(offer == np.repeat(best, sizes))
        arc = arc[np.unique(moves.head[arc], return_index=True)[1]]
        reached_by[heads[better]] = arc[better]
        distance[heads[better]] = best[better]
        cycle = _cycle(reached_by, moves)
        if cycle:
            return distance, cycle
    raise AssertionError("distances grow for ever, yet no cycle gains")


def _cycle(reached_by: Ints, moves: Moves) -> list[int]:
    """Arcs of a cycle among the arcs nodes were last reached by; [] when they form a forest."""
    state = np.zeros(len(reached_by), dtype=np.int8)  # 0 unseen, 1 on the walk, 2 done
    for start in range(len(reached_by)):
        node, walk = start, []
        while state[node] == 0 and reached_by[node] >= 0:
            state[node] = 1
            walk.append(node)
            node = int(moves.tail[reached_by[node]])
        if state[node] == 1:
            return [int(reached_by[member]) for member in walk[walk.index(node) :]]
        state[walk] = 2
    return []
