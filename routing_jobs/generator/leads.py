"""The leads of a program in chunks of numbers: who, from where, through which feed, how complete.

What a chunk holds are codes and instants; `wording` turns them into the text each feed writes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from routing_jobs.generator import buyers
from routing_jobs.generator.campaigns import Campaigns
from routing_jobs.generator.draws import Integers, lognormal
from routing_jobs.generator.geography import COUNTRIES
from routing_jobs.generator.plan import Plan
from routing_jobs.generator.text import Mask
from routing_jobs.generator.vocabulary import INDUSTRY_VALUE, PRODUCTS, PRODUCTS_PER_LINE, SIZE_BOUNDS

CHUNK = 50_000
FEEDS = ("web_leads", "event_leads", "portal_leads", "crm_leads", "campaign_leads")
SYSTEMS = ("web_leads", "event_leads", "portal_leads", "crm", "campaign_leads")  # source_system of each feed
WEB, EVENT, PORTAL, CRM, CAMPAIGN = range(len(FEEDS))
FEED_WEIGHTS = (34, 16, 14, 18, 18)
BUSINESS, FREE_MAIL, PLACEHOLDER, NO_EMAIL, COMPETITOR = range(5)
YES, NO, UNSAID = 1, 0, -1
NO_EXPRESS, DEMO, QUOTE = -1, 0, 1
# yes, no, unsaid
_CONSENT = ((88, 5, 7), (80, 8, 12), (94, 3, 3), (38, 5, 57), (85, 5, 10))
_DEAL = lognormal(650_000, 0.8, low=40_000, high=30_000_000)  # minor units
_CRM_QUALITY, _PORTAL_QUALITY = 55, 75
_CHANNEL_POINTS = np.array((20, 20, 8, 10, 15))  # by feed
_TARGET_INDUSTRIES = 4  # the first of INDUSTRIES
_UNIT_RATE = np.array(
    [
        {"SEK": 10, "INR": 80, "ZAR": 18, "PLN": 4, "NOK": 11, "DKK": 7, "AED": 4, "BRL": 6}.get(c.currency, 1)
        for c in COUNTRIES
    ]
)

_VALUE = np.array(INDUSTRY_VALUE)


@dataclass(frozen=True)
class Leads:
    """Columns of one chunk, all of one length; instants in seconds since 1970, money in hundredths."""

    index: Integers  # number of the lead in the program
    captured: Integers
    feed: Integers
    campaign: Integers  # -1: none
    root: Integers  # the lead with which the buyer first came
    company: Integers
    first: Integers
    last: Integers
    place: Integers
    industry: Integers
    employees: Integers
    product: Integers  # -1: none named
    quality: Integers  # 0-100: how good the leads of this campaign are
    email: Integers  # BUSINESS, FREE_MAIL, ...
    consent: Integers  # YES, NO, UNSAID
    express: Integers
    value: Integers  # -1: none given
    deal: Integers  # what an order would be worth
    partner: Integers  # originating partner, -1: none
    has_phone: Mask
    has_company: Mask
    has_country: Mask
    has_region: Mask
    is_student: Mask

    def __len__(self) -> int:
        return len(self.index)

    @property
    def country(self) -> Integers:
        """Position in COUNTRIES."""
        return buyers.COUNTRY_OF_PLACE[self.place]

    @property
    def line(self) -> Integers:
        """Product line of the product named, -1 without one."""
        return np.where(self.product < 0, -1, self.product // PRODUCTS_PER_LINE)

    @property
    def person(self) -> Integers:
        """The buyer: a name at a company."""
        return (self.company * 1000 + self.first) * 1000 + self.last

    @property
    def points(self) -> Integers:
        """About what the rulebook's score gives before any touch: enough to tell promising leads from poor ones."""
        points = 10 * self.has_company + 15 * (self.email == BUSINESS) + 10 * self.has_phone + 10 * (self.product >= 0)
        size = np.array((0, 10, 15, 15))[np.searchsorted(np.array(SIZE_BOUNDS), self.employees, side="right")]
        total: Integers = points + size + 10 * (self.industry < _TARGET_INDUSTRIES) + _CHANNEL_POINTS[self.feed]
        return total

    def take(self, rows: Integers | Mask) -> "Leads":
        """Some of the rows, in the order given."""
        return Leads(**{column.name: getattr(self, column.name)[rows] for column in fields(self)})

    def with_columns(self, **columns: Any) -> "Leads":
        """The same rows with columns replaced; a single value stands for every row."""
        size = len(self)
        return replace(
            self,
            **{
                name: np.broadcast_to(np.asarray(value, dtype=getattr(self, name).dtype), size).copy()
                for name, value in columns.items()
            },
        )


def chunks(plan: Plan, campaigns: Campaigns) -> Iterator[Leads]:
    """All leads in order of index."""
    for begin in range(0, plan.leads, CHUNK):
        yield leads_at(plan, campaigns, np.arange(begin, min(begin + CHUNK, plan.leads), dtype=np.int64))


def leads_at(plan: Plan, campaigns: Campaigns, index: Integers) -> Leads:
    """The leads with these numbers; numbers from plan.leads on are spare ones nobody else uses."""
    draws = plan.draws
    captured = plan.captured(np.minimum(index, plan.leads - 1))
    feed = draws.pick("feed", index, FEED_WEIGHTS)
    campaign = campaigns.chosen(index, feed, captured)
    root = buyers.root_of(plan, index)
    company = buyers.company_of(plan, root)
    first, last = buyers.names_of(plan, root)
    quality = np.where(
        campaign < 0, np.where(feed == PORTAL, _PORTAL_QUALITY, _CRM_QUALITY), campaigns.quality[campaign]
    )
    industry = buyers.industry_of(plan, company)
    place = buyers.place_of(plan, company)
    employees = buyers.employees_of(plan, company)
    deal = _deal(plan, index, industry, employees, place)
    # somebody has looked up most of what older leads left out
    is_tended = (captured < plan.recent_from) & draws.chance("tended", index, 0.9)
    return Leads(
        index=index,
        captured=captured,
        feed=feed,
        campaign=campaign,
        root=root,
        company=company,
        first=first,
        last=last,
        place=place,
        industry=industry,
        employees=employees,
        quality=quality,
        deal=deal,
        product=np.where(
            draws.chance("product named", root, 0.68 + 0.0027 * quality),
            draws.below("product", root, len(PRODUCTS)),
            -1,
        ),
        email=_email_kinds(plan, index, root, quality),
        consent=_consent(plan, index, feed),
        express=np.where(
            (feed == WEB) & draws.chance("express", index, 0.06), draws.below("express kind", index, 2), NO_EXPRESS
        ),
        value=np.where(draws.chance("value given", index, 0.35), deal // 10000 * 10000, -1),
        partner=np.full(len(index), -1, dtype=np.int64),
        has_phone=draws.chance("phone", index, 0.55 + 0.0035 * quality),
        has_company=draws.chance("company shown", index, 0.78 + 0.002 * quality),
        has_country=is_tended | draws.chance("country shown", index, 0.975),
        has_region=is_tended | draws.chance("region shown", index, 0.88),
        is_student=(feed == WEB) & draws.chance("student", index, 0.015),
    )


def _email_kinds(plan: Plan, index: Integers, root: Integers, quality: Integers) -> Integers:
    """Buyers mostly use one address; poor campaigns bring free mail, placeholders and blanks."""
    draws = plan.draws
    kind = np.where(draws.chance("free mail", root, 0.34 - 0.0026 * quality), FREE_MAIL, BUSINESS)
    kind = np.where(buyers.is_competitor(plan, root), COMPETITOR, kind)
    kind = np.where(draws.chance("no email", index, 0.10 - 0.0007 * quality), NO_EMAIL, kind)
    return np.where(draws.chance("placeholder", index, 0.02), PLACEHOLDER, kind)


def _consent(plan: Plan, index: Integers, feed: Integers) -> Integers:
    thresholds = np.cumsum(np.array(_CONSENT), axis=1)[feed]
    drawn = plan.draws.below("consent", index, 100)
    return np.where(drawn < thresholds[:, 0], YES, np.where(drawn < thresholds[:, 1], NO, UNSAID))


def _deal(plan: Plan, index: Integers, industry: Integers, employees: Integers, place: Integers) -> Integers:
    """What an order would be worth, in the country's currency: industry and size drive it."""
    size = np.searchsorted(np.array(SIZE_BOUNDS), employees, side="right") + 1
    euro = plan.draws.shaped("deal", index, _DEAL) * _VALUE[industry] // 100 * size // 2
    deal: Integers = euro * _UNIT_RATE[buyers.COUNTRY_OF_PLACE[place]]
    return deal
