"""Deal registrations: of worked leads, by rivals, on leads nobody has routed yet, and of deals partners bring."""

from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa

from routing_jobs.generator import buyers
from routing_jobs.generator.draws import Integers, lognormal
from routing_jobs.generator.geography import COUNTRIES
from routing_jobs.generator.history import LOST, OPEN, WON, Offers
from routing_jobs.generator.leads import YES, Leads
from routing_jobs.generator.mess import Flaw
from routing_jobs.generator.plan import Plan
from routing_jobs.generator.roster import Roster
from routing_jobs.generator.text import DAY, NEVER, Mask, instants, joined, money, number, shown, taken
from routing_jobs.generator.vocabulary import PRODUCTS
from routing_jobs.generator.wording import Wording

STATUSES = ("submitted", "approved", "rejected", "expired", "won", "lost")
SUBMITTED, APPROVED, REJECTED, PAST, REGISTERED_WON, REGISTERED_LOST = range(len(STATUSES))
SERIES = ("", "R", "S", "N")  # of an offer, a rival's, partner-sourced, on a new lead
OF_OFFER, RIVAL, SOURCED, NEW = range(len(SERIES))
PROTECTION = 90 * DAY
PARTNER_SOURCED_SHARE = 0.03
_DECISION = lognormal(30 * 3600, 0.5)
FLAWS = (
    Flaw("NOT_ALLOWED", "Status", "pending legal"),
    Flaw("INVALID_INSTANT", "Submitted", "soon"),
    Flaw("MISSING_REQUIRED", "Partner", ""),
)


@dataclass(frozen=True)
class Registrations:
    """One row a registration; `lead` is a row of the leads beside it, named in the file only by those of offers."""

    series: Integers  # position in SERIES: keeps the ids of different kinds apart
    key: Integers
    lead: Integers
    partner: Integers
    submitted: Integers
    decided: Integers
    status: Integers

    def __len__(self) -> int:
        return len(self.key)

    def followed_by(self, other: "Registrations") -> "Registrations":
        """The rows of both."""
        return Registrations(
            **{
                column.name: np.concatenate([getattr(self, column.name), getattr(other, column.name)])
                for column in fields(self)
            }
        )

    def opportunities(self, plan: Plan) -> Offers:
        """The opportunities that came of registrations without a lead, in the shape of offers."""
        rows = np.flatnonzero(
            np.isin(self.status, (APPROVED, PAST, REGISTERED_WON, REGISTERED_LOST)) & (self.decided != NEVER)
        )
        created = self.decided[rows] + 2 * DAY
        rows, created = rows[created < plan.end], created[created < plan.end]
        outcome = np.where(
            self.status[rows] == REGISTERED_WON, WON, np.where(self.status[rows] == REGISTERED_LOST, LOST, OPEN)
        )
        closed = np.where(outcome == OPEN, NEVER, np.minimum(created + 70 * DAY, plan.end - DAY))
        never = np.full(len(rows), NEVER)
        return Offers(
            lead=self.lead[rows],
            partner=self.partner[rows],
            hop=np.full(len(rows), 1),
            assigned=self.submitted[rows],
            responded=never,
            response=never,
            reason=never,
            followed_up=never,
            qualified=never,
            opportunity=created,
            closed=closed,
            outcome=outcome,
        )


def registration_id(key: Integers, series: Integers) -> pa.Array:
    """The ids of registrations."""
    return joined("REG-", taken(SERIES, series), number(key, 10))


def is_registered(plan: Plan, offers: Offers, key: Integers) -> Mask:
    """Whether the partner registered the deal before it became an opportunity."""
    exists: Mask = offers.opportunity != NEVER
    return exists & plan.draws.chance("registered", key, 0.35)


def registrations_of_offers(plan: Plan, roster: Roster, leads: Leads, offers: Offers, key: Integers) -> "Registrations":
    """Registrations of deals that came of offers, and some rivals who registered the same deal."""
    draws = plan.draws
    submitted = offers.opportunity - DAY // 2 - draws.below("registered before", key, 2 * DAY)
    status = np.where(
        offers.outcome == WON, REGISTERED_WON, np.where(offers.outcome == LOST, REGISTERED_LOST, APPROVED)
    )
    decided = submitted + draws.shaped("decision", key, _DECISION)
    status = np.where((status == APPROVED) & (decided + PROTECTION < plan.end), PAST, status)
    is_decided = decided < plan.end
    status, decided = np.where(is_decided, status, SUBMITTED), np.where(is_decided, decided, NEVER)
    own = Registrations(
        np.full(len(key), OF_OFFER),
        key,
        offers.lead,
        offers.partner,
        submitted,
        decided,
        status,
    )
    rival = np.flatnonzero(draws.chance("rival", key, 0.12) & (offers.hop == 1))
    begin, count = roster.choices(leads.place[offers.lead[rival]], leads.line[offers.lead[rival]])
    other = roster.cell_partner[begin + draws.below("rival partner", key[rival], np.maximum(count, 1))]
    rival, other = rival[other != offers.partner[rival]], other[other != offers.partner[rival]]
    late = np.minimum(submitted[rival] + 2 * DAY, plan.end - 3600)
    rejected = np.where(late + 4 * DAY < plan.end, late + 3 * DAY, NEVER)
    rivals = Registrations(
        np.full(len(rival), RIVAL),
        key[rival],
        offers.lead[rival],
        other,
        late,
        rejected,
        np.where(rejected == NEVER, SUBMITTED, REJECTED),
    )
    return own.followed_by(rivals)


def registrations_of_recent(plan: Plan, roster: Roster, leads: Leads) -> "Registrations":
    """Registrations partners made these days on leads nobody has routed yet."""
    begin, count = roster.choices(leads.place, leads.line)
    recent = (
        (leads.captured >= plan.recent_from)
        & (leads.consent == YES)
        & leads.has_company
        & (leads.product >= 0)
        & (count > 0)
    )
    rows = np.flatnonzero(
        recent & (leads.root == leads.index) & plan.draws.chance("recent registration", leads.index, 0.02)
    )
    index = leads.index[rows]
    partner = roster.cell_partner[begin[rows] + plan.draws.below("registering partner", index, count[rows])]
    submitted = np.minimum(leads.captured[rows] + 4 * 3600, plan.end - 7200)
    decided = submitted + plan.draws.shaped("decision", index, _DECISION)
    is_decided = decided < plan.end
    return Registrations(
        np.full(len(rows), NEW),
        index,
        rows,
        partner,
        submitted,
        np.where(is_decided, decided, NEVER),
        np.where(is_decided, APPROVED, SUBMITTED),
    )


def partner_sourced_rows(plan: Plan, leads: Leads) -> Integers:
    """Leads in whose place a partner also brings a deal of its own, at a company no lead comes from."""
    return np.flatnonzero(
        plan.draws.chance("partner sourced", leads.index, PARTNER_SOURCED_SHARE) & (leads.product >= 0)
    )


def partner_sourced(plan: Plan, roster: Roster, leads: Leads) -> tuple[Leads, "Registrations"]:
    """Buyers of companies of their own, and the registrations that bring them; no lead record exists."""
    rows = partner_sourced_rows(plan, leads)
    index = leads.index[rows]
    company = plan.companies + index
    place = buyers.place_of(plan, company)
    begin, count = roster.choices(place, leads.line[rows])
    rows, index, company, place, begin, count = (
        column[count > 0] for column in (rows, index, company, place, begin, count)
    )
    sourced = leads.take(rows).with_columns(
        company=company, place=place, industry=buyers.industry_of(plan, company), email=0
    )
    partner = roster.cell_partner[begin + plan.draws.below("sourcing partner", index, np.maximum(count, 1))]
    submitted = leads.captured[rows]
    decided = submitted + plan.draws.shaped("decision", index, _DECISION)
    drawn = plan.draws.below("registration fate", index, 100)
    status = np.where(
        drawn < 55, APPROVED, np.where(drawn < 75, REJECTED, np.where(drawn < 88, REGISTERED_WON, REGISTERED_LOST))
    )
    status = np.where((status == APPROVED) & (decided + PROTECTION < plan.end), PAST, status)
    old = submitted < plan.end - 120 * DAY
    status = np.where(np.isin(status, (REGISTERED_WON, REGISTERED_LOST)) & ~old, APPROVED, status)
    status = np.where(decided < plan.end, status, SUBMITTED)
    return sourced, Registrations(
        np.full(len(rows), SOURCED),
        index,
        np.arange(len(rows)),
        partner,
        submitted,
        np.where(decided < plan.end, decided, NEVER),
        status,
    )


def registration_columns(
    plan: Plan, words: Wording, rows: Registrations, partner_ids: tuple[str, ...]
) -> dict[str, pa.Array]:
    """The registrations as the partner desk keeps them."""
    leads, lead = words.leads, pa.array(rows.lead)
    amount = leads.deal[rows.lead] * (90 + plan.draws.below("registered amount", rows.key, 30)) // 100
    expires = np.where(
        np.isin(rows.status, (SUBMITTED, REJECTED)) | (rows.decided == NEVER), NEVER, rows.decided + PROTECTION
    )
    names_lead = rows.series == OF_OFFER
    return {
        "Registration": registration_id(rows.key, rows.series),
        "Partner": taken(partner_ids, rows.partner),
        "Submitted": instants(rows.submitted),
        "Company": words.company_name.take(lead),
        "Website": words.domain.take(lead),
        "E-mail": words.email_key.take(lead),
        "Product": taken(PRODUCTS, leads.product[rows.lead]),
        "Amount": money(amount),
        "Currency": taken([country.currency for country in COUNTRIES], leads.country[rows.lead]),
        "Status": taken(STATUSES, rows.status),
        "Decided": instants(rows.decided),
        "Expires": instants(expires),
        "Lead System": shown(names_lead, words.system.take(lead)),
        "Lead Id": shown(names_lead, words.record_id.take(lead)),
    }
