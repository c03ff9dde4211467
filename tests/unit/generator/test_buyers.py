"""Buyers stay apart: no two share a phone number, a company name or an address, and every number is a valid one."""

from datetime import date

import numpy as np
import phonenumbers

from routing_jobs.generator import buyers
from routing_jobs.generator.campaigns import make_campaigns
from routing_jobs.generator.geography import COUNTRIES
from routing_jobs.generator.leads import leads_at
from routing_jobs.generator.plan import Plan
from routing_jobs.generator.wording import Wording, phone_parts

PLAN = Plan(leads=20_000, partners=60, days=365, seed=11, start=date(2025, 3, 3), touches_per_lead=1)


def test_phone_numbers_are_valid_in_every_country() -> None:
    for position, country in enumerate(COUNTRIES):
        root = np.arange(0, 900_000, 9_001)
        calling, _, digits = phone_parts(root, np.full(len(root), position))
        for code, rest in zip(calling.to_pylist(), digits.to_pylist(), strict=True):
            number = phonenumbers.parse(f"+{code}{rest}")
            assert phonenumbers.is_valid_number(number), country.code
            assert phonenumbers.region_code_for_number(number) == country.code


def test_every_notation_of_a_number_is_that_number() -> None:
    """As phonenumbers reads it where the lead's country is known; else it must be international."""
    leads = leads_at(PLAN, make_campaigns(PLAN), np.arange(4000))
    words = Wording(PLAN, leads)
    calling, _, digits = phone_parts(leads.root, leads.country)
    expected = zip(calling.to_pylist(), digits.to_pylist(), strict=True)
    for row, (written, (code, rest)) in enumerate(zip(words.phone.to_pylist(), expected, strict=True)):
        region = COUNTRIES[leads.country[row]].code if leads.has_country[row] else None
        if written:
            number = phonenumbers.parse(written, region)
            assert phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) == f"+{code}{rest}"


def test_what_identifies_a_buyer_identifies_one_buyer() -> None:
    leads = leads_at(PLAN, make_campaigns(PLAN), np.arange(PLAN.leads))
    words = Wording(PLAN, leads)
    addresses: dict[str, set[int]] = {}
    for address, person in zip(words.email_key.to_pylist(), leads.person.tolist(), strict=True):
        addresses.setdefault(address, set()).add(person)
    assert {address for address, persons in addresses.items() if address and len(persons) > 1} == set()
    calling, _, digits = phone_parts(leads.root, leads.country)
    numbers = dict(zip(zip(calling.to_pylist(), digits.to_pylist(), strict=True), leads.root.tolist(), strict=True))
    assert len(numbers) == len(set(leads.root.tolist()))


def test_companies_have_names_of_their_own() -> None:
    stems = np.stack(buyers.stem_of(np.arange(200_000)))
    assert len(np.unique(stems, axis=1).T) == 200_000


def test_returning_buyers_come_back_within_weeks_and_are_one_person() -> None:
    leads = leads_at(PLAN, make_campaigns(PLAN), np.arange(PLAN.leads))
    back = np.flatnonzero(leads.root != leads.index)
    assert 0.07 < len(back) / PLAN.leads < 0.13
    assert (leads.root[leads.root[back]] == leads.root[back]).all()
    assert (leads.person[back] == leads.person[leads.root[back]]).all()
    assert (leads.captured[back] - leads.captured[leads.root[back]]).max() < 60 * 86_400
