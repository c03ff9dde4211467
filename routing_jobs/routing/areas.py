"""Limits within limits: a partner's slots, and fewer of them in one of its territories.

The solver knows one limit a partner. A partner with limited territories becomes several: one for each of them, and one
for everywhere else, which together have more slots than the partner. Guests make up for that: units that may go to any
of its parts, worth so much that all of them are placed, exactly as many as there are slots too many. What they leave is
the partner's own limit, wherever it is used, so the optimum is exact.

Prices come apart the same way: guests pay the least of the parts' prices, which is what a slot of the partner is worth;
what a part costs beyond that is what a slot in its territory is worth.
"""

from dataclasses import dataclass

import numpy as np

from routing_jobs.routing.assignment import solve
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
class Shared:
    """An optimal assignment within a Room.

    Attributes:
        chosen: bool[E].
        price: int64[m], what one more slot of the partner would add.
        area_price: int64[k], what one more slot in the territory would add, the partner having one.
        upper_bound: sum of slots * prices, of partners and of territories, plus each unit's best beyond them.
    """

    chosen: Flags
    price: Ints
    area_price: Ints
    upper_bound: int


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

    @property
    def reach(self) -> int:
        """The most parts one exchange of units can visit, and one."""
        return int(np.count_nonzero(self.capacity)) + 1


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


def share(indptr: Ints, part: Indices, score: Ints, wish: Ints, room: Room, parts: Parts, lure: int) -> Shared:
    """The assignment of greatest total score, ties by `wish`; `lure` is a guest's score, beyond what any exchange gains.

    Raises:
        ValueError: As `solve`.
    """
    partners = len(room.partner)
    count = int(parts.guests.sum())
    if not count:
        solution = solve(indptr, part, score, parts.capacity, preference=wish)
    else:
        hosts = [np.flatnonzero((parts.owner == p) & (parts.capacity > 0)) for p in np.flatnonzero(parts.guests)]
        times = parts.guests[parts.guests > 0]
        rows = np.concatenate([np.tile(host, n) for host, n in zip(hosts, times, strict=True)]).astype(np.int32)
        widths = np.repeat([len(host) for host in hosts], times)
        solution = solve(
            np.concatenate((indptr, indptr[-1] + np.cumsum(widths))),
            np.concatenate((part, rows)),
            np.concatenate((score, np.full(len(rows), lure, dtype=np.int64))),
            parts.capacity,
            preference=np.concatenate((wish, np.zeros(len(rows), dtype=np.int64))),
        )
        assert np.all(solution.assigned[len(indptr) - 1 :] >= 0), "every guest is placed"
    units = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
    price = _price_of_partners(solution.price, parts, room)
    beyond = np.maximum(solution.price[partners:] - price[room.owner], 0)
    return Shared(solution.assigned[units] == part, price, beyond, solution.upper_bound - lure * count)


def _price_of_partners(price: Ints, parts: Parts, room: Room) -> Ints:
    """The least price of a partner's parts that have slots; without slots the greatest; 0 where only territories limit."""
    partners = len(room.partner)
    found = price[:partners].copy()
    is_split = np.zeros(partners, dtype=bool)
    is_split[parts.owner[partners:]] = True
    for p in np.flatnonzero(is_split):
        mine = np.flatnonzero((parts.owner == p) & parts.is_used)
        open_parts = mine[parts.capacity[mine] > 0]  # guests have somewhere to go, so there are some
        if room.partner[p] == 0:
            found[p] = price[mine].max(initial=0)
        else:
            found[p] = price[open_parts].min() if parts.guests[p] else 0
    return found
