"""Deadlines of released offers, worked out by hand."""

from datetime import datetime

import pytest

from routing_jobs.program.sla_rules import SlaRules
from routing_jobs.release.deadlines import deadlines_from
from routing_jobs.release.facts import LeadFacts, PartnerFacts

RULES = SlaRules.model_validate_json(
    """{"version": "1",
    "calendars": {"default": {"weekdays": [1, 2, 3, 4, 5], "open": "09:00", "close": "17:00", "holidays": "country"},
                  "gulf": {"weekdays": [7, 1, 2, 3, 4], "open": "09:00", "close": "18:00"}},
    "clocks": {"capture_to_release": {"business_days": 1}, "release_to_acceptance": {"business_days": 2},
               "release_to_follow_up": {"hours": 72}, "capture_to_follow_up": {"business_days": 4}},
    "by_grade": {"A": {"release_to_acceptance": {"business_days": 1}}},
    "matures_after_days": {"accepted": 1, "worked": 1, "partner_qualified": 1, "opportunity": 1, "won": 1}}"""
)


def lead(grade):
    facts = dict.fromkeys(LeadFacts._fields) | {"grade": grade, "has_consent": True}
    return LeadFacts(**facts)


def partner(timezone="Europe/Berlin", country="DE", calendar=None):
    return PartnerFacts("P", "Partner", True, "gold", country, timezone, calendar, True)


@pytest.mark.parametrize(
    ("released", "grade", "who", "accept_due"),
    [
        # Thursday 10:00 in Berlin, one business day: Friday 10:00 (CET)
        ("2026-03-05T09:00", "A", partner(), "2026-03-06T09:00"),
        # Friday 10:00, two business days: Tuesday 10:00
        ("2026-03-06T09:00", "B", partner(), "2026-03-10T09:00"),
        # Thursday before Easter 10:00 CEST; Good Friday and Easter Monday are holidays: Tuesday 10:00
        ("2026-04-02T08:00", "A", partner(), "2026-04-07T08:00"),
        # Friday 10:00 before the clocks change on Sunday: Monday 10:00 CEST
        ("2026-03-27T09:00", "A", partner(), "2026-03-30T08:00"),
        # Thursday 12:00 in Dubai, Sunday to Thursday 9-18: the day's nine hours end on Sunday 12:00
        ("2026-03-05T08:00", "A", partner("Asia/Dubai", "AE", "gulf"), "2026-03-08T08:00"),
        # a calendar nobody described counts as the default one; a missing zone as the program's (New York)
        ("2026-03-05T15:00", "A", partner(None, "US", "lunar"), "2026-03-06T15:00"),
    ],
)
def test_acceptance_is_due_on_the_partners_calendar(released, grade, who, accept_due):
    due = deadlines_from(RULES, "America/New_York", datetime.fromisoformat(released))(lead(grade), who)
    assert due.accept_due_at == datetime.fromisoformat(accept_due)


def test_elapsed_hours_know_no_weekend():
    due = deadlines_from(RULES, "Europe/Berlin", datetime(2026, 3, 6, 9))(lead("A"), partner())
    assert due.follow_up_due_at == datetime(2026, 3, 9, 9)
