"""What became of leads before leadroute: offers to partners, their answers, and where the work ended.

Partner quality drives answers and follow-up, skill and campaign quality drive what is won: performance weights and
attribution have something true to find.
"""

from dataclasses import dataclass, fields, replace

import numpy as np

from routing_jobs.generator.draws import Integers, lognormal
from routing_jobs.generator.leads import COMPETITOR, CRM, PORTAL, UNSAID, YES, Leads
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
_OFFERED_SHARE = 0.985
_WORTH_OFFERING = 45


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
    """Rows of the leads that were offered to partners: old, first of their buyer, promising, allowed, covered."""
    _, count = roster.choices(leads.place, leads.line)
    allowed = (leads.consent == YES) | ((leads.consent == UNSAID) & (leads.feed == CRM))
    good = allowed & (leads.root == leads.index) & (leads.email != COMPETITOR) & ~leads.is_student
    good &= leads.has_country & leads.has_region & (count > 0) & (leads.captured < plan.recent_from)
    good &= (leads.points >= _WORTH_OFFERING) | (
        leads.feed == PORTAL
    )  # what partners refer is theirs whatever it scores
    return np.flatnonzero(good & plan.draws.chance("offered", leads.index, _OFFERED_SHARE))


def make_offers(plan: Plan, roster: Roster, leads: Leads) -> Offers:
    """The offers of a chunk, hop by hop: who declines or lets it lapse loses the lead to the next partner."""
    rows = offered_leads(plan, roster, leads)
    start = leads.captured[rows] + plan.draws.shaped("release", leads.index[rows], _RELEASE)
    parts = []
    for hop in range(1, MAX_HOPS + 1):
        is_past = start < plan.end - 12 * HOUR
        offers = _worked(plan, roster, leads, _answered(plan, roster, leads, rows[is_past], start[is_past], hop))
        parts.append(offers)
        again = np.isin(offers.response, (DECLINED, EXPIRED, RECALLED)) & (offers.reason < FAULTS_FROM)
        gone = np.where(offers.responded != NEVER, offers.responded, offers.assigned + _EXPIRY)
        rows, start = offers.lead[again], gone[again] + HOUR
        _, count = roster.choices(leads.place[rows], leads.line[rows])
        further = (count > hop) & (leads.partner[rows] < 0)
        rows, start = rows[further], start[further]
    return concatenated(parts)


def _answered(plan: Plan, roster: Roster, leads: Leads, rows: Integers, assigned: Integers, hop: int) -> Offers:
    """The leads at `rows` offered at these instants, and what the partners answered by the end of the program."""
    draws, at = plan.draws, leads.index[rows] * 4 + hop
    begin, count = roster.choices(leads.place[rows], leads.line[rows])
    partner = roster.cell_partner[begin + (draws.below("partner", leads.index[rows], count) + hop - 1) % count]
    partner = np.where(leads.partner[rows] >= 0, leads.partner[rows], partner)
    quality, drawn = roster.quality[partner], draws.below("response", at, 100)
    # few leads are left over: the last one asked takes them, and a partner what it has brought itself
    is_last = (hop >= np.minimum(count, MAX_HOPS)) | (leads.partner[rows] >= 0)
    accepts = np.where(is_last, 93, 42 + quality * 45 // 100)
    response = np.where(drawn < accepts, ACCEPTED, np.where(drawn < np.minimum(accepts + 11, 97), DECLINED, EXPIRED))
    answer = assigned + draws.shaped("answer", at, _ANSWER) * (140 - quality) // 100
    response = np.where(np.where(response == EXPIRED, assigned + _EXPIRY, answer) < plan.end, response, PENDING)
    fault = np.where(draws.chance("lead fault", at, 0.25), FAULTS_FROM, 0)
    reason = np.where(response == DECLINED, draws.below("decline reason", at, len(DECLINE_REASONS)) + fault, -1)
    is_fault = reason >= FAULTS_FROM
    never = np.full(len(rows), NEVER)
    return Offers(
        lead=rows,
        partner=partner,
        hop=np.full(len(rows), hop),
        assigned=assigned,
        responded=np.where(np.isin(response, (ACCEPTED, DECLINED)), answer, NEVER),
        response=response,
        reason=reason,
        followed_up=never,
        qualified=never,
        opportunity=never,
        closed=never,
        outcome=np.where(is_fault, _FAULT_OUTCOMES[np.where(is_fault, reason - FAULTS_FROM, 0)], UNDECIDED),
    )


def _worked(plan: Plan, roster: Roster, leads: Leads, offers: Offers) -> Offers:
    """The offers with what partners did with those they accepted, told up to the end of the program."""
    draws, at = plan.draws, leads.index[offers.lead] * 4 + offers.hop
    quality, lead_quality = roster.quality[offers.partner], leads.quality[offers.lead]
    accepted = offers.response == ACCEPTED
    follows = accepted & draws.chance("follows up", at, 0.15 + 0.008 * quality)
    qualifies = follows & draws.chance("partner qualifies", at, 0.30 + 0.005 * lead_quality)
    makes = qualifies & draws.chance("opportunity", at, 0.78)
    followed_up = _after(follows, offers.responded, draws.shaped("follow up", at, _FOLLOW_UP) * (150 - quality) // 100)
    qualified = _after(qualifies, followed_up, draws.shaped("qualify", at, _QUALIFY))
    opportunity = _after(makes, qualified, draws.shaped("opportunity after", at, _OPPORTUNITY))
    closed = _after(makes, opportunity, draws.shaped("close after", at, _CLOSE))
    wins = draws.chance("wins", at, 0.12 + 0.0035 * roster.skill[offers.partner] + 0.0025 * lead_quality)
    # what leads to no opportunity is written off a while after the partner last did something
    last = np.maximum(np.maximum(qualified, followed_up), offers.responded)
    written_off = _after(
        accepted & ~makes, last, 10 * DAY + draws.below("written off", leads.index[offers.lead], 16 * DAY)
    )
    is_over = (written_off != NEVER) & (written_off < plan.end) & ~draws.chance("stalled", at, 0.02)
    is_recalled = is_over & ~follows & (offers.hop == 1) & draws.chance("vendor recall", at, 0.35)
    outcome = np.where(
        accepted, np.where(is_over, np.where(follows & ~qualifies, DISQUALIFIED, LOST), OPEN), offers.outcome
    )
    outcome = np.where((closed != NEVER) & (closed < plan.end), np.where(wins, WON, LOST), outcome)
    return replace(
        offers,
        responded=np.where(is_recalled, written_off, offers.responded),
        response=np.where(is_recalled, RECALLED, offers.response),
        outcome=np.where(is_recalled, UNDECIDED, outcome),
        followed_up=_told(plan, followed_up),
        qualified=_told(plan, qualified),
        opportunity=_told(plan, opportunity),
        closed=_told(plan, closed),
    )


def _after(happens: Mask, instant: Integers, delay: Integers) -> Integers:
    return np.where(happens & (instant != NEVER), instant + delay, NEVER)


def _told(plan: Plan, instant: Integers) -> Integers:
    """The instants that lie before the end."""
    return np.where(instant < plan.end, instant, NEVER)


def originating_partners(plan: Plan, roster: Roster, leads: Leads) -> Integers:
    """Who brought each portal lead: a partner of the place; -1 for the other feeds."""
    begin, count = roster.choices(leads.place, leads.line)
    found = (leads.feed == PORTAL) & (count > 0)
    offset = plan.draws.below("originating partner", leads.index, np.maximum(count, 1))
    return np.where(found, roster.cell_partner[np.where(found, begin + offset, 0)], -1)
