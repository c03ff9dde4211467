"""From prices near the optimum to an optimal assignment, by cheapest ways between partners.

Every unit starts at its best place; then partners have too many units, or too few for their price to stand. Each such
partner sends units along a way of least slack to a place with room (or fetches them), and prices move so that no unit
prefers another place afterwards: the primal-dual (Hungarian) method on the graph contracted to partners. Lives here:
those ways, the prices, and the test that ends it. Not here: the graph (`moves`), what proves the result (`assignment`).

Sources: Kuhn 1955; Edmonds and Karp 1972 (prices keep slacks from being negative); Tokuyama and Nakano 1995.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numba import njit

from routing_jobs.routing.estimate import Estimate
from routing_jobs.routing.instance import Indices, Ints
from routing_jobs.routing.moves import Graph, build_graph, move, slack
from routing_jobs.routing.search import NOWHERE, UNREACHED, forget, nearest, new_search, reach
from routing_jobs.routing.smooth import CLOSED, Candidates

_EMPTY = -2  # a way that begins by leaving a slot of node p empty is numbered _EMPTY - p
_NEAR, _FAR, _FEW = 3, 16, 0.1  # how much further prices may move next time: a graph of few is cheap to widen


@dataclass(frozen=True)
class Settled:
    """Units at their best places at some prices.

    Attributes:
        at: int32[n], where each unit is; m = nowhere.
        held: int64[n], what it is worth there.
        price: int64[m + 1]; that of nowhere is 0, those of partners without slots are CLOSED.
        graph: The moves that prices near these would make free.
    """

    at: Indices
    held: Ints
    price: Ints
    graph: Graph


def settled(candidates: Candidates, price: Ints) -> tuple[Indices, Ints]:
    """Where each unit would be at `price` (int64[m]), int32[n], and what it is worth there, int64[n]."""
    at = np.full(len(candidates[0]) - 1, len(price), dtype=np.int32)
    held = np.zeros(len(at), dtype=np.int64)
    _settle(*candidates, np.append(price, 0), at, held)
    return at, held


def optimum(
    candidates: Candidates,
    capacity: Ints,
    least: Ints,
    estimate: Estimate,
    is_enough: Callable[[Indices, Ints, Ints], bool] = lambda at, held, price: False,
) -> Settled:
    """An assignment of greatest total worth, and prices that prove it; the nearer the estimate, the sooner.

    The worth of candidate e is factor * score[e] > 0, that of an empty slot of partner p is least[p] <= 0 (int64[m]):
    no price is below it. With `is_enough` the search ends as soon as that says so of (at, held, price[m]), which it is
    asked from time to time; loads may then still be beyond capacity.
    """
    width, price = estimate.allowed, np.append(estimate.price, 0)
    at, held = settled(candidates, estimate.price)
    allowed = np.append(np.where(capacity > 0, width, 0), 0)
    while True:
        graph = build_graph(*candidates, price, at, held, allowed)
        stuck = _balance(graph, capacity, least, allowed, price, at, held)
        if not stuck.any() or is_enough(at, held, price[:-1]):
            return Settled(at, held, price, graph)
        del graph  # two at a time would be one too many
        wider = _FAR if stuck.mean() < _FEW else _NEAR
        width = np.minimum(
            width + width // 4 + 1, CLOSED
        )  # in the end the graph holds every move, and nothing is stuck
        further = np.minimum(allowed[:-1], CLOSED // wider) * wider
        allowed[:-1] = np.where(stuck, further, np.where(capacity > 0, width, 0))


@njit(cache=True, nogil=True)
def _settle(indptr, partner, score, factor, price, at, held):
    """Write each unit's best place, and what it is worth there."""
    outside = len(price) - 1
    for unit in range(len(at)):
        best, choice = 0, outside
        for e in range(indptr[unit], indptr[unit + 1]):
            p = partner[e]
            surplus = factor * score[e] - price[p]
            if surplus > best:
                best, choice = surplus, p
        at[unit], held[unit] = choice, best + price[choice]


@njit(cache=True, nogil=True)
def _balance(graph, capacity, least, allowed, price, at, held):
    """Bring loads within capacity, and fill partners whose price is above least, as far as prices are allowed to move.

    Returns bool[m]: partners still out of balance, and if there are any, those whose price went as far as it may.
    """
    partners = len(capacity)
    load = np.zeros(partners + 1, np.int64)
    for place in at:
        load[place] += 1
    search = new_search(partners + 1)
    highest, lowest = price + allowed, price - allowed
    stuck = np.zeros(partners, np.bool_)
    for p in range(partners):
        while load[p] > capacity[p] and not stuck[p]:
            stuck[p] = not _send(graph, search, highest, capacity, price, load, p)
    for p in range(partners):
        while capacity[p] > load[p] and price[p] > least[p] and not stuck[p]:
            stuck[p] = not _fetch(graph, search, lowest, least, capacity, price, load, p)
    for i in range(len(graph.unit) - 1):
        unit, used = graph.unit[i].number, graph.option[graph.unit[i].used]
        at[unit], held[unit] = used.place, used.worth
    if stuck.any():
        stuck |= ((price == highest) | (price == lowest))[:-1] & (capacity > 0)
    return stuck


@njit(cache=True, nogil=True)
def _send(graph, search, highest, capacity, price, load, start):
    """Send units from `start`, which has too many, to the nearest place with room; False when none is near."""
    outside = len(price) - 1
    goal, limit = NOWHERE, UNREACHED
    reach(search, start, 0, NOWHERE)
    while search.size[0] > 0 and search.node[search.queue[0]].distance <= limit:
        node = nearest(search)
        if node == outside or load[node] < capacity[node]:
            goal = node
            break
        limit = min(limit, search.node[node].distance + highest[node] - price[node])
        number = graph.node[node].first_out
        while number != NOWHERE:
            arc = graph.arc[number]
            if arc.root != NOWHERE:
                cost = graph.option[arc.root].key - price[node] + price[arc.head]
                reach(search, arc.head, search.node[node].distance + cost, number)
            number = arc.next_out
    _shift_prices(search, price, limit if goal == NOWHERE else search.node[goal].distance, 1)
    if goal != NOWHERE:
        room = load[start] - capacity[start]
        if goal != outside:
            room = min(room, capacity[goal] - load[goal])
        moved = _push(graph, search, price, start, goal, room)
        load[start] -= moved
        load[goal] += moved
    forget(search)
    return goal != NOWHERE


@njit(cache=True, nogil=True)
def _push(graph, search, price, start, goal, most):
    """Move units along the way found from `start` to `goal` while it costs nothing, `most` at most; returns how many."""
    for moved in range(most):
        node = goal
        while node != start and _is_free(graph, price, search.node[node].via):
            node = graph.arc[search.node[node].via].tail
        if node != start:
            return moved
        node = goal
        while node != start:
            arc = graph.arc[search.node[node].via]
            move(graph, arc.root)
            node = arc.tail
    return most


@njit(cache=True, nogil=True)
def _fetch(graph, search, lowest, least, capacity, price, load, goal):
    """Fetch units for `goal`, whose price no longer stands, from the nearest place; False when none is near."""
    outside = len(price) - 1
    limit = UNREACHED
    reach(search, goal, 0, NOWHERE)
    while search.size[0] > 0 and search.node[search.queue[0]].distance <= limit:
        node = nearest(search)
        if node == outside:
            break
        limit = min(limit, search.node[node].distance + price[node] - lowest[node])
        reach(search, outside, search.node[node].distance + price[node] - least[node], _EMPTY - node)
        number = graph.node[node].first_in
        while number != NOWHERE:
            arc = graph.arc[number]
            if arc.root != NOWHERE:
                cost = graph.option[arc.root].key - price[arc.tail] + price[node]
                reach(search, arc.tail, search.node[node].distance + cost, number)
            number = arc.next_in
    is_found = search.node[outside].settled
    _shift_prices(search, price, search.node[outside].distance if is_found else limit, -1)
    if is_found:
        node = outside
        if search.node[outside].via <= _EMPTY:
            node = _EMPTY - search.node[outside].via
        room = capacity[goal] - load[goal]
        if node != outside:
            room = min(room, load[node])
        moved = _pull(graph, search, price, node, goal, room)
        load[node] -= moved
        load[goal] += moved
    forget(search)
    return is_found


@njit(cache=True, nogil=True)
def _pull(graph, search, price, start, goal, most):
    """As `_push`, along the way that was found from `goal` back to `start`."""
    for moved in range(most):
        node = start
        while node != goal and _is_free(graph, price, search.node[node].via):
            node = graph.arc[search.node[node].via].head
        if node != goal:
            return moved
        node = start
        while node != goal:
            arc = graph.arc[search.node[node].via]
            move(graph, arc.root)
            node = arc.head
    return most


@njit(cache=True, nogil=True)
def _is_free(graph, price, arc):
    root = graph.arc[arc].root
    return root != NOWHERE and slack(graph, price, root) == 0


@njit(cache=True, nogil=True)
def _shift_prices(search, price, length, sign):
    """Make the way of `length` free and keep every slack from being negative."""
    for k in range(search.size[1]):
        node = search.seen[k]
        if search.node[node].settled and search.node[node].distance < length:
            price[node] += sign * (length - search.node[node].distance)
