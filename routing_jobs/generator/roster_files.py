"""The partner files: two snapshots of the roster, territories, certificates, contacts; rates and aliases."""

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from routing_jobs.generator.geography import COUNTRIES, EURO_MICROS
from routing_jobs.generator.landing import Landing, write_table
from routing_jobs.generator.mess import DUPLICATE, QUARANTINED, Fate
from routing_jobs.generator.plan import Plan
from routing_jobs.generator.roster import Partner, Roster
from routing_jobs.generator.spreadsheet import workbook
from routing_jobs.generator.text import EPOCH
from routing_jobs.generator.vocabulary import PRODUCT_CODES, PRODUCTS, TIERS

OLD_SNAPSHOT_DAYS, NEW_SNAPSHOT_DAYS = 150, 2  # before the end
PARTNER_COLUMNS = (
    "Partner ID",
    "Name",
    "Type",
    "Parent",
    "Status",
    "Tier",
    "Country",
    "Postal code",
    "Latitude",
    "Longitude",
    "Slots",
    "Batch limit",
    "Daily limit",
    "Monthly limit",
    "Time zone",
    "Calendar",
    "Answers within (h)",
    "Channel manager",
    "Joined",
    "Paused until",
    "Verticals",
    "Segments",
    "Languages",
)
ADVANTAGES = 3  # verticals, segments, languages: what the roster's last columns list


def day_text(day: int | None, form: str = "%Y-%m-%d") -> str:
    """A day since 1970 as text; blank for None."""
    return "" if day is None else (EPOCH + timedelta(days=day)).strftime(form)


def write_roster(plan: Plan, roster: Roster, landing: Landing) -> None:
    """All partner files."""
    older = _snapshot_before(plan, roster)
    old_rows = [_partner_row(plan, partner) for partner in older]
    new_rows = [_partner_row(plan, partner) for partner in roster.partners]
    snapshots: tuple[tuple[list[list[str]], int, set[tuple[str, ...]]], ...] = (
        (old_rows, OLD_SNAPSHOT_DAYS, set()),
        (new_rows, NEW_SNAPSHOT_DAYS, set(map(tuple, old_rows))),
    )
    for rows, days_before, known in snapshots:
        path = f"partners/partners_{day_text(plan.first_day + plan.days - days_before)}.csv"
        sleeping = [*new_rows[0]]
        sleeping[0], sleeping[4], sleeping[-ADVANTAGES:] = "P-0000", "sleeping", [""] * ADVANTAGES
        fates = [Fate(position, DUPLICATE) for position, row in enumerate(rows) if tuple(row) in known]
        _put_csv(
            landing,
            "partners",
            path,
            PARTNER_COLUMNS,
            [*rows, sleeping],
            [*fates, Fate(len(rows), QUARANTINED, "NOT_ALLOWED")],
        )
        landing.truth.add("partner_strengths", path, len(rows) + 1)
        listed = (len(advantages.split("|")) for row in rows for advantages in row[-ADVANTAGES:] if advantages)
        landing.truth.files["partner_strengths", path].derived = sum(listed)
    _write_territories(roster, landing)
    _write_certificates(plan, roster, landing)
    _write_contacts(plan, roster, landing)


def _snapshot_before(plan: Plan, roster: Roster) -> list[Partner]:
    """The roster months ago: without the newest partners, some in another tier, and with two that have left since."""
    day = plan.first_day + plan.days - OLD_SNAPSHOT_DAYS
    older = []
    for position, partner in enumerate(roster.partners):
        if partner.joined_day > day:
            continue
        step = int(plan.draws.below("tier before", position, 12))
        tier = TIERS[min(3, max(0, TIERS.index(partner.tier) + (step == 0) - (step == 1)))]
        slots = partner.capacity + 1 if partner.capacity and step == 2 else partner.capacity
        status = "active" if partner.status == "terminated" else partner.status
        older.append(replace(partner, tier=tier, capacity=slots, status=status))
    left = [
        replace(partner, partner_id=f"P-90{at + 1:02d}", name=f"Former {partner.name}")
        for at, partner in enumerate(older[:2])
    ]
    return [*older, *left]


def _partner_row(plan: Plan, partner: Partner) -> list[str]:
    home = partner.home
    return [
        partner.partner_id,
        partner.name,
        partner.kind,
        partner.parent,
        partner.status.capitalize(),
        partner.tier.capitalize(),
        partner.country,
        "",
        f"{home.latitude}",
        f"{home.longitude}",
        *(
            _count(limit)
            for limit in (partner.capacity, partner.batch_limit, partner.daily_limit, partner.monthly_limit)
        ),
        home.zone,
        partner.calendar,
        _count(partner.commitment_hours),
        partner.manager,
        day_text(partner.joined_day),
        day_text(partner.paused_until_day),
        "|".join(partner.verticals),
        "|".join(partner.segments),
        "|".join(partner.languages),
    ]


def _count(limit: int | None) -> str:
    return "" if limit is None else str(limit)


def _write_territories(roster: Roster, landing: Landing) -> None:
    rows = [
        [
            partner.partner_id,
            territory.country,
            territory.region,
            territory.postal_prefix,
            territory.product,
            "yes" if territory.is_exclusive else "no",
            _count(territory.capacity),
            "",
            "",
        ]
        for partner in roster.partners
        for territory in partner.territories
    ]
    columns = ("Partner", "Country", "Region", "Postal prefix", "Product", "Exclusive", "Slots", "From", "To")
    _put_csv(
        landing,
        "territories",
        "territories/territories.csv",
        columns,
        [*rows, [*rows[0][:5], "maybe", "", "", ""]],
        [Fate(len(rows), QUARANTINED, "INVALID_BOOLEAN")],
    )


def _write_certificates(plan: Plan, roster: Roster, landing: Landing) -> None:
    """Certificates in force, and those that ran out a month ago; German dates."""
    form, today = "%d.%m.%Y", plan.first_day + plan.days
    rows = [
        [partner.partner_id, code, day_text(today - 500, form), ""]
        for partner in roster.partners
        for code in partner.certified
    ] + [
        [partner.partner_id, code, day_text(today - 400, form), day_text(today - 35, form)]
        for partner in roster.partners
        for code in partner.expired
    ]
    _put_csv(
        landing,
        "certifications",
        "certifications/certificates.csv",
        ("Partner", "Certificate", "Valid from", "Valid to"),
        [*rows, [rows[0][0], "5G Core", "31.02.2025", ""]],
        [Fate(len(rows), QUARANTINED, "INVALID_DATE")],
        ";",
    )


def _write_contacts(plan: Plan, roster: Roster, landing: Landing) -> None:
    today = plan.first_day + plan.days
    rows = [("Partner", "Contact", "Name", "Mail", "Role", "Country", "Active", "Verified", "Bounced")]
    for partner in roster.partners:
        for contact in partner.contacts:
            bounced = f"{day_text(today - 11)}T08:30:00Z" if contact.has_bounced else ""
            rows.append(
                (
                    partner.partner_id,
                    contact.contact_id,
                    contact.full_name,
                    contact.email,
                    contact.role,
                    partner.country,
                    "yes" if contact.is_active else "no",
                    f"{day_text(today - 60)}T09:00:00Z",
                    bounced,
                )
            )
    path = "partner_contacts/contacts.xlsx"
    landing.put(path, workbook("Contacts", rows))
    landing.truth.add("partner_contacts", path, len(rows) - 1)


def write_reference(plan: Plan, folder: Path) -> None:
    """Exchange rates week by week, and the other spellings of countries and products."""
    rates = []
    for currency in sorted(set(EURO_MICROS) - {"EUR"}):
        micros = EURO_MICROS[currency]
        for week, day in enumerate(range(plan.first_day - 200, plan.first_day + plan.days + 1, 7)):
            micros += micros * (int(plan.draws.below(f"rate {currency}", week, 2001)) - 1000) // 200_000
            rates.append((currency, day_text(day), f"{micros // 1_000_000}.{micros % 1_000_000:06d}"))
    write_table(folder / "exchange_rates.csv", ("currency", "rate_date", "rate"), rates)
    aliases = [
        ("country", spelling, country.code)
        for country in COUNTRIES
        for spelling in country.spellings
        if spelling != country.code
    ]
    aliases += [("product", code, product) for code, product in zip(PRODUCT_CODES, PRODUCTS, strict=True)]
    write_table(folder / "aliases.csv", ("kind", "spelling", "canonical"), aliases)


def _put_csv(
    landing: Landing,
    feed: str,
    path: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    fates: Sequence[Fate] = (),
    delimiter: str = ",",
) -> None:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    landing.put(path, buffer.getvalue().encode())
    landing.truth.add(feed, path, len(rows), fates)
