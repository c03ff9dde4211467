"""What partners report about the leads they hold: mostly in time; at times late, twice, or contradicting themselves."""

import hashlib
from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa

from routing_jobs.generator.draws import Integers, lognormal
from routing_jobs.generator.history import ACCEPTED, DECLINED, DISQUALIFIED, FAULTS_FROM, REASONS, Offers
from routing_jobs.generator.leads import BUSINESS, FREE_MAIL
from routing_jobs.generator.mess import Flaw
from routing_jobs.generator.plan import Plan
from routing_jobs.generator.text import DAY, NEVER, Mask, chosen, instants, joined, number, shown, taken
from routing_jobs.generator.wording import Wording

TYPES = ("accepted", "declined", "attempted", "contacted", "meeting", "qualified", "disqualified", "note")
TOOK, DECLINES, ATTEMPTED, CONTACTED, MEETING, QUALIFIES, DISQUALIFIES, NOTE = range(len(TYPES))
LATE_SHARE = 0.05
_REPORT = lognormal(25 * 60, 1.0)
FLAWS = (
    Flaw("NOT_ALLOWED", "type", "pondered"),
    Flaw("INVALID_INSTANT", "occurred_at", "2025-13-01T00:00:00Z"),
    Flaw("MISSING_REQUIRED", "partner", ""),
    Flaw("INVALID_JSON", cut=2),
)


@dataclass(frozen=True)
class Events:
    """One row a report."""

    offer: Integers  # row of the offer
    kind: Integers
    occurred: Integers
    slot: Integers  # tells apart the reports on one offer

    def take(self, rows: Mask | Integers) -> "Events":
        """Some of the rows."""
        return Events(**{column.name: getattr(self, column.name)[rows] for column in fields(self)})


def make_events(plan: Plan, offers: Offers, key: Integers) -> Events:
    """The reports on a chunk's offers; `key` numbers the offers in the program."""
    draws, end = plan.draws, plan.end
    met = np.where(offers.qualified != NEVER, offers.qualified - DAY // 2, NEVER)
    noted = np.where(offers.followed_up != NEVER, offers.followed_up + 3 * DAY, NEVER)
    gives_up = (offers.outcome == DISQUALIFIED) & (offers.followed_up != NEVER) & (offers.qualified == NEVER)
    wavers = draws.chance("wavers", key, 0.02)
    planned = (
        (TOOK, offers.responded, offers.response == ACCEPTED),
        (DECLINES, offers.responded, offers.response == DECLINED),
        (ATTEMPTED, offers.followed_up - 1800, draws.chance("attempted", key, 0.4)),
        (CONTACTED, offers.followed_up, np.full(len(key), True)),
        (MEETING, met, draws.chance("meeting", key, 0.6)),
        (QUALIFIES, offers.qualified, np.full(len(key), True)),
        (DISQUALIFIES, np.where(gives_up, offers.followed_up + 4 * DAY, NEVER), gives_up),
        (NOTE, noted, draws.chance("noted", key, 0.35)),
        (DECLINES, np.where(offers.followed_up != NEVER, offers.followed_up + DAY, NEVER), wavers),
        (
            CONTACTED,
            np.where(offers.followed_up != NEVER, offers.followed_up + 5400, NEVER),
            draws.chance("twice", key, 0.03),
        ),
    )
    parts = []
    for slot, (kind, occurred, happens) in enumerate(planned):
        follow_up_missing = (kind == ATTEMPTED) & (offers.followed_up == NEVER)
        rows = np.flatnonzero(happens & (occurred != NEVER) & ~follow_up_missing & (occurred < end - 3600))
        parts.append(Events(rows, np.full(len(rows), kind), occurred[rows], np.full(len(rows), slot)))
    return Events(
        **{column.name: np.concatenate([getattr(part, column.name) for part in parts]) for column in fields(Events)}
    )


def event_columns(
    plan: Plan, words: Wording, offers: Offers, events: Events, key: Integers, partner_ids: tuple[str, ...]
) -> dict[str, pa.Array]:
    """The reports as the partner portal writes them; a lead is named in one of three ways, some names lead nowhere."""
    draws, at = plan.draws, key[events.offer] * 16 + events.slot
    lead = offers.lead[events.offer]
    row = pa.array(lead)
    way = draws.below("reference", at, 100)
    has_email = np.isin(words.leads.email[lead], (BUSINESS, FREE_MAIL))
    by_email, by_ref, is_unknown = (way < 14) & has_email, way >= 95, way == 94
    by_id = ~by_email & ~by_ref & ~is_unknown
    fault = FAULTS_FROM + draws.below("why disqualified", at, len(REASONS) - FAULTS_FROM)
    reason = np.where(events.kind == DISQUALIFIES, fault, -1)
    reason = np.where(events.kind == DECLINES, np.maximum(offers.reason[events.offer], 0), reason)
    late = draws.chance("late", at, LATE_SHARE)
    delay = np.where(late, (4 + draws.below("days late", at, 8)) * DAY, draws.shaped("report", at, _REPORT))
    reported = np.minimum(events.occurred + delay, plan.end)
    unknown = joined("W-X", number(at))
    return {
        "id": joined("ACT-", number(at)),
        "partner": taken(partner_ids, offers.partner[events.offer]),
        "type": taken(TYPES, events.kind),
        "occurred_at": instants(events.occurred),
        "reported_at": instants(reported),
        "lead_system": chosen(is_unknown, "web_leads", shown(by_id, words.system.take(row))),
        "lead_id": chosen(is_unknown, unknown, shown(by_id, words.record_id.take(row))),
        "lead_email": shown(by_email, words.email.take(row)),
        "lead_ref": _references(words, lead, by_ref),
        "reason": taken(REASONS, reason),
    }


def _references(words: Wording, lead: Integers, wanted: Mask) -> pa.Array:
    """The public references of the leads at `lead` where wanted, by the rule of the dbt macro lead_ref."""
    result = np.full(len(lead), "", dtype=object)
    for position in np.flatnonzero(wanted).tolist():
        row = int(lead[position])
        result[position] = lead_reference(words.system[row].as_py(), words.record_id[row].as_py())
    return pa.array(result, pa.string())


def lead_reference(source_system: str, source_record_id: str) -> str:
    """The public reference of a lead."""
    lead_id = "lead-" + _md5(f"{source_system}\x1f{source_record_id}")[:20]
    return "LR-" + _md5("lead_ref" + lead_id)[:14].upper()


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def offer_keys(offers: Offers, lead_index: Integers) -> Integers:
    """A number for each offer, different for all offers of a program."""
    return lead_index[offers.lead] * 4 + offers.hop
