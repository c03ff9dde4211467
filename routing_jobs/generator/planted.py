"""Cases planted among the newest leads: each must end in one known exception code or stage.

A case is a complete, consenting, well-scored lead with exactly one thing wrong, in the history, roster and
registrations that make it wrong. `truth/leads.csv` names the expectation.
"""

from dataclasses import dataclass, field

import numpy as np

from routing_jobs.generator import staged
from routing_jobs.generator.campaigns import Campaigns
from routing_jobs.generator.draws import Integers
from routing_jobs.generator.geography import places_of
from routing_jobs.generator.history import ACCEPTED, DECLINED, EXPIRED, OPEN, RECALLED, UNDECIDED, Offers
from routing_jobs.generator.leads import BUSINESS, FREE_MAIL, NO_EXPRESS, WEB, YES, Leads, leads_at
from routing_jobs.generator.plan import Plan
from routing_jobs.generator.registrations import APPROVED, NEW, Registrations
from routing_jobs.generator.roster import Roster
from routing_jobs.generator.text import DAY, NEVER
from routing_jobs.generator.vocabulary import INDUSTRIES, PRODUCTS, PRODUCTS_PER_LINE

ROUTER, FIREWALL, MESH_KIT = (PRODUCTS.index(name) for name in ("Edge Router", "Firewall", "Mesh Kit"))
MANUFACTURING, HEALTHCARE = INDUSTRIES.index("manufacturing"), INDUSTRIES.index("healthcare")
HOUR = 3600


@dataclass
class Planted:
    """The cases as rows to be written like any others; lists while they are being gathered."""

    plan: Plan
    roster: Roster
    traits: list[dict[str, int | bool]] = field(default_factory=list)
    exceptions: list[str] = field(default_factory=list)
    stages: list[str] = field(default_factory=list)
    offer_rows: list[dict[str, int]] = field(default_factory=list)
    registration_rows: list[tuple[int, int, int]] = field(default_factory=list)  # lead, partner, when submitted
    account_rows: list[tuple[int, str]] = field(default_factory=list)  # lead, partner or direct

    def lead(
        self, exception: str = "", stage: str = "", place: int | None = None, days_ago: float = 2, **traits: int | bool
    ) -> int:
        """Add a lead; its row."""
        row = len(self.traits)
        captured = self.plan.end - int(days_ago * DAY) - 600 * (row % 40) - HOUR
        self.traits.append({"place": places_of("DE")[2] if place is None else place, "captured": captured, **traits})
        self.exceptions.append(exception)
        self.stages.append(stage)
        return row

    def offer(self, lead: int, partner: int, days_ago: float, response: int, hop: int = 1, **told: int) -> None:
        """Add an offer of a lead, made so many days ago."""
        never = {
            "responded": NEVER,
            "followed_up": NEVER,
            "qualified": NEVER,
            "opportunity": NEVER,
            "closed": NEVER,
            "reason": -1,
        }
        assigned = self.plan.end - int(days_ago * DAY)
        outcome = OPEN if response == ACCEPTED else UNDECIDED
        self.offer_rows.append(
            never
            | {
                "lead": lead,
                "partner": partner,
                "hop": hop,
                "assigned": assigned,
                "response": response,
                "outcome": outcome,
                **told,
            }
        )

    def ago(self, days: float) -> int:
        """An instant so many days before the end."""
        return self.plan.end - int(days * DAY)

    def partners_of(self, place: int, product: int) -> list[int]:
        """Positions of partners that cover a place and may sell a product."""
        begin, count = self.roster.choices(np.array([place]), np.array([product // PRODUCTS_PER_LINE]))
        return [int(partner) for partner in self.roster.cell_partner[begin[0] : begin[0] + count[0]]]

    def leads(self, campaigns: Campaigns) -> Leads:
        """All planted leads: spare numbers behind the program's own, at companies nobody else is from."""
        index = np.arange(self.plan.leads, self.plan.leads + len(self.traits), dtype=np.int64)
        base = leads_at(self.plan, campaigns, index).with_columns(
            feed=WEB,
            root=index,
            company=self.plan.companies + index,
            industry=MANUFACTURING,
            employees=600,
            product=ROUTER,
            email=BUSINESS,
            consent=YES,
            express=NO_EXPRESS,
            partner=-1,
            has_phone=True,
            has_company=True,
            has_country=True,
            has_region=True,
            is_student=False,
        )
        web_campaign = campaigns.chosen(index, base.feed, base.captured)
        columns = {name: getattr(base, name).copy() for name in {name for traits in self.traits for name in traits}}
        for row, traits in enumerate(self.traits):
            for name, value in traits.items():
                columns[name][row] = value
        return base.with_columns(campaign=web_campaign, **columns)

    def offers(self) -> Offers:
        """All planted offers."""
        return Offers(
            **{name: self._column([row[name] for row in self.offer_rows]) for name in Offers.__dataclass_fields__}
        )

    def registrations(self) -> Registrations:
        """All planted registrations, approved and live."""
        lead, partner, submitted = (self._column(column) for column in zip(*self.registration_rows, strict=True))
        size = len(lead)
        key = self.plan.leads * 4 + np.arange(size)
        return Registrations(
            series=np.full(size, NEW),
            key=key,
            lead=lead,
            partner=partner,
            submitted=submitted,
            decided=submitted + 6 * HOUR,
            status=np.full(size, APPROVED),
        )

    @staticmethod
    def _column(values: object) -> Integers:
        return np.array(values, dtype=np.int64)


def make_planted(plan: Plan, roster: Roster) -> Planted:
    """Every case, a few times over in large programs."""
    cases = Planted(plan, roster)
    for _ in range(min(20, 2 + plan.leads // 20_000)):
        _nowhere_to_go(cases)
        _partners_unfit(cases)
        _claims(cases)
        _unfinished(cases)
    _full_partner(cases)
    return cases


def _nowhere_to_go(cases: Planted) -> None:
    cases.lead("NO_COUNTRY", has_country=False, has_region=False, has_phone=False)
    cases.lead("NEEDS_REGION", place=places_of("US")[0], has_region=False)
    cases.lead("NO_TERRITORY_MATCH", place=places_of("BR")[0])
    cases.lead("NO_VERTICAL_MATCH", place=places_of("NO")[0], industry=HEALTHCARE)
    cases.lead("NO_CERTIFIED_PARTNER", place=places_of("PL")[0], product=MESH_KIT)


def _partners_unfit(cases: Planted) -> None:
    cases.lead("ALL_AT_LIMIT", place=places_of("IE")[0])
    cases.lead("ALL_PAUSED", place=places_of("PT")[0])
    cases.lead("NO_VALID_CONTACT", place=places_of("FI")[0])
    cases.lead("EXCLUSIVE_UNAVAILABLE", place=places_of("AT")[0])
    declined = cases.lead("ALL_DECLINED", place=places_of("DK")[0], days_ago=9)
    decliner = cases.roster.position(staged.DECLINER)
    cases.offer(declined, decliner, 7, DECLINED, responded=cases.ago(6), reason=0)


def _claims(cases: Planted) -> None:
    place = places_of("DE")[2]
    first, second = cases.partners_of(place, FIREWALL)[:2]
    contested = _registered_before(cases, "REGISTRATION_CONFLICT", first)
    cases.registration_rows.append((contested, second, cases.ago(40)))
    claimed = _registered_before(cases, "PRECEDENCE_CONFLICT", first)
    cases.account_rows.append((claimed, cases.roster.partners[second].partner_id))
    kept = cases.lead(stage="direct", product=FIREWALL)
    cases.account_rows.append((kept, "direct"))


def _registered_before(cases: Planted, exception: str, partner: int) -> int:
    """A lead of a company where the partner holds a live registration, on a colleague's lead of the same line."""
    company = cases.plan.companies + cases.plan.leads + len(cases.traits)
    colleague = cases.lead(days_ago=60, product=FIREWALL, company=company)
    cases.registration_rows.append((colleague, partner, cases.ago(57)))
    return cases.lead(exception, days_ago=3, product=FIREWALL, company=company)


def _unfinished(cases: Planted) -> None:
    place = places_of("DE")[2]
    choice = cases.partners_of(place, ROUTER)
    stalled = cases.lead("STALLED_NO_UPDATE", days_ago=70)
    cases.offer(stalled, choice[0], 69, ACCEPTED, responded=cases.ago(68), followed_up=cases.ago(66))
    contested = cases.lead("CONTESTED_AFTER_RECALL", days_ago=20)
    cases.offer(contested, choice[1], 18, RECALLED, responded=cases.ago(8), followed_up=cases.ago(5))
    exhausted = cases.lead(stage="exhausted", days_ago=40)
    for hop in (1, 2, 3):
        cases.offer(exhausted, choice[hop % len(choice)], 40 - 6 * hop, EXPIRED, hop=hop)
    _ambiguous(cases, choice)


def _ambiguous(cases: Planted, choice: list[int]) -> None:
    """Two open offers to different partners, and a newcomer with the address of one lead and the phone of the other."""
    base = cases.plan.leads + len(cases.traits)
    first, last = base % 7, base % 11
    by_email = cases.lead(days_ago=12, has_phone=False, first=first, last=last)
    by_phone = cases.lead(days_ago=11, email=FREE_MAIL, has_company=False, first=first, last=last)
    cases.offer(by_email, choice[0], 10, ACCEPTED, responded=cases.ago(9), followed_up=cases.ago(8))
    cases.offer(by_phone, choice[1], 9, ACCEPTED, responded=cases.ago(8), followed_up=cases.ago(7))
    company = cases.plan.companies + base
    cases.lead("AMBIGUOUS_IDENTITY", days_ago=1, root=base + 1, company=company, first=first, last=last)


def _full_partner(cases: Planted) -> None:
    """The one slot of Ireland's partner is taken."""
    taken = cases.lead(place=places_of("IE")[0], days_ago=14)
    cases.offer(
        taken, cases.roster.position(staged.FULL), 12, ACCEPTED, responded=cases.ago(11), followed_up=cases.ago(10)
    )
