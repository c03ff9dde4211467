"""What became of leads before leadroute: offers to partners, their answers, and where the work ended.

Partner quality drives answers and follow-up, skill and campaign quality drive what is won: performance weights and
attribution have something true to find.
"""

from dataclasses import dataclass, fields

import numpy as np

from routing_jobs.generator.draws import Integers, lognormal
from routing_jobs.generator.leads import BUSINESS, FREE_MAIL, PORTAL, YES, Leads
from routing_jobs.generator.plan import Plan
from routing_jobs.generator.roster import Roster
from routing_jobs.generator.text import DAY, NEVER, Mask
from routing_jobs.generator.vocabulary import DECLINE_REASONS, LEAD_FAULTS

HOUR = 3600
MAX_HOPS = 3
PENDING, ACCEPTED, DECLINED, EXPIRED, RECALLED = range(5)
RESPONSES = ("", "accepted", "declined", "expired", "recalled")
UNDECIDED, WON, LOST, OPEN, DISQUALIFIED, DUPLICATE = range(6)
OUTCOMES = ("", "won", "lost", "open", "disqualified", "duplicate")
REASONS = (*DECLINE_REASONS, *LEAD_FAULTS)
FAULTS_FROM = len(DECLINE_REASONS)  # reasons from here on are a fault of the lead: nobody else is asked
_FAULT_OUTCOMES = np.array([DISQUALIFIED, DISQUALIFIED, DUPLICATE, DISQUALIFIED])
_RELEASE = lognormal(19 * HOUR, 0.5)
_ANSWER = lognormal(14 * HOUR, 0.8)
_FOLLOW_UP = lognormal(16 * HOUR, 0.9)
_QUALIFY = lognormal(6 * DAY, 0.5)
_OPPORTUNITY = lognormal(9 * DAY, 0.5)
_CLOSE = lognormal(48 * DAY, 0.45)
_EXPIRY = 3 * DAY
_OFFERED_SHARE = 0.94


@dataclass(frozen=True)
class Offers:
    """One row an offer; instants in seconds since 1970, NEVER where it has not happened."""

    lead: Integers  # row of the lead in its chunk
    partner: Integers
    hop: Integers
    assigned: Integers
    responded: Integers
    response: Integers
    reason: Integers  # position in REASONS, -1 none
    followed_up: Integers
    qualified: Integers  # when the partner qualified the lead
    opportunity: Integers  # when an opportunity was made of it
    closed: Integers  # when that was won or lost
    outcome: Integers

    def __len__(self) -> int:
        return len(self.lead)

    def take(self, rows: Integers | Mask) -> "Offers":
        """Some of the rows."""
        return Offers(**{column.name: getattr(self, column.name)[rows] for column in fields(self)})


def concatenated(parts: list[Offers]) -> Offers:
    """All rows of all parts."""
    return Offers(
        **{column.name: np.concatenate([getattr(part, column.name) for part in parts]) for column in fields(Offers)}
    )


def offered_leads(plan: Plan, roster: Roster, leads: Leads) -> Integers:
    """Rows of the leads that were offered to partners: old enough, first of their buyer, complete, allowed, covered."""
    _, count = roster.choices(leads.place, leads.line)
    good = (leads.root == leads.index) & (leads.consent == YES) & np.isin(leads.email, (BUSINESS, FREE_MAIL))
    good &= (
        (leads.product >= 0)
        & leads.has_country
        & leads.has_region
        & leads.has_company
        & ~leads.is_student
        & (count > 0)
    )
    good &= (leads.captured < plan.recent_from) & plan.draws.chance("offered", leads.index, _OFFERED_SHARE)
    return np.flatnonzero(good)


def make_offers(plan: Plan, roster: Roster, leads: Leads) -> Offers:
    """The offers of a chunk, hop by hop: who declines or lets it lapse loses the lead to the next partner."""
    rows = offered_leads(plan, roster, leads)
    start = leads.captured[rows] + plan.draws.shaped("release", leads.index[rows], _RELEASE)
    parts = []
    for hop in range(1, MAX_HOPS + 1):
        offers = _one_hop(plan, roster, leads, rows, start, hop)
        parts.append(offers)
        again = np.isin(offers.response, (DECLINED, EXPIRED, RECALLED)) & (offers.reason < FAULTS_FROM)
        gone = np.where(offers.responded != NEVER, offers.responded, offers.assigned + _EXPIRY)
        rows, start = offers.lead[again], gone[again] + HOUR
        _, count = roster.choices(leads.place[rows], leads.line[rows])
        further = (count > hop) & (leads.partner[rows] < 0)
        rows, start = rows[further], start[further]
    return concatenated(parts)


def _one_hop(plan: Plan, roster: Roster, leads: Leads, rows: Integers, assigned: Integers, hop: int) -> Offers:
    """Offer the leads at `rows` at these instants; only what has happened by the end of the program is told."""
    past = assigned < plan.end - 12 * HOUR
    rows, assigned = rows[past], assigned[past]
    draws, at = plan.draws, leads.index[rows] * 4 + hop
    begin, count = roster.choices(leads.place[rows], leads.line[rows])
    partner = roster.cell_partner[begin + (draws.below("partner", leads.index[rows], count) + hop - 1) % count]
    partner = np.where(leads.partner[rows] >= 0, leads.partner[rows], partner)
    quality, response_drawn = roster.quality[partner], draws.below("response", at, 100)
    accepts = 42 + quality * 45 // 100
    response = np.where(response_drawn < accepts, ACCEPTED, np.where(response_drawn < accepts + 11, DECLINED, EXPIRED))
    answered = assigned + draws.shaped("answer", at, _ANSWER) * (140 - quality) // 100
    responded = np.where(response == EXPIRED, assigned + _EXPIRY, answered)
    response = np.where(responded < plan.end, response, PENDING)
    responded = np.where(np.isin(response, (ACCEPTED, DECLINED)), responded, NEVER)
    fault = draws.chance("lead fault", at, 0.25)
    reason = np.where(response == DECLINED, draws.below("decline reason", at, 4) + np.where(fault, FAULTS_FROM, 0), -1)
    worked = _worked(plan, roster, leads, rows, partner, responded, response, at)
    is_fault = reason >= FAULTS_FROM
    worked["outcome"] = np.where(
        is_fault, _FAULT_OUTCOMES[np.where(is_fault, reason - FAULTS_FROM, 0)], worked["outcome"]
    )
    return Offers(lead=rows, partner=partner, hop=np.full(len(rows), hop), assigned=assigned, reason=reason, **worked)


def _worked(
    plan: Plan,
    roster: Roster,
    leads: Leads,
    rows: Integers,
    partner: Integers,
    responded: Integers,
    response: Integers,
    at: Integers,
) -> dict[str, Integers]:
    """What the partner did with what it accepted, told up to the end of the program."""
    draws, index = plan.draws, leads.index[rows]
    quality, lead_quality = roster.quality[partner], leads.quality[rows]
    accepted = response == ACCEPTED
    follows = accepted & draws.chance("follows up", at, 0.15 + 0.008 * quality)
    followed_up = _after(follows, responded, draws.shaped("follow up", at, _FOLLOW_UP) * (150 - quality) // 100)
    qualifies = follows & draws.chance("partner qualifies", at, 0.30 + 0.005 * lead_quality)
    qualified = _after(qualifies, followed_up, draws.shaped("qualify", at, _QUALIFY))
    makes = qualifies & draws.chance("opportunity", at, 0.78)
    opportunity = _after(makes, qualified, draws.shaped("opportunity after", at, _OPPORTUNITY))
    closed = _after(makes, opportunity, draws.shaped("close after", at, _CLOSE))
    wins = makes & draws.chance("wins", at, 0.12 + 0.0035 * roster.skill[partner] + 0.0025 * lead_quality)
    # what ends without an opportunity is written off a while after the partner last did something
    last = np.where(qualified != NEVER, qualified, np.where(followed_up != NEVER, followed_up, responded))
    written_off = _after(accepted & ~makes, last, 5 * DAY + draws.below("written off", index, 9 * DAY))
    is_stalled = draws.chance("stalled", at, 0.02)
    recalled = accepted & ~follows & draws.chance("vendor recall", at, 0.35)
    end = plan.end
    outcome = np.where(accepted, OPEN, UNDECIDED)
    outcome = np.where(
        (written_off != NEVER) & (written_off < end) & ~is_stalled, np.where(follows, DISQUALIFIED, LOST), outcome
    )
    outcome = np.where((qualified != NEVER) & ~makes & (outcome == DISQUALIFIED), LOST, outcome)
    outcome = np.where((closed != NEVER) & (closed < end), np.where(wins, WON, LOST), outcome)
    taken_back = recalled & (outcome == LOST)
    outcome = np.where(taken_back, UNDECIDED, outcome)
    return {
        "responded": np.where(taken_back, written_off, responded),
        "response": np.where(taken_back, RECALLED, response),
        "outcome": outcome,
        **{
            name: np.where(instant < end, instant, NEVER)
            for name, instant in (
                ("followed_up", followed_up),
                ("qualified", qualified),
                ("opportunity", opportunity),
                ("closed", closed),
            )
        },
    }


def _after(happens: Mask, instant: Integers, delay: Integers) -> Integers:
    return np.where(happens & (instant != NEVER), instant + delay, NEVER)


def originating_partners(plan: Plan, roster: Roster, leads: Leads) -> Integers:
    """Who brought each portal lead: a partner of the place; -1 for the other feeds."""
    begin, count = roster.choices(leads.place, leads.line)
    found = (leads.feed == PORTAL) & (count > 0)
    offset = plan.draws.below("originating partner", leads.index, np.maximum(count, 1))
    return np.where(found, roster.cell_partner[np.where(found, begin + offset, 0)], -1)
