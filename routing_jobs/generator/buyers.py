"""Who the buyers are: every trait of a person or company is a function of its number, so nothing is stored.

A person is a name at a company; two leads with the same name at the same company are the same buyer.
"""

import numpy as np

from routing_jobs.generator.draws import Integers, lognormal, spread
from routing_jobs.generator.geography import COUNTRIES, PLACES
from routing_jobs.generator.plan import Plan
from routing_jobs.generator.text import Mask
from routing_jobs.generator.vocabulary import (
    FIRST_NAMES,
    INDUSTRY_WEIGHTS,
    LAST_NAMES,
    LEGAL_FORMS,
    SYLLABLES,
    TRADES,
)

REPEAT_CHANCE = 0.11
_STEMS = len(SYLLABLES) ** 3 * len(TRADES)
_EMPLOYEES = lognormal(120, 1.4, low=2, high=60_000)
_PLACE_WEIGHTS = [COUNTRIES[position].weight / len(COUNTRIES[position].regions) for position, _ in PLACES]
_LEGAL = tuple(form for country in COUNTRIES for form in LEGAL_FORMS[country.code])
_LEGAL_START = np.cumsum([0, *(len(LEGAL_FORMS[country.code]) for country in COUNTRIES)])
LEGAL_FORM_POOL = _LEGAL
COUNTRY_OF_PLACE = np.array([position for position, _ in PLACES])


def root_of(plan: Plan, index: Integers) -> Integers:
    """The lead with which this lead's buyer first came; itself unless the buyer has come back."""
    draws = plan.draws
    back = index - 1 - draws.below("repeat back", index, np.minimum(np.maximum(index, 1), plan.repeat_window))
    is_repeat = _may_repeat(plan, index) & (back >= 0) & ~_may_repeat(plan, back)
    return np.where(is_repeat, back, index)


def has_come_back(plan: Plan, index: Integers) -> Mask:
    """Whether the buyer of each lead sends another one later; `index` is a run of numbers without gaps."""
    later = np.arange(index[0] + 1, min(index[-1] + plan.repeat_window + 1, plan.leads))
    roots = root_of(plan, later)
    return np.isin(index, roots[roots != later])


def _may_repeat(plan: Plan, index: Integers) -> Mask:
    return plan.draws.chance("repeat", index, REPEAT_CHANCE) & (index < plan.leads)


def company_of(plan: Plan, root: Integers) -> Integers:
    """The company of a buyer: a few companies send many leads, most send one or two."""
    fraction = plan.draws.uniform("company", root)
    skewed = np.where(plan.draws.chance("company is large", root, 0.15), fraction * fraction, fraction)
    return (skewed * plan.companies).astype(np.int64)


def is_competitor(plan: Plan, root: Integers) -> Mask:
    """Whether the buyer works for a competitor, whatever company they would otherwise be from."""
    return plan.draws.chance("competitor", root, 0.007)


def names_of(plan: Plan, root: Integers) -> tuple[Integers, Integers]:
    """First and last name of a buyer, as positions in the pools."""
    draws = plan.draws
    return draws.below("first name", root, len(FIRST_NAMES)), draws.below("last name", root, len(LAST_NAMES))


def place_of(plan: Plan, company: Integers) -> Integers:
    """Where a company is."""
    return plan.draws.pick("place", company, _PLACE_WEIGHTS)


def industry_of(plan: Plan, company: Integers) -> Integers:
    """What a company does, as a position in INDUSTRIES."""
    return plan.draws.pick("industry", company, INDUSTRY_WEIGHTS)


def employees_of(plan: Plan, company: Integers) -> Integers:
    """How many people work there."""
    return plan.draws.shaped("employees", company, _EMPLOYEES)


def legal_form_of(plan: Plan, company: Integers, place: Integers) -> Integers:
    """The legal form, usual in the country, as a position in LEGAL_FORM_POOL."""
    country = COUNTRY_OF_PLACE[place]
    start: Integers = _LEGAL_START[country]
    return start + plan.draws.below("legal form", company, _LEGAL_START[country + 1] - start)


def stem_of(company: Integers) -> tuple[Integers, Integers, Integers, Integers]:
    """Three syllables and a trade that name a company, different for each of the first 1.6 million companies."""
    rest = spread(company, _STEMS)
    rest, trade = np.divmod(rest, len(TRADES))
    rest, third = np.divmod(rest, len(SYLLABLES))
    first, second = np.divmod(rest, len(SYLLABLES))
    return first, second, third, trade
