"""The smallest prices that prove an assignment optimal: what one more slot at each partner would add.

Optimal prices are rarely unique; the smallest are, and they mean something to people. A price may fall by as much as
the least slack of any way from OUTSIDE to the partner: further, and a unit along that way would rather move. Lives
here: those ways, over all candidates. Not here: finding the assignment (`repair`), checking it (`assignment`).
"""

import numpy as np
from numba import njit

from routing_jobs.routing.instance import Ints
from routing_jobs.routing.repair import Settled
from routing_jobs.routing.search import NOWHERE, nearest, new_search, reach
from routing_jobs.routing.smooth import CLOSED, Candidates


def smallest_prices(candidates: Candidates, least: Ints, found: Settled) -> Ints:
    """The smallest optimal prices int64[m]; for a partner without slots, what a first one would add.

    The arguments are those `repair.optimum` was given and what it found.
    """
    at, held, price = found.at, found.held, found.price
    slack = _slack_within(found.graph, price, np.append(least, 0))
    ceiling = np.where(price < CLOSED, price - slack, CLOSED)
    counts = np.zeros(len(at), np.int32)
    total = _count_cheap(*candidates, at, held, price, ceiling, counts)
    tail, head, cost = _cheap_moves(*candidates, at, held, price, ceiling, counts, total)
    order = np.argsort(tail, kind="stable")
    start = np.searchsorted(tail[order], np.arange(len(price) + 1))
    smallest = price - _distances(start, head[order], cost[order], slack)
    smallest[price >= CLOSED] = CLOSED
    price_closed(*candidates, least, at, held, smallest)
    return smallest[:-1]


@njit(cache=True, nogil=True)
def _slack_within(graph, price, least):
    """How far each price could fall if the moves of `graph` were all there are: not less than it can, int64[m + 1]."""
    search = new_search(len(price))
    fall = price - least
    for node in range(len(price)):
        if price[node] < CLOSED:
            reach(search, node, fall[node], NOWHERE)
    while search.size[0] > 0:
        node = nearest(search)
        fall[node] = search.node[node].distance
        number = graph.node[node].first_out
        while number != NOWHERE:
            arc = graph.arc[number]
            if arc.root != NOWHERE:
                cost = graph.option[arc.root].key - price[node] + price[arc.head]
                reach(search, arc.head, fall[node] + cost, NOWHERE)
            number = arc.next_out
    return fall


@njit(cache=True, nogil=True)
def _count_cheap(indptr, partner, score, factor, at, held, price, ceiling, counts):
    """Write how many moves of each unit cost less than the price at their end might fall, int32[n]; their sum."""
    total = 0
    for unit in range(len(at)):
        place, count = at[unit], 0
        surplus = held[unit] - price[place]
        for e in range(indptr[unit], indptr[unit + 1]):
            if factor * score[e] - ceiling[partner[e]] > surplus and partner[e] != place:
                count += 1
                counts[unit] = count
        total += count
    return total


@njit(cache=True, nogil=True)
def _cheap_moves(indptr, partner, score, factor, at, held, price, ceiling, counts, total):
    """Those moves: (tail, head, cost), in the order of the units."""
    tail, head, cost = np.empty(total, np.int32), np.empty(total, np.int32), np.empty(total, np.int64)
    k = 0
    for unit in range(len(at)):
        if counts[unit] == 0:
            continue
        place = at[unit]
        surplus = held[unit] - price[place]
        for e in range(indptr[unit], indptr[unit + 1]):
            worth, p = factor * score[e], partner[e]
            if worth - ceiling[p] > surplus and p != place:
                tail[k], head[k], cost[k] = place, p, surplus - (worth - price[p])
                k += 1
    return tail, head, cost


@njit(cache=True, nogil=True)
def _distances(start, head, cost, slack):
    """The least cost of a way from OUTSIDE, or from anywhere that `slack` says is that near, int64[m + 1]."""
    nodes = len(slack)
    search = new_search(nodes)
    for node in range(nodes):
        reach(search, node, slack[node], NOWHERE)
    distance = slack.copy()
    while search.size[0] > 0:
        node = nearest(search)
        distance[node] = search.node[node].distance
        for k in range(start[node], start[node + 1]):
            reach(search, head[k], distance[node] + cost[k], NOWHERE)
    return distance


@njit(cache=True, nogil=True)
def price_closed(indptr, partner, score, factor, least, at, held, price):
    """Write what a first slot would add into the prices of partners nobody can go to."""
    closed = price[:-1] >= CLOSED
    if not closed.any():
        return
    for p in range(len(closed)):
        if closed[p]:
            price[p] = least[p]
    for unit in range(len(at)):
        surplus = held[unit] - price[at[unit]]
        for e in range(indptr[unit], indptr[unit + 1]):
            p = partner[e]
            if closed[p]:
                price[p] = max(price[p], factor * score[e] - surplus)
