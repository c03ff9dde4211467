"""What sources call the canonical columns, for `source infer`: names as they are usual in exports, most usual first.

Compared without case, accents and marks. A name here is evidence, not a rule: the values have their say too.
"""

import re
import unicodedata

_REFERENCE = {
    "lead_ref": "lead ref, lead reference",
    "assignment_id": "assignment id, assignment",
    "lead_source_system": "lead system, lead source system",
    "lead_source_record_id": "lead id, lead source record id, lead, lead number, converted lead id",
    "lead_email": "lead email, lead e mail, visitor, contact email, visitor email",
}
_PARTNER = "partner, partner id, partner number, partner code, reseller, reseller id, sales agent, dealer, agent"
_CAMPAIGN = "campaign id, campaign, campaign code, utm campaign, messe, kampagne, event, trade show"
_CURRENCY = "currency, currency iso code, currency code, waehrung, wahrung, devise, ccy"
_VALIDITY = {"valid_from": "valid from, from, start date, effective from", "valid_to": "valid to, to, end date, until"}
_PRODUCT = "product, product line, product id, product name, produkt, solution"
_WEBSITE = "website, web site, url, homepage, homepage url, domain, web, webseite"

NAMES: dict[str, dict[str, str]] = {
    "leads": {
        "source_record_id": "id, lead id, record id, source record id, response id, badge, ref, number, lead number, "
        "ticket, case number, opportunity id, incident id, contact id, submission id, row id, key",
        "captured_at": "captured at, created at, created, created date, submitted, submitted at, timestamp, date, scan, "
        "opened at, responded, received at, capture date, lead date, engage date, create date, creation date, datum",
        "updated_at": "updated at, last modified date, last modified, modified at, updated, sys updated at, changed",
        "email": "email, e mail, mail, email address, work email, mailbox, courriel, correo",
        "first_name": "first name, firstname, first, given name, vorname, prenom, nombre",
        "last_name": "last name, lastname, last, surname, family name, nachname, name, nom, apellido, full name",
        "company": "company, company name, account, account name, organisation, organization, firma, employer, societe, "
        "empresa",
        "website": _WEBSITE,
        "phone": "phone, telephone, phone number, telefon, mobile, tel, mobile phone, telefono",
        "country": "country, land, country code, pays, pais, country name, office location",
        "region": "region, state, province, state province, bundesland, regional office, county",
        "postal_code": "postal code, zip, zip code, postcode, plz, postleitzahl, code postal",
        "city": "city, town, ort, stadt, ville, ciudad",
        "latitude": "latitude, lat, breite",
        "longitude": "longitude, lng, lon, long, lange, laenge",
        "industry": "industry, branche, sector, vertical, industry name",
        "segment": "segment, customer segment, company size, size segment",
        "employee_count": "employee count, employees, number of employees, mitarbeiter, headcount, company employees",
        "product_interest": "product interest, products, product, interested in, produkt, interest, product line, "
        "solution",
        "estimated_value": "estimated value, budget, value, expected revenue, amount, volumen, deal size, close value, "
        "estimated budget, potential",
        "currency": _CURRENCY,
        "lead_channel": "lead channel, channel, lead source, source, contact type, type, medium, utm medium",
        "campaign_id": _CAMPAIGN,
        "consent_to_share": "consent, consent to share, opt in, has opted in, einwilligung, gdpr consent, marketing "
        "consent",
        "originating_partner_id": "originating partner id, referring partner, partner, partner id, referred by",
        "notes": "notes, note, message, comments, comment, remarks, description, notiz, bemerkung, details",
    },
    "partners": {
        "partner_id": "partner id, id, partner, partner number, partner code, account id, sales agent",
        "partner_name": "partner name, name, company, account name, listing name, partner, organisation",
        "partner_type": "partner type, type, program, category",
        "parent_partner_id": "parent partner id, parent, distributor, parent id, parent partner",
        "status": "status, state, partner status",
        "tier": "tier, level, partner level, tier or specialisation, partner tier",
        "country": "country, land, country code, country name",
        "postal_code": "postal code, zip, zip code, postcode, plz",
        "latitude": "latitude, lat",
        "longitude": "longitude, lng, lon",
        "capacity": "capacity, slots, max leads, lead capacity",
        "batch_limit": "batch limit",
        "daily_limit": "daily limit, leads per day",
        "monthly_limit": "monthly limit, leads per month",
        "timezone": "timezone, time zone, tz",
        "calendar": "calendar, business calendar",
        "response_commitment_hours": "response commitment hours, answers within h, response hours, sla hours",
        "channel_manager": "channel manager, manager, partner manager, owner, cam",
        "joined_on": "joined on, joined, joined at, since, start date, joined date",
        "paused_until": "paused until, pause ends",
    },
    "partner_contacts": {
        "partner_id": _PARTNER,
        "contact_id": "contact id, contact, id, person id",
        "email": "email, e mail, mail, email address",
        "full_name": "full name, name, contact name",
        "role": "role, contact role, function",
        "country": "country, land",
        "product": _PRODUCT,
        "verified_at": "verified at, verified, last verified",
        "bounced_at": "bounced at, bounced",
        "is_active": "is active, active, enabled",
    },
    "partner_territories": {
        "partner_id": _PARTNER,
        "country": "country, land, country code",
        "region": "region, state, province, territory, regional office",
        "postal_prefix": "postal prefix, zip prefix, plz, postal code, zip",
        "product": _PRODUCT,
        "is_exclusive": "is exclusive, exclusive, exclusivity",
        "capacity": "capacity, slots",
        **_VALIDITY,
    },
    "partner_specializations": {
        "partner_id": _PARTNER,
        "kind": "kind, specialization type, specialisation kind",
        "code": "code, certificate, certification, specialization, specialisation, skill, vertical",
        **_VALIDITY,
    },
    "named_accounts": {
        "account": "account, account name, company, customer, named account",
        "website": _WEBSITE,
        "partner_id": _PARTNER,
        "product": _PRODUCT,
        **_VALIDITY,
    },
    "touches": {
        "touch_id": "touch id, id, event id, activity id, interaction id",
        "touched_at": "touched at, at, timestamp, occurred at, date, time, touch date, event time",
        **_REFERENCE,
        "channel": "channel, medium, utm medium, touch type, source",
        "campaign_id": _CAMPAIGN,
    },
    "campaign_spend": {
        "campaign_id": _CAMPAIGN,
        "spend_date": "spend date, date, day, tag, datum",
        "amount": "amount, spend, cost, betrag, costs",
        "currency": _CURRENCY,
        "channel": "channel, medium, source",
    },
    "assignment_history": {
        **_REFERENCE,
        "partner_id": _PARTNER,
        "assigned_at": "assigned at, assigned, offered at, assignment date, sent at",
        "responded_at": "responded at, responded, answered at, response date",
        "response": "response, answer, partner response",
        "decline_reason": "decline reason, reason, rejection reason",
        "first_follow_up_at": "first follow up at, first follow up, first contact at, first contacted",
        "outcome": "outcome, result, final status",
    },
    "partner_activity": {
        "activity_id": "activity id, id, event id",
        "partner_id": _PARTNER,
        **_REFERENCE,
        "activity_type": "activity type, type, event type, activity, action",
        "occurred_at": "occurred at, occurred, at, timestamp, date, event time",
        "reason": "reason, decline reason, comment",
        "reported_at": "reported at, reported, received at",
    },
    "deal_registrations": {
        "registration_id": "registration id, registration, deal registration, deal id, id",
        "partner_id": _PARTNER,
        "submitted_at": "submitted at, submitted, registered at, created at, created date",
        "company": "company, end customer, customer, account, account name",
        "website": _WEBSITE,
        "email": "email, e mail, mail, customer email",
        "product": _PRODUCT,
        "amount": "amount, value, deal value, expected revenue",
        "currency": _CURRENCY,
        "status": "status, state, registration status",
        "decided_at": "decided at, decided, approved at, decision date",
        "expires_at": "expires at, expires, expiry date, expiration date",
        **_REFERENCE,
    },
    "opportunities": {
        "opportunity_id": "opportunity id, opportunity, deal id, id",
        "created_at": "created at, created, created date, engage date, open date, opened at",
        **_REFERENCE,
        "registration_id": "registration id, registration, deal registration",
        "account": "account, account name, company, customer",
        "partner_id": _PARTNER,
        "stage": "stage, deal stage, stage name, sales stage",
        "amount": "amount, value, close value, deal value, revenue",
        "currency": _CURRENCY,
        "closed_at": "closed at, closed, close date, closed date",
        "is_won": "is won, won",
        "lost_reason": "lost reason, loss reason, reason lost",
    },
}


def plain_name(name: str) -> str:
    """A column's name in lower case, without accents, camel case and marks: `NumberOfEmployees__c`, `E-Mail`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name.removesuffix("__c"))
    folded = unicodedata.normalize("NFKD", spaced.casefold())
    return " ".join(re.findall(r"[^\W_]+", "".join(char for char in folded if not unicodedata.combining(char))))


def name_score(entity: str, canonical: str, name: str) -> float:
    """How well a column's name fits the canonical column, 0 (nothing in common) to 1 (its usual name)."""
    known = [canonical.replace("_", " "), *(entry.strip() for entry in NAMES[entity].get(canonical, "").split(","))]
    written = plain_name(name)
    if written not in known:
        return 0.0
    return 1.0 - 0.03 * min(known.index(written), 15)
