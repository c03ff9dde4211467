"""Writes one program chunk by chunk: which text of which leads goes into which file."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from routing_jobs.generator import activity, deals, history, list_uploads, registrations, touches
from routing_jobs.generator.campaigns import make_campaigns, spend_rows
from routing_jobs.generator.draws import Integers
from routing_jobs.generator.history import Offers
from routing_jobs.generator.landing import Landing, Truth
from routing_jobs.generator.lead_feeds import LEAD_FEEDS, LeadFeed
from routing_jobs.generator.leads import CRM, WEB, Leads
from routing_jobs.generator.mess import BROKEN_RATE, DUPLICATE, Fate, Flaw, Form, Mess
from routing_jobs.generator.plan import Plan
from routing_jobs.generator.planted import Planted
from routing_jobs.generator.roster_files import write_reference, write_roster
from routing_jobs.generator.staged import make_roster
from routing_jobs.generator.text import DAY, NEVER, by_month, chosen, instants, money, taken
from routing_jobs.generator.truth import LeadTruth
from routing_jobs.generator.wording import Wording


class ProgramWriter:
    """Writes one program chunk by chunk."""

    def __init__(self, plan: Plan, folder: Path):
        self.plan, self.folder = plan, folder
        self.roster, self.campaigns = make_roster(plan), make_campaigns(plan)
        self.partner_ids = tuple(partner.partner_id for partner in self.roster.partners)
        self.truth, self.lead_truth = Truth(folder / "truth"), LeadTruth(folder / "truth")
        self.landing = Landing(folder / "landing", self.truth)
        self.named_companies: set[int] = set()
        self.messes: dict[str, Mess] = {}

    def write_small_files(self) -> None:
        """Partners, rates, spend, and the feed of hand-made lists."""
        write_reference(self.plan, self.folder / "reference")
        write_roster(self.plan, self.roster, self.landing)
        self._write_spend()
        list_uploads.write(self.plan, self.landing)

    def write_chunk(self, chunk: Leads) -> None:
        """Some leads and everything that follows from them."""
        plan, roster = self.plan, self.roster
        leads = chunk.with_columns(partner=history.originating_partners(plan, roster, chunk))
        words = Wording(plan, leads)
        self.lead_truth.add(words)
        self._write_leads(leads)
        self._write_touches(words)
        offers = history.make_offers(plan, roster, leads)
        key = activity.offer_keys(offers, leads.index)
        self._write_offers(words, offers, key)
        self._write_deals(words, offers, key)
        self._write_rows(
            "named_accounts",
            "named_accounts/accounts.csv",
            deals.named_account_columns(plan, roster, words, self.partner_ids, self.named_companies),
        )

    def write_planted(self, planted: Planted) -> None:
        """The planted cases, in the same files."""
        leads = planted.leads(self.campaigns)
        words = Wording(self.plan, leads)
        self.lead_truth.add(words, planted.exceptions, planted.stages)
        self._write_leads(leads)
        offers = planted.offers()
        self._write_offers(words, offers, activity.offer_keys(offers, leads.index))
        self._write_registrations(words, planted.registrations())
        at = pa.array([lead for lead, _ in planted.account_rows])
        size = len(planted.account_rows)
        self._write_rows(
            "named_accounts",
            "named_accounts/accounts.csv",
            {
                "Account": words.company_name.take(at),
                "Website": words.domain.take(at),
                "Partner": pa.array([partner for _, partner in planted.account_rows]),
                "Product line": pa.array([""] * size),
                "From": pa.array([""] * size),
                "To": pa.array([""] * size),
            },
        )

    def finish(self) -> dict[str, int]:
        """Close all files and write the truth; records by feed."""
        self.landing.land_again(LEAD_FEEDS[WEB].name)
        self.landing.close()
        self.truth.close()
        counts: dict[str, int] = {}
        for (feed, _), entry in sorted(self.truth.files.items()):
            counts[feed] = counts.get(feed, 0) + entry.records
        return counts

    def _write_leads(self, leads: Leads) -> None:
        for code, feed in enumerate(LEAD_FEEDS):
            own = leads.take(np.flatnonzero(leads.feed == code))
            if code == CRM and len(own):
                self._write_crm(feed, own)
            elif len(own):
                for month, rows in by_month(own.captured):
                    self._write_lead_page(feed, own.take(rows), month)

    def _write_lead_page(self, feed: LeadFeed, leads: Leads, month: str) -> None:
        columns = feed.columns(Wording(self.plan, leads), self.campaigns, self.partner_ids)
        form = Form(feed.kind, tuple(columns), feed.delimiter, feed.bare)
        lines, fates = self._mess(feed.name, feed.flaws, feed.aside).spoil(columns, form)
        header = form.header_line() if feed.kind == "csv" else None
        path = f"{feed.name}/{feed.name}_{month}{feed.suffix}"
        self.landing.append(feed.name, path, lines, fates, header, feed.encoding, feed.line_end)

    def _write_crm(self, feed: LeadFeed, leads: Leads) -> None:
        """The CRM's export, and a second one with some of its leads changed since."""
        words = Wording(self.plan, leads)
        columns = feed.columns(words, self.campaigns, self.partner_ids)
        mixed, fates = self._mess(feed.name, feed.flaws, feed.aside).spoil_table(columns)
        self.landing.append_table(feed.name, "crm_leads/crm_export_1.parquet", mixed, fates)
        exported = self.plan.draws.chance("exported again", leads.index, 0.08) & (
            leads.captured < self.plan.end - 4 * DAY
        )
        rows = np.flatnonzero(exported)
        again = {name: column.take(pa.array(rows)) for name, column in columns.items()}
        changed = self.plan.draws.chance("changed", leads.index[rows], 0.7)
        modified = instants(leads.captured[rows] + 3 * DAY)
        again["LastModifiedDate"] = chosen(changed, modified, again["LastModifiedDate"])
        again["Description"] = chosen(changed, "Called back; asked to be contacted by a partner.", again["Description"])
        unchanged = [Fate(int(position), DUPLICATE) for position in np.flatnonzero(~changed)]
        self.landing.append_table(feed.name, "crm_leads/crm_export_2.parquet", again, unchanged)

    def _write_touches(self, words: Wording) -> None:
        row, number_of, touched = touches.touch_times(self.plan, words.leads)
        for month, rows in by_month(touched):
            columns = touches.touch_columns(self.plan, self.campaigns, words, row[rows], number_of[rows], touched[rows])
            self._write_rows("touches", f"touches/touches_{month}.csv", columns, touches.FLAWS, broken_rate=0.0008)

    def _write_offers(self, words: Wording, offers: Offers, key: Integers) -> None:
        self._write_rows(
            "assignment_history",
            "assignment_history/offers.csv",
            self._offer_columns(words, offers),
            (
                Flaw("NOT_ALLOWED", "response", "maybe"),
                Flaw("INVALID_INSTANT", "assigned_at", "last week"),
                Flaw("MISSING_REQUIRED", "partner", ""),
            ),
            broken_rate=0.004,
        )
        events = activity.make_events(self.plan, offers, key)
        for month, rows in by_month(events.occurred):
            columns = activity.event_columns(self.plan, words, offers, events.take(rows), key, self.partner_ids)
            form = Form("jsonl", tuple(columns))
            lines, fates = self._mess("partner_activity", activity.FLAWS, broken_rate=0.004).spoil(columns, form)
            self.landing.append("partner_activity", f"partner_activity/activity_{month}.jsonl", lines, fates)

    def _offer_columns(self, words: Wording, offers: Offers) -> dict[str, pa.Array]:
        row = pa.array(offers.lead)
        return {
            "lead_system": words.system.take(row),
            "lead_id": words.record_id.take(row),
            "partner": taken(self.partner_ids, offers.partner),
            "assigned_at": instants(offers.assigned),
            "responded_at": instants(offers.responded),
            "response": taken(history.RESPONSES, offers.response),
            "decline_reason": taken(history.REASONS, offers.reason),
            "first_follow_up_at": instants(offers.followed_up),
            "outcome": taken(history.OUTCOMES, offers.outcome),
        }

    def _write_deals(self, words: Wording, offers: Offers, key: Integers) -> None:
        plan, roster, leads = self.plan, self.roster, words.leads
        registered = registrations.is_registered(plan, offers, key)
        self._write_registrations(
            words, registrations.registrations_of_offers(plan, roster, leads, offers.take(registered), key[registered])
        )
        self._write_registrations(words, registrations.registrations_of_recent(plan, roster, leads))
        made = offers.opportunity != NEVER
        series = np.where(registered[made], registrations.OF_OFFER, -1)
        self._write_opportunities(words, offers.take(made), key[made], series)
        sourced, brought = registrations.partner_sourced(plan, roster, leads)
        sourced_words = Wording(plan, sourced)
        self._write_registrations(sourced_words, brought)
        opportunities = brought.opportunities(plan)
        self._write_opportunities(
            sourced_words,
            opportunities,
            sourced.index[opportunities.lead],
            np.full(len(opportunities), registrations.SOURCED),
        )

    def _write_registrations(self, words: Wording, rows: registrations.Registrations) -> None:
        self._write_rows(
            "deal_registrations",
            "deal_registrations/registrations.csv",
            registrations.registration_columns(self.plan, words, rows, self.partner_ids),
            registrations.FLAWS,
        )

    def _write_opportunities(self, words: Wording, offers: Offers, key: Integers, series: Integers) -> None:
        self._write_rows(
            "opportunities",
            "opportunities/opportunities.tsv",
            deals.opportunity_columns(self.plan, words, offers, key, series, self.partner_ids),
            deals.OPPORTUNITY_FLAWS,
            "\t",
        )

    def _write_rows(
        self,
        feed: str,
        path: str,
        columns: dict[str, pa.Array],
        flaws: tuple[Flaw, ...] = (),
        delimiter: str = ",",
        broken_rate: float = BROKEN_RATE,
    ) -> None:
        """Rows of a plain UTF-8 file, with a little mess."""
        if len(next(iter(columns.values()))) == 0:
            return
        form = Form("csv", tuple(columns), delimiter)
        lines, fates = self._mess(feed, flaws, broken_rate=broken_rate).spoil(columns, form)
        self.landing.append(feed, path, lines, fates, form.header_line())

    def _write_spend(self) -> None:
        rows = spend_rows(self.plan, self.campaigns)
        campaign, channel, day, amount, currency = (list(column) for column in zip(*rows, strict=True))
        self._write_rows(
            "campaign_spend",
            "campaign_spend/spend.csv",
            {
                "Campaign": pa.array(campaign),
                "Channel": pa.array(channel),
                "Day": instants(np.array(day) * DAY, "%d.%m.%Y", "", "", ""),
                "Amount": money(np.array(amount), ","),
                "Currency": pa.array(currency),
            },
            (Flaw("INVALID_NUMBER", "Amount", "1.200.50"), Flaw("INVALID_DATE", "Day", "2025/01/09")),
            ";",
        )

    def _mess(
        self, feed: str, flaws: tuple[Flaw, ...], aside: tuple[str, str] | None = None, broken_rate: float = BROKEN_RATE
    ) -> Mess:
        if feed not in self.messes:
            self.messes[feed] = Mess(self.plan.draws, feed, flaws, aside, broken_rate)
        return self.messes[feed]
