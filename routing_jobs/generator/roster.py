"""The partners of a program: who they are, what they cover and know, how well they follow up.

`staged` adds the few partners whose faults the planted exceptions need. Everything here is small: plain objects.
"""

from bisect import bisect
from dataclasses import dataclass, field

import numpy as np

from routing_jobs.generator.draws import Integers, lognormal
from routing_jobs.generator.geography import COUNTRIES, PLACES, Country
from routing_jobs.generator.plan import RECENT_SHARE, Plan
from routing_jobs.generator.vocabulary import (
    INDUSTRIES,
    LINES,
    PARTNER_TRADES,
    PARTNER_TYPES,
    PARTNER_WORDS,
    PRODUCTS,
    PRODUCTS_PER_LINE,
    SEGMENTS,
    TIERS,
)

_TIER_BOUNDS = (50, 75, 95)  # quality and some luck: where silver, gold and platinum begin
ROUTED_SHARE = 0.5  # of recent leads, about how many look for a partner
_MANAGERS = {
    "Europe/Berlin": "cm-dach",
    "Europe/Vienna": "cm-dach",
    "Europe/Zurich": "cm-dach",
    "America/New_York": "cm-americas",
}


@dataclass(frozen=True)
class Territory:
    """What a partner covers; blanks are wider."""

    country: str
    region: str = ""
    postal_prefix: str = ""
    product: str = ""
    is_exclusive: bool = False
    capacity: int | None = None


@dataclass(frozen=True)
class Contact:
    """One person or mailbox at a partner."""

    contact_id: str
    email: str
    full_name: str
    role: str
    has_bounced: bool = False
    is_active: bool = True


@dataclass(frozen=True)
class Partner:
    """One partner with all that hangs on it; days count from 1970, None is a blank."""

    partner_id: str
    name: str
    kind: str
    country: str
    quality: int  # 0-100: how reliably it follows up
    skill: int  # 0-100: how well it closes
    tier: str
    territories: tuple[Territory, ...]
    certified: tuple[str, ...]
    expired: tuple[str, ...] = ()  # certifications that have run out
    verticals: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    contacts: tuple[Contact, ...] = ()
    parent: str = ""
    status: str = "active"
    capacity: int | None = None
    batch_limit: int | None = None
    daily_limit: int | None = None
    monthly_limit: int | None = None
    commitment_hours: int | None = None
    calendar: str = ""
    joined_day: int = 0
    paused_until_day: int | None = None
    has_history: bool = True

    @property
    def home(self) -> Country:
        """The country it sits in."""
        return next(country for country in COUNTRIES if country.code == self.country)

    @property
    def manager(self) -> str:
        """The desk of the channel manager."""
        return _MANAGERS.get(self.home.zone, "cm-emea" if self.home.zone.startswith("Europe") else "cm-world")

    @property
    def domain(self) -> str:
        """Where its mailboxes live."""
        return f"{self.name.split()[0].lower()}-{self.partner_id[2:].lower()}.example"


@dataclass(frozen=True)
class Roster:
    """All partners; a partner is named by its position here."""

    partners: tuple[Partner, ...]
    quality: Integers = field(init=False)
    skill: Integers = field(init=False)
    cell_start: Integers = field(init=False)  # place * lines + line -> where its partners begin in cell_partner
    cell_partner: Integers = field(init=False)

    def __post_init__(self) -> None:
        """Look up tables for whole chunks of leads."""
        cells = [covering(self.partners, place, line) for place in range(len(PLACES)) for line in range(len(LINES))]
        object.__setattr__(self, "quality", np.array([partner.quality for partner in self.partners]))
        object.__setattr__(self, "skill", np.array([partner.skill for partner in self.partners]))
        object.__setattr__(self, "cell_start", np.cumsum([0, *(len(cell) for cell in cells)]))
        object.__setattr__(self, "cell_partner", np.array([p for cell in cells for p in cell] or [0], dtype=np.int64))

    def choices(self, place: Integers, line: Integers) -> tuple[Integers, Integers]:
        """For each lead where its covering partners begin in `cell_partner`, and how many there are."""
        cell = place * len(LINES) + np.maximum(line, 0)
        return self.cell_start[cell], self.cell_start[cell + 1] - self.cell_start[cell]

    def position(self, partner_id: str) -> int:
        """Where a partner stands."""
        return next(place for place, partner in enumerate(self.partners) if partner.partner_id == partner_id)


def covering(partners: tuple[Partner, ...], place: int, line: int) -> list[int]:
    """Positions of the partners with a past that cover a place and are certified for a line."""
    country, (region, _, _) = COUNTRIES[PLACES[place][0]].code, PLACES[place][1]
    codes = {LINES[line], *(product.lower() for product in PRODUCTS[PRODUCTS_PER_LINE * line :][:PRODUCTS_PER_LINE])}
    return [
        position
        for position, partner in enumerate(partners)
        if partner.has_history
        and partner.status == "active"
        and codes.intersection(partner.certified)
        and any(t.country == country and t.region in ("", region) and not t.postal_prefix for t in partner.territories)
    ]


def ordinary_partners(plan: Plan, places: int) -> list[Partner]:
    """So many partners, in the countries where demand is and in proportion to it; two at least in each."""
    countries = [country for country in COUNTRIES if not country.is_staged][: max(1, places // 2)]
    weight = sum(country.weight for country in countries)
    spare = max(0, places - 2 * len(countries))
    counts = [min(2, places) + int(spare * country.weight / weight) for country in countries]
    counts[0] += places - sum(counts)
    partners: list[Partner] = []
    for country, count in zip(countries, counts, strict=True):
        fair_load = RECENT_SHARE * ROUTED_SHARE * plan.leads * country.weight / weight / count
        first = len(partners)
        partners += [_ordinary(plan, country, rank, count, first + rank, fair_load) for rank in range(count)]
    return partners


def _ordinary(plan: Plan, country: Country, rank: int, count: int, number: int, fair_load: float) -> Partner:
    draws = plan.draws
    quality = 20 + int(draws.below("partner quality", number, 76))
    tier = TIERS[3 - bisect(_TIER_BOUNDS, quality + int(draws.below("tier luck", number, 30)))]
    # the country's first partner covers all of it and sells everything, in the largest country the second too
    is_anchor = rank == 0 or (rank == 1 and country == COUNTRIES[0])
    is_distributor = rank == 3
    is_newcomer = rank == count - 1 and rank > 3
    status, paused_until = _status(plan, number, is_anchor or (country.is_regional and rank < 5))
    name = f"{PARTNER_WORDS[number % 24]} {PARTNER_TRADES[number // 24 % 8]}" + (
        f" {number // 192 + 1}" if number >= 192 else ""
    )
    draft = Partner(
        partner_id=f"P-{number + 1:04d}",
        name=name,
        kind="distributor" if is_distributor else PARTNER_TYPES[number % 3],
        country=country.code,
        quality=quality,
        skill=20 + int(draws.below("partner skill", number, 71)),
        tier=tier,
        territories=_territories(plan, country, rank, number, is_distributor or is_anchor),
        certified=_certified(plan, number, is_anchor),
        expired=_expired(plan, number, is_anchor),
        verticals=_verticals(plan, number, is_anchor, is_distributor),
        segments=_some(plan, "segments", number, SEGMENTS, 0.35),
        languages=(
            country.language,
            *(("en",) if country.language != "en" and draws.chance("english", number, 0.6) else ()),
        ),
        parent=f"P-{number + 3 - rank + 1:04d}" if rank in (4, 5) and count > 5 else "",
        status=status,
        paused_until_day=paused_until,
        capacity=_capacity(plan, number, fair_load, is_anchor),
        batch_limit=max(1, round(fair_load)) if draws.chance("batch limit", number, 0.3) else None,
        daily_limit=max(2, round(2 * fair_load)) if draws.chance("daily limit", number, 0.15) else None,
        monthly_limit=max(4, round(6 * fair_load)) if draws.chance("monthly limit", number, 0.15) else None,
        commitment_hours=(8, 24, 24, 48, None)[int(draws.below("commitment", number, 5))],
        calendar="gulf" if country.code == "AE" else ("default", "")[int(draws.below("calendar", number, 2))],
        joined_day=plan.first_day + (plan.days - 40 if is_newcomer else -int(draws.below("joined", number, 1500))),
        has_history=not is_newcomer and not is_distributor,
    )
    return with_contacts(draft, _contact_fault(plan, number, is_anchor))


def _status(plan: Plan, number: int, must_work: bool) -> tuple[str, int | None]:
    if must_work:
        return "active", None
    drawn = int(plan.draws.below("status", number, 100))
    if drawn < 4:
        return "terminated", None
    return ("paused", plan.first_day + plan.days + 14 + drawn) if drawn < 10 else ("active", None)


def _territories(plan: Plan, country: Country, rank: int, number: int, is_wide: bool) -> tuple[Territory, ...]:
    regions = [region[0] for region in country.regions]
    if country.is_regional:
        wanted = range(len(regions)) if is_wide else range(rank, rank + 2 + rank % 2)
        return tuple(Territory(country.code, regions[position % len(regions)]) for position in wanted)
    if rank == 2 and country.code == "DE":  # one town in Bavaria is one partner's own, for one line
        return (Territory(country.code, regions[1]), Territory(country.code, regions[0], "80", "security", True, 4))
    if not is_wide and plan.draws.chance("regional partner", number, 0.45):
        return tuple(
            Territory(country.code, regions[(rank + step) % len(regions)]) for step in range(min(2, len(regions)))
        )
    return (Territory(country.code),)


def _certified(plan: Plan, number: int, is_anchor: bool) -> tuple[str, ...]:
    if is_anchor:
        return LINES
    lines = _some(plan, "certified", number, LINES, 0.62) or (LINES[number % 3],)
    single = int(plan.draws.below("single product", number, 10))
    return (*lines, PRODUCTS[single].lower()) if single < len(PRODUCTS) else lines


def _expired(plan: Plan, number: int, is_anchor: bool) -> tuple[str, ...]:
    certified = _certified(plan, number, is_anchor)
    gone = tuple(line for line in LINES if line not in certified)
    return gone if plan.draws.chance("expired", number, 0.4) else ()


def _verticals(plan: Plan, number: int, is_anchor: bool, is_distributor: bool) -> tuple[str, ...]:
    if is_distributor or plan.draws.chance("generalist", number, 0.25):
        return ()
    drawn = _some(plan, "verticals", number, INDUSTRIES, 0.3)
    return tuple(sorted({*drawn, "healthcare", "finance"})) if is_anchor or number % 3 == 0 else drawn


def _capacity(plan: Plan, number: int, fair_load: float, is_anchor: bool) -> int | None:
    drawn = int(plan.draws.below("capacity kind", number, 100))
    if drawn < 8:
        return None
    if drawn < 10 and not is_anchor:
        return 0
    # 1.5 for the offers still open; the table is drawn in hundredths for the sake of small partners
    load = int(plan.draws.shaped("capacity", number, _HUNDREDTHS_OF_LOAD))
    return max(2, round(1.5 * fair_load * load / 100))


def _contact_fault(plan: Plan, number: int, is_anchor: bool) -> str:
    drawn = int(plan.draws.below("contact fault", number, 100))
    if is_anchor or drawn >= 9:
        return ""
    return ("bounced", "inactive", "none")[drawn % 3]


def with_contacts(partner: Partner, fault: str = "") -> Partner:
    """The partner with its contacts; `fault` leaves it none that a lead could be sent to."""
    desk = Contact(
        "c1",
        f"leads@{partner.domain}",
        f"{partner.name} lead desk",
        "lead_recipient",
        has_bounced=fault == "bounced",
        is_active=fault != "inactive",
    )
    manager = Contact("c2", f"manager@{partner.domain}", f"{partner.name} channel desk", "manager")
    contacts = (manager,) if fault == "none" else (desk, manager)
    return Partner(**{**partner.__dict__, "contacts": contacts})


def _some(plan: Plan, name: str, number: int, pool: tuple[str, ...], probability: float) -> tuple[str, ...]:
    kept = plan.draws.chance(name, number * len(pool) + np.arange(len(pool)), probability)
    return tuple(entry for entry, is_kept in zip(pool, kept.tolist(), strict=True) if is_kept)


_HUNDREDTHS_OF_LOAD = lognormal(115, 0.45, low=40, high=300)
