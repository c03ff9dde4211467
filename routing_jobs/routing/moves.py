"""The graph of possible moves between partners, and shortest ways through it.

Nodes are the m partners and OUTSIDE (number m): units without a partner. An option is one place a unit may be; the
options a unit does not use lie in the arc from where it is to where it could go, cheapest first. What a move costs is
slack: the surplus (worth - price) the unit has where it is, less the surplus it would have there. Lives here: options,
arcs as pairing heaps, Dijkstra's algorithm over arcs. Not here: which moves are made, and prices (`repair`).

Keys of an arc's heap are differences of worth, which prices do not change; so a heap lasts as long as its units stay.
Sources: Tokuyama and Nakano 1995 (transportation with few sinks, contracted to them); Fredman et al. 1986 (pairing heap).
"""

from collections import namedtuple
from typing import Any

import numpy as np
from numba import njit

from routing_jobs.routing.search import NOWHERE

_UNIT = np.dtype([("start", np.int32), ("used", np.int32), ("number", np.int32)])  # first option, option in use
_OPTION = np.dtype(
    [("worth", np.int64), ("key", np.int64), ("place", np.int32), ("owner", np.int32), ("arc", np.int32)]
    + [(name, np.int32) for name in ("child", "following", "preceding")]
)
_ARC = np.dtype([(name, np.int32) for name in ("root", "tail", "head", "next_out", "next_in")])
_NODE = np.dtype([("first_out", np.int32), ("first_in", np.int32)])

# Record arrays; `table` finds arcs by their ends, `arcs` int64[1] counts them. A last unit marks the end of the options.
Graph = namedtuple("Graph", "unit option arc node table arcs")


def build_graph(
    indptr: Any, partner: Any, score: Any, factor: int, price: Any, at: Any, held: Any, allowed: Any
) -> Graph:
    """The graph of the moves that may become free while the price of p moves by `allowed[p]` at most (int64[m + 1]).

    `at` int32[n] is each unit's place, none better at these prices, and `held` int64[n] what it is worth there.
    """
    partners = len(price) - 1
    floor, ceiling = (
        price - allowed,
        price + allowed,
    )  # an option counts if its surplus at its lowest price reaches that of the place in use at its highest
    options = np.zeros(len(at), np.int32)
    pairs = _count_options(indptr, partner, score, factor, floor, ceiling, at, held, options)
    arcs = max(min(pairs, partners * (partners + 1)), 1)
    table = 1 << int(2 * arcs - 1).bit_length()
    graph = Graph(
        unit=np.empty(int(np.count_nonzero(options)) + 1, _UNIT),
        option=np.empty(int(options.sum()), _OPTION),
        arc=np.empty(arcs, _ARC),
        node=np.full(partners + 1, NOWHERE, np.int32).repeat(2).view(_NODE),
        table=np.full(table, NOWHERE, np.int32),
        arcs=np.zeros(1, np.int64),
    )
    _fill(graph, indptr, partner, score, factor, floor, ceiling, at, held, options)
    return graph


@njit(cache=True, nogil=True)
def _count_options(indptr, partner, score, factor, floor, ceiling, at, held, options):
    """Write the number of options of each unit that has a choice; returns the number of pairs of them."""
    pairs = 0
    for unit in range(len(at)):
        least = held[unit] - ceiling[at[unit]]
        count = 1 if least <= 0 else 0
        for e in range(indptr[unit], indptr[unit + 1]):
            if factor * score[e] - floor[partner[e]] >= least:
                count += 1
                options[unit] = count  # a store here keeps the compiler from gathers, which are half as fast
        if count > 1:
            options[unit] = count
            pairs += count * (count - 1)
        else:
            options[unit] = 0
    return pairs


@njit(cache=True, nogil=True)
def _fill(graph, indptr, partner, score, factor, floor, ceiling, at, held, options):
    outside = len(floor) - 1
    i, o = 0, 0
    for unit in range(len(at)):
        if options[unit] == 0:
            continue
        least = held[unit] - ceiling[at[unit]]
        graph.unit[i].start, graph.unit[i].number = o, unit
        for e in range(indptr[unit], indptr[unit + 1]):
            worth = factor * score[e]
            if worth - floor[partner[e]] >= least:
                _put(graph, o, i, partner[e], worth, at[unit])
                o += 1
        if least <= 0:
            _put(graph, o, i, outside, 0, at[unit])
            o += 1
        i += 1
    graph.unit[i].start = o
    for k in range(o):
        if graph.unit[graph.option[k].owner].used != k:
            insert(graph, k)


@njit(cache=True, nogil=True)
def _put(graph, option, owner, place, worth, used):
    new = graph.option[option]
    new.place, new.worth, new.owner = place, worth, owner
    if place == used:
        graph.unit[owner].used = option


@njit(cache=True, nogil=True)
def slack(graph, price, option):
    """What it costs to move the owner of `option` there, at `price`."""
    moved = graph.option[option]
    return moved.key - price[graph.arc[moved.arc].tail] + price[moved.place]


@njit(cache=True, nogil=True)
def move(graph, option):
    """Let the owner of `option` use it instead of the one it uses."""
    owner = graph.option[option].owner
    start, end = graph.unit[owner].start, graph.unit[owner + 1].start
    for k in range(start, end):
        if k != graph.unit[owner].used:
            _remove(graph, k)
    graph.unit[owner].used = option
    for k in range(start, end):
        if k != option:
            insert(graph, k)


@njit(cache=True, nogil=True)
def _arc(graph, tail, head):
    """The number of an arc, made when first asked for; open addressing, linear probing."""
    mask = len(graph.table) - 1
    i = (((tail * len(graph.node) + head) * 0x9E3779B1) >> 7) & mask
    while graph.table[i] != NOWHERE:
        found = graph.arc[graph.table[i]]
        if found.tail == tail and found.head == head:
            return graph.table[i]
        i = (i + 1) & mask
    number = graph.arcs[0]
    graph.arcs[0] += 1
    graph.table[i] = number
    new = graph.arc[number]
    new.root, new.tail, new.head = NOWHERE, tail, head
    new.next_out, graph.node[tail].first_out = graph.node[tail].first_out, number
    new.next_in, graph.node[head].first_in = graph.node[head].first_in, number
    return graph.table[i]


@njit(cache=True, nogil=True)
def insert(graph, option):
    """Put an unused option into the arc from where its owner is."""
    new = graph.option[option]
    used = graph.option[graph.unit[new.owner].used]
    arc = _arc(graph, np.int64(used.place), np.int64(new.place))
    new.arc, new.key = arc, used.worth - new.worth
    new.child = new.following = new.preceding = NOWHERE
    graph.arc[arc].root = _meld(graph.option, graph.arc[arc].root, np.int32(option))


@njit(cache=True, nogil=True)
def _remove(graph, option):
    """Take an option out of its arc."""
    options = graph.option
    old = options[option]
    rest = _combined(options, old.child)
    arc = graph.arc[old.arc]
    if arc.root == option:
        arc.root = rest
        return
    if options[old.preceding].child == option:
        options[old.preceding].child = old.following
    else:
        options[old.preceding].following = old.following
    if old.following != NOWHERE:
        options[old.following].preceding = old.preceding
    arc.root = _meld(options, arc.root, rest)


@njit(cache=True, nogil=True)
def _meld(options, one, two):
    """One heap of two, by key, then by number; -1 = an empty one."""
    if one == NOWHERE:
        return two
    if two == NOWHERE:
        return one
    if options[two].key < options[one].key or (options[two].key == options[one].key and two < one):
        one, two = two, one
    child = options[one].child
    options[two].following, options[two].preceding = child, one
    if child != NOWHERE:
        options[child].preceding = two
    options[one].child = two
    return one


@njit(cache=True, nogil=True)
def _combined(options, first):
    """One heap of a list of siblings: melded in pairs from left to right, the pairs from right to left."""
    pairs = np.int32(NOWHERE)
    while first != NOWHERE:
        second = options[first].following
        rest = np.int32(NOWHERE)
        if second != NOWHERE:
            rest = options[second].following
        pair = _meld(options, first, second)
        options[pair].following = pairs
        pairs, first = pair, rest
    whole = np.int32(NOWHERE)
    while pairs != NOWHERE:
        rest = options[pairs].following
        whole = _meld(options, whole, pairs)
        pairs = rest
    return whole
