"""Limits within limits: a partner's slots, and fewer of them in one of its territories.

The solver knows one limit a partner. A partner with limited territories becomes several: one for each of them, and one
for everywhere else, which together have more slots than the partner. Guests make up for that: units that may go to any
of its parts and have to be placed, exactly as many as there are slots too many. What they leave is the partner's own
limit, wherever it is used, so the optimum is exact.

Prices come apart the same way: guests pay the least of the parts' prices, which is what a slot of the partner is worth;
what a part costs beyond that is what a slot in its territory is worth.
"""

from dataclasses import dataclass

import numpy as np

from routing_jobs.routing.instance import Indices, Ints
from routing_jobs.routing.pairs import Flags

EVERYWHERE = -1


@dataclass(frozen=True)
class Room:
    """Free slots.

    Attributes:
        partner: int64[m], of each partner.
        area: int64[k], of each limited territory.
        owner: int32[k], the partner whose territory it is.
    """

    partner: Ints
    area: Ints
    owner: Indices

    def allows(self, partner: Indices, area: Indices) -> Flags:
        """Whether there is a slot for each pair, bool[E]; `area` is EVERYWHERE where only the partner limits."""
        free = self.partner[partner] > 0
        if len(self.area):
            free &= (area == EVERYWHERE) | (self.area[area] > 0)
        return free


def whole(capacity: Ints) -> Room:
    """Room without limited territories."""
    return Room(capacity, np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int32))


@dataclass(frozen=True)
class Parts:
    """A Room as the solver sees it: parts 0 to m-1 are the partners (everywhere else), m + a is area a.

    Attributes:
        capacity: int64[m+k].
        guests: int64[m], how many each partner has.
        owner: int32[m+k].
        is_used: bool[m+k], whether any pair goes there.
    """

    capacity: Ints
    guests: Ints
    owner: Indices
    is_used: Flags


def parts_of(room: Room, part: Indices) -> Parts:
    """The parts for pairs that go to `part` (int32[E], `part_of`)."""
    partners, areas = len(room.partner), len(room.area)
    owner = np.concatenate((np.arange(partners, dtype=np.int32), room.owner))
    is_used = np.bincount(part, minlength=partners + areas) > 0
    if not areas:
        return Parts(room.partner, np.zeros(partners, dtype=np.int64), owner, is_used)
    # A slot more than the partner has: then no part can run out before the partner does, unless its territory is limited.
    beyond = np.where(room.partner > 0, room.partner + 1, 0)
    is_owner = np.zeros(partners, dtype=bool)
    is_owner[room.owner] = True
    elsewhere = np.where(is_owner, beyond, room.partner)
    capacity = np.concatenate((elsewhere, np.minimum(room.area, beyond[room.owner])))
    capacity[np.append(is_owner, np.ones(areas, dtype=bool)) & ~is_used] = 0
    total = np.bincount(owner, weights=capacity, minlength=partners).astype(np.int64)
    guests = np.where(is_owner, np.maximum(total - room.partner, 0), 0)
    return Parts(capacity, guests, owner, is_used)


def part_of(partner: Indices, area: Indices, partners: int) -> Indices:
    """The part each pair goes to, int32[E]."""
    return np.where(area == EVERYWHERE, partner, partners + area).astype(np.int32)


def with_guests(indptr: Ints, part: Indices, parts: Parts) -> tuple[Ints, Indices, Flags]:
    """The CSR arrays with the guests as further units at the end, and which units are guests, bool[n + guests]."""
    count = int(parts.guests.sum())
    is_guest = np.zeros(len(indptr) - 1 + count, dtype=np.bool_)
    if not count:
        return indptr, part, is_guest
    is_guest[len(indptr) - 1 :] = True
    hosts = [np.flatnonzero((parts.owner == p) & (parts.capacity > 0)) for p in np.flatnonzero(parts.guests)]
    times = parts.guests[parts.guests > 0]
    rows = np.concatenate([np.tile(host, n) for host, n in zip(hosts, times, strict=True)]).astype(np.int32)
    widths = np.repeat([len(host) for host in hosts], times)
    return np.concatenate((indptr, indptr[-1] + np.cumsum(widths))), np.concatenate((part, rows)), is_guest


def apart(prices: tuple[Ints, ...], parts: Parts, room: Room) -> tuple[tuple[Ints, ...], tuple[Ints, ...]]:
    """Prices of parts as prices of partners int64[m] and, beyond those, of limited territories int64[k].

    `prices` are int64[m + k], one array for each goal, the first compared first. A partner's price is the least of its
    parts that have slots; the greatest where it has no slots; nothing where only its territories limit it.
    """
    partners = len(room.partner)
    found = [price[:partners].copy() for price in prices]
    is_split = np.zeros(partners, dtype=bool)
    is_split[room.owner] = True
    for p in np.flatnonzero(is_split):
        mine = np.flatnonzero((parts.owner == p) & parts.is_used)
        if room.partner[p] > 0:
            mine = mine[parts.capacity[mine] > 0] if parts.guests[p] else mine[:0]
        order = mine[np.lexsort([price[mine] for price in reversed(prices)])]
        chosen = order[:1] if room.partner[p] > 0 else order[-1:]
        for mine_of, price in zip(found, prices, strict=True):
            mine_of[p] = price[chosen].sum()
    beyond = [price[partners:] - mine_of[room.owner] for mine_of, price in zip(found, prices, strict=True)]
    is_less = np.zeros(len(room.area), dtype=bool)
    is_equal = ~is_less
    for price in beyond:
        is_less |= is_equal & (price < 0)
        is_equal &= price == 0
    return tuple(found), tuple(np.where(is_less, 0, price) for price in beyond)
