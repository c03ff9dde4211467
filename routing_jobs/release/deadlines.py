"""When a released offer must be answered and followed up: the rulebook's clocks on each partner's calendar."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from routing_jobs.program.sla_rules import SlaRules
from routing_jobs.release.facts import LeadFacts, PartnerFacts
from routing_jobs.sla.clocks import calendar_for, due_at


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Naive UTC instants."""

    accept_due_at: datetime
    follow_up_due_at: datetime


DeadlinesOf = Callable[[LeadFacts, PartnerFacts], Deadlines]


def deadlines_from(rules: SlaRules, program_timezone: str, released_at: datetime) -> DeadlinesOf:
    """A function giving the deadlines of an offer released at `released_at` (naive UTC).

    Offers of one release differ only by calendar and rule, so each combination is worked out once. A partner whose
    roster names no zone keeps the program's; a calendar the rulebook does not have counts as the default one, because
    a roster's typing error must not keep a lead from a deadline.
    """
    start = released_at.replace(tzinfo=UTC)

    @cache
    def work_out(
        timezone: str, country: str | None, calendar: str | None, grade: str | None, tier: str | None,
        segment: str | None,
    ) -> Deadlines:  # fmt: skip
        hours = calendar_for(rules, timezone, country, calendar if calendar in rules.calendars else None)
        acceptance, follow_up = (
            due_at(start, rules.clock(name, grade=grade, tier=tier, segment=segment), hours).replace(tzinfo=None)
            for name in ("release_to_acceptance", "release_to_follow_up")
        )
        return Deadlines(acceptance, follow_up)

    def deadlines(lead: LeadFacts, partner: PartnerFacts) -> Deadlines:
        return work_out(
            partner.timezone or program_timezone, partner.country, partner.calendar, lead.grade, partner.tier,
            lead.segment,
        )  # fmt: skip

    return deadlines
