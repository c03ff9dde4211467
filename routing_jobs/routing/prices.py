"""The smallest prices that prove an assignment optimal: what one more slot at each partner would add.

Optimal prices are rarely unique; the smallest are, and they mean something to people. A price may fall by as much as
the least slack of any way from OUTSIDE to the partner: further, and a unit along that way would rather move. Lives
here: those ways, over all candidates. Not here: finding the assignment (`repair`), checking it (`assignment`).
"""

import numpy as np
from numba import njit

from routing_jobs.routing.estimate import CLOSED
from routing_jobs.routing.instance import Indices, Ints
from routing_jobs.routing.repair import Optimum
from routing_jobs.routing.search import NOWHERE, nearest, new_search, reach


def smallest_prices(indptr: Ints, partner: Indices, score: Ints, factor: int, least: Ints, found: Optimum) -> Ints:
    """The smallest optimal prices int64[m]; for a partner without slots, what a first one would add.

    The arguments are those `repair.optimum` was given and what it found.
    """
    at, held, price = found.at, found.held, found.price
    slack = _slack_within(found.graph, price, np.append(least, 0))
    tail, head, cost = _cheap_moves(indptr, partner, score, factor, at, held, price, slack)
    order = np.argsort(tail, kind="stable")
    start = np.searchsorted(tail[order], np.arange(len(price) + 1))
    smallest = price - _distances(start, head[order], cost[order], slack)
    smallest[price >= CLOSED] = CLOSED
    _price_closed(indptr, partner, score, factor, least, at, held, smallest)
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
def _cheap_moves(indptr, partner, score, factor, at, held, price, slack):
    """Moves that cost less than the price at their end might fall: (tail, head, cost), in the order of the units."""
    ceiling = price - slack
    tail, head, cost = np.empty(4_096, np.int32), np.empty(4_096, np.int32), np.empty(4_096, np.int64)
    count = 0
    for unit in range(len(at)):
        place = at[unit]
        surplus = held[unit] - price[place]
        for e in range(indptr[unit], indptr[unit + 1]):
            p = partner[e]
            worth = factor * score[e]
            if worth - ceiling[p] > surplus and p != place and price[p] < CLOSED:
                if count == len(tail):
                    tail, head, cost = _doubled(tail), _doubled(head), _doubled(cost)
                tail[count], head[count], cost[count] = place, p, surplus - (worth - price[p])
                count += 1
    return tail[:count], head[:count], cost[:count]


@njit(cache=True, nogil=True)
def _doubled(array):
    return np.concatenate((array, np.empty_like(array)))


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
def _price_closed(indptr, partner, score, factor, least, at, held, price):
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
