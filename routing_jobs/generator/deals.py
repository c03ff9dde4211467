"""Opportunities out of worked leads and registrations, and the accounts promised to partners."""

import numpy as np
import pyarrow as pa

from routing_jobs.generator.draws import Integers
from routing_jobs.generator.geography import COUNTRIES
from routing_jobs.generator.history import LOST, WON, Offers
from routing_jobs.generator.mess import Flaw
from routing_jobs.generator.plan import Plan
from routing_jobs.generator.registrations import SERIES, SOURCED, registration_id
from routing_jobs.generator.roster import Roster
from routing_jobs.generator.text import chosen, constant, instants, joined, money, number, shown, taken
from routing_jobs.generator.vocabulary import LINES, LOST_REASONS
from routing_jobs.generator.wording import Wording

STAGES = ("Prospecting", "Negotiation", "Closed Won", "Closed Lost")
OPPORTUNITY_FLAWS = (
    Flaw("INVALID_NUMBER", "Amount", "12 k"),
    Flaw("MISSING_REQUIRED", "Created", ""),
    Flaw("UNMAPPED_VALUE", "Stage", "Closed Wno"),
    Flaw("RAGGED_ROW", cut=1),
)
Columns = dict[str, pa.Array]


def opportunity_columns(
    plan: Plan, words: Wording, offers: Offers, key: Integers, series: Integers, partner_ids: tuple[str, ...]
) -> Columns:
    """One opportunity for each offer given; `series` is that of its registration, -1 without one.

    It is named by its lead, its registration or its account; only by the registration where no lead exists.
    """
    draws, leads = plan.draws, words.leads
    lead, row = offers.lead, pa.array(offers.lead)
    way = draws.below("opportunity names", key, 20)
    by_account = (way == 0) & leads.has_company[lead] & (series < 0)
    by_registration = (series == SOURCED) | (series >= 0) & (way >= 12)
    by_lead = ~by_account & ~by_registration
    stage = np.where(offers.outcome == WON, 2, np.where(offers.outcome == LOST, 3, draws.below("stage", key, 2)))
    amount = leads.deal[lead] * (80 + draws.below("amount", key, 50)) // 100
    lost_reason = np.where(stage == 3, draws.below("lost reason", key, len(LOST_REASONS)), -1)
    return {
        "Opportunity": joined("006", taken(SERIES, series), number(key, 10)),
        "Created": instants(offers.opportunity),
        "Lead System": shown(by_lead, words.system.take(row)),
        "Lead Id": shown(by_lead, words.record_id.take(row)),
        "Registration": shown(by_registration, registration_id(key, series)),
        "Account": chosen(by_account, words.company_name.take(row), ""),
        "Partner": taken(partner_ids, offers.partner),
        "Stage": taken(STAGES, stage),
        "Amount": money(amount),
        "Currency": taken([country.currency for country in COUNTRIES], leads.country[lead]),
        "Closed": instants(offers.closed),
        "Lost reason": taken(LOST_REASONS, lost_reason),
    }


def named_account_columns(
    plan: Plan, roster: Roster, words: Wording, partner_ids: tuple[str, ...], seen: set[int]
) -> Columns:
    """Accounts promised to a partner or kept by the vendor's own team; `seen` holds companies already named."""
    leads = words.leads
    begin, count = roster.choices(leads.place, leads.line)
    wanted = np.flatnonzero(plan.draws.chance("named account", leads.company, 0.015) & (count > 0))
    company, where = np.unique(leads.company[wanted], return_index=True)
    at = wanted[where[~np.isin(company, list(seen))]]
    seen.update(company.tolist())
    is_direct = plan.draws.chance("direct", leads.company[at], 0.25)
    partner = roster.cell_partner[
        begin[at] + plan.draws.below("account partner", leads.company[at], np.maximum(count[at], 1))
    ]
    line = np.where(plan.draws.chance("one line", leads.company[at], 0.4), leads.line[at], -1)
    take = pa.array(at)
    return {
        "Account": words.company_name.take(take),
        "Website": words.domain.take(take),
        "Partner": chosen(is_direct, "direct", taken(partner_ids, partner)),
        "Product line": taken(LINES, line),
        "From": constant("", len(at)),
        "To": constant("", len(at)),
    }
