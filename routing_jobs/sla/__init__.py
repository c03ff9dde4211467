"""Clocks and calendars: when something is due and how much business time has passed, by the same code. Pure."""

from routing_jobs.sla.business_time import (
    add_business_seconds,
    add_business_seconds_many,
    business_seconds,
    business_seconds_many,
)
from routing_jobs.sla.calendar import Calendar
from routing_jobs.sla.clocks import calendar_for, due_at, due_at_many, public_holidays

__all__ = [
    "Calendar",
    "add_business_seconds",
    "add_business_seconds_many",
    "business_seconds",
    "business_seconds_many",
    "calendar_for",
    "due_at",
    "due_at_many",
    "public_holidays",
]
