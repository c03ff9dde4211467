"""Dijkstra's algorithm without its graph: the nodes reached so far and the nearest of them.

Lives here: an indexed binary heap of nodes, nearest first, then lowest number. Not here: what the arcs are.
"""

from collections import namedtuple

import numpy as np
from numba import njit

NOWHERE = -1
UNREACHED = 2**62

_NODE = np.dtype([("distance", np.int64), ("via", np.int32), ("where", np.int32), ("settled", np.bool_)])

# node: record array; queue, seen: int32; size int64[2]: how many are queued, how many were seen.
Search = namedtuple("Search", "node queue seen size")


@njit(cache=True, nogil=True)
def new_search(nodes):
    """A search in which nothing has been reached."""
    records = np.empty(nodes, _NODE)
    for i in range(nodes):
        records[i].distance, records[i].via, records[i].where, records[i].settled = UNREACHED, NOWHERE, NOWHERE, False
    return Search(records, np.empty(nodes, np.int32), np.empty(nodes, np.int32), np.zeros(2, np.int64))


@njit(cache=True, nogil=True)
def reach(search, node, distance, via):
    """Note a way to `node`, unless a way as short is known."""
    nodes, queue = search.node, search.queue
    if distance >= nodes[node].distance:
        return
    if nodes[node].distance == UNREACHED:
        search.seen[search.size[1]] = node
        search.size[1] += 1
    i = nodes[node].where
    if i == NOWHERE:
        i = search.size[0]
        search.size[0] += 1
    nodes[node].distance, nodes[node].via = distance, via
    while i > 0:
        above = (i - 1) >> 1
        other = queue[above]
        if not _before(nodes, node, other):
            break
        queue[i], nodes[other].where = other, i
        i = above
    queue[i], nodes[node].where = node, i


@njit(cache=True, nogil=True)
def nearest(search):
    """Take the nearest node out of the queue: its distance is final."""
    nodes, queue = search.node, search.queue
    found = queue[0]
    search.size[0] -= 1
    size = search.size[0]
    last = queue[size]
    i = 0
    while 2 * i + 1 < size:
        below = 2 * i + 1
        if below + 1 < size and _before(nodes, queue[below + 1], queue[below]):
            below += 1
        if not _before(nodes, queue[below], last):
            break
        queue[i] = queue[below]
        nodes[queue[i]].where = i
        i = below
    queue[i], nodes[last].where = last, i
    nodes[found].where, nodes[found].settled = NOWHERE, True
    return found


@njit(cache=True, nogil=True)
def _before(nodes, one, two):
    return nodes[one].distance < nodes[two].distance or (nodes[one].distance == nodes[two].distance and one < two)


@njit(cache=True, nogil=True)
def forget(search):
    """Make it a new search, in the time of what was reached."""
    for k in range(search.size[1]):
        node = search.node[search.seen[k]]
        node.distance, node.via, node.where, node.settled = UNREACHED, NOWHERE, NOWHERE, False
    search.size[:] = 0
