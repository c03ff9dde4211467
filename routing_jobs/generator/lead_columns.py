"""The columns of the five lead feeds: one function a feed turns worded leads into what its files hold.

Their sources/*.yaml read them back.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from routing_jobs.generator.campaigns import Campaigns
from routing_jobs.generator.draws import Integers
from routing_jobs.generator.geography import COUNTRIES
from routing_jobs.generator.leads import NO, YES
from routing_jobs.generator.text import chosen, constant, instants, joined, local, money, number, shown, taken
from routing_jobs.generator.vocabulary import (
    INDUSTRIES,
    PRODUCT_CODES,
    PRODUCTS,
    REMARKS,
    REMARKS_ANSI,
    SEGMENTS,
    SIZE_BOUNDS,
)
from routing_jobs.generator.wording import Wording

Columns = dict[str, pa.Array]
INDUSTRIES_DE = (
    "Fertigung",
    "Gesundheit",
    "Finanzen",
    "Handel",
    "Bildung",
    "Logistik",
    "Öffentliche Hand",
    "Energie",
)
EXPRESS_INTERESTS = ("demo_request", "quote_request")


def _consent(words: Wording, yes: str, no: str) -> pa.Array:
    return taken((no, yes), np.where(words.leads.consent == YES, 1, np.where(words.leads.consent == NO, 0, -1)))


def _industry(words: Wording, pool: tuple[str, ...] = INDUSTRIES) -> pa.Array:
    return shown(words.draws.chance("industry shown", words.leads.index, 0.9), taken(pool, words.leads.industry))


def _employees(words: Wording) -> pa.Array:
    return shown(words.draws.chance("employees shown", words.leads.index, 0.8), number(words.leads.employees))


def _currency(words: Wording) -> pa.Array:
    return taken([country.currency for country in COUNTRIES], words.leads.country)


def _segment(words: Wording) -> pa.Array:
    size = np.searchsorted(np.array(SIZE_BOUNDS[:2]), words.leads.employees, side="right")
    return chosen(words.leads.is_student, "student", taken(SEGMENTS, size))


def _campaign(words: Wording, campaigns: Campaigns) -> pa.Array:
    return taken(campaigns.ids, words.leads.campaign)


def _interests(words: Wording, separator: str) -> pa.Array:
    """The products asked for, then what else was asked for."""
    product = taken(PRODUCTS, words.leads.product)
    second = words.choice("second product", PRODUCTS)
    has_second = words.draws.chance("has second product", words.leads.index, 0.08) & (words.leads.product >= 0)
    product = chosen(has_second, joined(product, separator, second), product)
    wish = taken(EXPRESS_INTERESTS, words.leads.express)
    both = (words.leads.express >= 0) & (words.leads.product >= 0)
    return joined(product, shown(both, constant(separator, len(words.leads))), wish)


def web_columns(words: Wording, campaigns: Campaigns, partner_ids: tuple[str, ...]) -> Columns:
    """A web form's export: ISO instants in UTC, free text with line breaks."""
    leads = words.leads
    return {
        "Id": words.record_id,
        "Submitted": instants(leads.captured),
        "First name": words.first_name,
        "Last name": words.last_name,
        "E-mail": words.email,
        "Company": words.company,
        "Website": words.website,
        "Phone": words.phone,
        "Country": words.country,
        "State": words.region,
        "Zip": words.postal_code,
        "City": words.city,
        "Industry": _industry(words),
        "Employees": _employees(words),
        "Segment": _segment(words),
        "Interested in": _interests(words, "; "),
        "Budget": money(leads.value),
        "Currency": shown(leads.value >= 0, _currency(words)),
        "Campaign": _campaign(words, campaigns),
        "Consent": _consent(words, "yes", "no"),
        "Message": words.choice("remark", REMARKS),
        "utm_content": joined("v", number(leads.index % 5)),
    }


def event_columns(words: Wording, campaigns: Campaigns, partner_ids: tuple[str, ...]) -> Columns:
    """Badge scans from a German tool: Windows encoding, semicolons, local time, decimal comma."""
    leads = words.leads
    country = leads.country
    drift = words.draws.below("drift", leads.index, 8000)
    return {
        "Badge": words.record_id,
        "Scan": _local(leads.captured, "Europe/Berlin", "%d/%m/%Y", " ", "%H:%M"),
        "Name": joined(words.last_name, ", ", words.first_name),
        "E-Mail": words.email,
        "Firma": words.company,
        "Telefon": words.phone,
        "Land": words.country,
        "Region": words.region,
        "PLZ": words.postal_code,
        "Ort": words.city,
        "Breite": _degrees([entry.latitude for entry in COUNTRIES], country, drift),
        "Länge": _degrees([entry.longitude for entry in COUNTRIES], country, drift),
        "Branche": _industry(words, INDUSTRIES_DE),
        "Mitarbeiter": _employees(words),
        "Produkt": taken(PRODUCT_CODES, leads.product),
        "Volumen": money(leads.value, ","),
        "Währung": shown(leads.value >= 0, _currency(words)),
        "Messe": _campaign(words, campaigns),
        "Einwilligung": _consent(words, "ja", "nein"),
        "Notiz": words.choice("remark", REMARKS_ANSI),
    }


def portal_columns(words: Wording, campaigns: Campaigns, partner_ids: tuple[str, ...]) -> Columns:
    """What partners themselves enter: referrals and co-marketing, one JSON object a line."""
    leads = words.leads
    return {
        "lead_id": words.record_id,
        "created": instants(leads.captured, after="+00:00"),
        "type": chosen(leads.campaign >= 0, words.choice("portal type", ("referral", "co-marketing")), "referral"),
        "partner": taken(partner_ids, leads.partner),
        "first_name": words.first_name,
        "last_name": words.last_name,
        "email": words.email,
        "company": words.company,
        "website": words.website,
        "phone": words.phone,
        "country": words.country,
        "region": words.region,
        "postal_code": words.postal_code,
        "city": words.city,
        "industry": _industry(words),
        "employees": _employees(words),
        "products": _interests(words, "|"),
        "value": money(leads.value),
        "currency": shown(leads.value >= 0, _currency(words)),
        "campaign": _campaign(words, campaigns),
        "consent": _consent(words, "true", "false"),
        "note": words.choice("remark", REMARKS),
    }


def crm_columns(words: Wording, campaigns: Campaigns, partner_ids: tuple[str, ...]) -> Columns:
    """The vendor's own CRM: leads among contacts, with the time of the last change."""
    leads = words.leads
    return {
        "Id": words.record_id,
        "RecordType": constant("Lead", len(leads)),
        "CreatedDate": instants(leads.captured),
        "LastModifiedDate": instants(leads.captured + 600),
        "FirstName": words.first_name,
        "LastName": words.last_name,
        "Email": words.email,
        "Company": words.company,
        "Website": words.website,
        "Phone": words.phone,
        "Country": words.country,
        "State": words.region,
        "PostalCode": words.postal_code,
        "City": words.city,
        "Industry": _industry(words),
        "Segment__c": _segment(words),
        "NumberOfEmployees": _employees(words),
        "Product_Interest__c": _interests(words, ";"),
        "ExpectedRevenue": money(leads.value),
        "CurrencyIsoCode": shown(leads.value >= 0, _currency(words)),
        "HasOptedIn": _consent(words, "1", "0"),
        "Description": words.choice("remark", REMARKS),
    }


def campaign_columns(words: Wording, campaigns: Campaigns, partner_ids: tuple[str, ...]) -> Columns:
    """Answers to mailings from an American tool: byte order mark, month first, New York time."""
    leads = words.leads
    return {
        "response_id": words.record_id,
        "responded": _local(leads.captured, "America/New_York", "%m/%d/%Y", " ", "%I:%M %p"),
        "first": words.first_name,
        "last": words.last_name,
        "email": words.email,
        "company": words.company,
        "phone": words.phone,
        "country": words.country,
        "state": words.region,
        "zip": words.postal_code,
        "city": words.city,
        "industry": _industry(words),
        "employees": _employees(words),
        "product": pc.utf8_lower(_interests(words, "; ")),
        "campaign_code": _campaign(words, campaigns),
        "opt_in": _consent(words, "Y", "N"),
        "remarks": words.choice("remark", REMARKS),
    }


def _local(seconds: Integers, zone: str, day: str, between: str, clock: str) -> pa.Array:
    return instants(local(seconds, zone), day, between, clock, "")


def _degrees(centres: list[float], country: Integers, drift: Integers) -> pa.Array:
    """A coordinate near the middle of the country, with a decimal comma."""
    thousandths = np.array([round(1000 * centre) for centre in centres])[country] + drift // 4 - 1000
    whole, rest = np.divmod(np.abs(thousandths), 1000)
    return joined(chosen(thousandths < 0, "-", ""), number(whole), ",", number(rest, 3))
