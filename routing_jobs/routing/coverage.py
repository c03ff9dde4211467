"""Who is placed at all: as many claims met as can be, then as many units placed as can be, whatever the scores say.

A unit has at most one claim, so a partner can meet as many as it has slots, whatever others do. Where that is all of
them, those units go there; where it is fewer, nobody else does. Of the rest as many as possible are placed by augmenting
paths over the partners. At the end some units may be left over; the partners they could still push into (over any number
of moves) are all full: one more slot at one of them places one more unit. Everyone who has a choice outside of those
partners has to be placed outside, and those partners have to stay full: what keeps to that is as good as it gets in
claims and coverage, and every assignment as good keeps to it (complementary slackness).

Sources: Hopcroft and Karp 1973, Dinic 1970 (blocking flow); Koenig 1931 (the partners that are reached are a cover).
"""

from dataclasses import dataclass

import numpy as np
from numba import njit

from routing_jobs.routing.areas import Parts
from routing_jobs.routing.instance import Indices, Ints
from routing_jobs.routing.pairs import Flags

_UNSEEN = _NOBODY = -1


@dataclass(frozen=True)
class Demands:
    """What an assignment has to keep to. Units n, pairs E, parts k (`areas`).

    Attributes:
        kept: bool[E], the pairs it may use.
        must_serve: bool[n], units that have to be placed.
        must_fill: bool[k], parts that have to be full, were they to have slots.
        claims: int64[k], claims one more slot would meet.
        leads: int64[k], units one more slot would place.
    """

    kept: Flags
    must_serve: Flags
    must_fill: Flags
    claims: Ints
    leads: Ints


def demands(
    indptr: Ints, part: Indices, is_claim: Flags, is_guest: Flags, parts: Parts, room: Ints, *, coverage_first: bool
) -> Demands:
    """The demands of claims, and with `coverage_first` of coverage.

    Args:
        indptr: int64[n+1].
        part: int32[E].
        is_claim: bool[E], at most one a unit.
        is_guest: bool[n], units that have to be placed whatever happens; there is room for them.
        parts: Capacities.
        room: int64[m], slots of the partners that own the parts.
        coverage_first: Whether placing units goes before value.
    """
    unit = np.repeat(np.arange(len(indptr) - 1, dtype=np.int32), np.diff(indptr))
    kept, contested, claimed = _claims(unit, part, is_claim, is_guest, parts, room)
    must_serve, must_fill = claimed | is_guest, contested
    nothing = np.zeros(len(parts.capacity), dtype=np.int64)
    if not coverage_first:
        return Demands(kept, must_serve, must_fill, contested.astype(np.int64), nothing)
    reached = _most_placed(indptr, unit, part, kept, is_claim, is_guest, parts, room)[1]
    has_choice = np.zeros(len(must_serve), dtype=np.bool_)
    has_choice[unit[kept & ~reached[part]]] = True
    return Demands(
        kept=kept & ~(has_choice[unit] & reached[part]),
        must_serve=must_serve | has_choice,
        must_fill=must_fill | reached,
        claims=contested.astype(np.int64),
        leads=reached.astype(np.int64),
    )


def most_placed(indptr: Ints, part: Indices, is_guest: Flags, parts: Parts, room: Ints) -> int:
    """The greatest number of units, guests left out, that can be placed at all."""
    unit = np.repeat(np.arange(len(indptr) - 1, dtype=np.int32), np.diff(indptr))
    every, none = np.ones(len(part), dtype=np.bool_), np.zeros(len(part), dtype=np.bool_)
    at = _most_placed(indptr, unit, part, every, none, is_guest, parts, room)[0]
    return int(np.count_nonzero(at[~is_guest] < len(parts.capacity)))


def _claims(
    unit: Indices, part: Indices, is_claim: Flags, is_guest: Flags, parts: Parts, room: Ints
) -> tuple[Flags, Flags, Flags]:
    """Pairs kept bool[E], parts more is claimed of than there is bool[k], units whose claim is met for certain bool[n]."""
    kept = np.ones(len(part), dtype=np.bool_)
    claimed = np.zeros(len(is_guest), dtype=np.bool_)
    if not is_claim.any():
        return kept, np.zeros(len(parts.capacity), dtype=np.bool_), claimed
    wanted = np.bincount(part[is_claim], minlength=len(parts.capacity))
    met = np.minimum(wanted, parts.capacity)
    over_limit = np.bincount(parts.owner, weights=met, minlength=len(room)) > room
    contested = (wanted > parts.capacity) | over_limit[parts.owner] & (wanted > 0)
    is_all_claimed = contested | over_limit[parts.owner]
    certain = is_claim & ~is_all_claimed[part]
    claimed[unit[certain]] = True
    kept &= ~claimed[unit] | certain
    # guests fill what an over-claimed partner does not have, and stay out of a territory that alone is over-claimed
    kept &= ~is_all_claimed[part] | is_claim | is_guest[unit] & over_limit[parts.owner[part]]
    return kept, is_all_claimed, claimed


def _most_placed(
    indptr: Ints,
    unit: Indices,
    part: Indices,
    kept: Flags,
    is_claim: Flags,
    is_guest: Flags,
    parts: Parts,
    room: Ints,
) -> tuple[Indices, Flags]:
    """Where each unit is, int32[n] (k = nowhere), as many as possible somewhere; and parts those nowhere could reach."""
    nowhere = len(parts.capacity)
    at = np.full(len(is_guest), nowhere, dtype=np.int32)
    load = np.zeros(nowhere, dtype=np.int64)
    claims = np.flatnonzero(is_claim & kept)
    _place_claims(unit[claims], part[claims], parts.owner, parts.capacity, room, at, load)
    choices = np.diff(indptr)
    scarce_first = np.argsort(np.where(is_guest, -1, choices), kind="stable")
    _place_greedily(scarce_first, indptr, part, kept, parts.capacity, at, load)
    while True:
        members, start = _members(at, nowhere)
        level, depth = _levels(indptr, part, kept, parts.capacity, load, at, members, start)
        if depth == _UNSEEN:
            return at, level >= 0
        _augment(indptr, part, kept, parts.capacity, load, at, members, start, level)


def _members(at: Indices, nowhere: int) -> tuple[Ints, Ints]:
    """Units by part, and where each part's begin (those nowhere last)."""
    return np.argsort(at, kind="stable"), np.searchsorted(np.sort(at), np.arange(nowhere + 2))


@njit(cache=True, nogil=True)
def _place_claims(unit, part, owner, capacity, room, at, load):
    taken = np.zeros(len(room), np.int64)
    for k in range(len(unit)):
        p = part[k]
        if load[p] < capacity[p] and taken[owner[p]] < room[owner[p]]:
            at[unit[k]] = p
            load[p] += 1
            taken[owner[p]] += 1


@njit(cache=True, nogil=True)
def _place_greedily(order, indptr, part, kept, capacity, at, load):
    """Place each unit of `order` that is nowhere where most is free."""
    for unit in order:
        if at[unit] < len(capacity):
            continue
        best, most = -1, 0
        for e in range(indptr[unit], indptr[unit + 1]):
            free = capacity[part[e]] - load[part[e]]
            if kept[e] and free > most:
                best, most = part[e], free
        if best >= 0:
            at[unit] = best
            load[best] += 1


@njit(cache=True, nogil=True)
def _levels(indptr, part, kept, capacity, load, at, members, start):
    """How many moves away from the units that are nowhere each part is, int64[k]; and that of the nearest with room."""
    nowhere = len(capacity)
    level = np.full(nowhere, _UNSEEN, np.int64)
    queue = np.empty(nowhere, np.int64)
    first, last, depth = 0, 0, _UNSEEN
    for k in range(start[nowhere], len(members)):
        unit = members[k]
        for e in range(indptr[unit], indptr[unit + 1]):
            if kept[e] and level[part[e]] == _UNSEEN:
                level[part[e]] = 0
                queue[last] = part[e]
                last += 1
    while first < last:
        p = queue[first]
        first += 1
        if depth != _UNSEEN and level[p] > depth:
            break
        if load[p] < capacity[p]:
            depth = level[p]
            continue
        for k in range(start[p], start[p + 1]):
            unit = members[k]
            for e in range(indptr[unit], indptr[unit + 1]):
                if kept[e] and level[part[e]] == _UNSEEN:
                    level[part[e]] = level[p] + 1
                    queue[last] = part[e]
                    last += 1
    return level, depth


@njit(cache=True, nogil=True)
def _augment(indptr, part, kept, capacity, load, at, members, start, level):
    """Place units that are nowhere along shortest ways, as many as do not cross: each makes others move on."""
    nowhere = len(capacity)
    ahead = indptr[:-1].copy()  # the next pair of each unit to be tried
    asked = start[:-1].copy()  # the next member of each part to be moved on
    chain, through = np.empty(nowhere + 1, np.int64), np.empty(nowhere + 1, np.int64)
    for k in range(start[nowhere], len(members)):
        chain[0] = members[k]
        length = _way(indptr, part, kept, capacity, load, at, members, start, level, ahead, asked, chain, through)
        for i in range(length):
            at[chain[i]] = through[i]
        if length > 0:
            load[through[length - 1]] += 1


@njit(cache=True, nogil=True)
def _way(indptr, part, kept, capacity, load, at, members, start, level, ahead, asked, chain, through):
    """Units to move (`chain`, from its first on) and where to (`through`), and how many; 0 where there is no way."""
    depth = 0
    while depth >= 0:
        p, mover = _next(
            chain[depth], depth, indptr, part, kept, capacity, load, at, members, start, level, ahead, asked
        )
        if p == _UNSEEN:
            depth -= 1
            if depth >= 0:
                asked[through[depth]] += 1
            continue
        through[depth] = p
        if mover == _NOBODY:
            return depth + 1
        depth += 1
        chain[depth] = mover
    return 0


@njit(cache=True, nogil=True)
def _next(unit, depth, indptr, part, kept, capacity, load, at, members, start, level, ahead, asked):
    """The next part for a unit, and the unit that would have to leave it: _NOBODY where there is room."""
    while ahead[unit] < indptr[unit + 1]:
        p = part[ahead[unit]]
        if kept[ahead[unit]] and level[p] == depth:
            if load[p] < capacity[p]:
                return p, _NOBODY
            while asked[p] < start[p + 1]:
                if at[members[asked[p]]] == p:
                    return p, members[asked[p]]
                asked[p] += 1
        ahead[unit] += 1
    return _UNSEEN, _NOBODY
