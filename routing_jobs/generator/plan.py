"""The size and the calendar of a generated program: how many of everything, and when leads come in."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np

from routing_jobs.generator.draws import Draws, Integers
from routing_jobs.generator.text import DAY, EPOCH, Mask
from routing_jobs.program.errors import ConfigurationError

MIN_DAYS = 30
RECENT_DAYS = 21  # leads this young have not been offered yet: the next run routes them
RECENT_SHARE = 0.2
WEEKEND_SHARE = 0.35
REPEAT_WITHIN_DAYS = 25  # a buyer who comes back does so within this span, mostly


@dataclass(frozen=True)
class Plan:
    """What was asked for; everything else follows from it."""

    leads: int
    partners: int
    days: int
    seed: int
    start: date
    touches_per_lead: float

    def __post_init__(self) -> None:
        """ConfigurationError with every number that makes no program."""
        problems = [
            f"generate: {name}: value {value}: expected at least {least}"
            for name, value, least in (
                ("leads", self.leads, 1),
                ("partners", self.partners, 1),
                ("days", self.days, MIN_DAYS),
                ("touches per lead", self.touches_per_lead, 0),
                ("seed", self.seed, 0),
            )
            if value < least
        ]
        if self.start.year < 2001 or self.start.year + self.days / 365 > 2060:
            problems.append(f"generate: start: value {self.start}: expected a program between 2001 and 2060")
        if problems:
            raise ConfigurationError(*problems)

    @cached_property
    def draws(self) -> Draws:
        """Chance, all of it."""
        return Draws(self.seed)

    @property
    def first_day(self) -> int:
        """The start, in days since 1970."""
        return (self.start - EPOCH).days

    @property
    def begin(self) -> int:
        """The first instant, in seconds since 1970."""
        return self.first_day * DAY

    @property
    def end(self) -> int:
        """Noon after the last day: nothing has happened after it."""
        return (self.first_day + self.days) * DAY + DAY // 2

    @property
    def recent_from(self) -> int:
        """Leads captured from here on are still unrouted."""
        return (self.first_day + self.days - RECENT_DAYS) * DAY

    @property
    def companies(self) -> int:
        """How many companies the buyers come from."""
        return max(60, self.leads // 2)

    @property
    def repeat_window(self) -> int:
        """How many leads back a returning buyer may have come before."""
        return max(20, self.leads * REPEAT_WITHIN_DAYS // self.days)

    def captured(self, index: Integers) -> Integers:
        """When the leads were captured, in seconds since 1970: by day in order of index, in waking hours."""
        day = np.searchsorted(self._leads_until_day, index, side="right")
        minute = (
            6 * 60
            + self.draws.below("captured minute", index, 7 * 60)
            + self.draws.below("captured later", index, 6 * 60)
        )
        return (self.first_day + day) * DAY + minute * 60 + self.draws.below("captured second", index, 60)

    @cached_property
    def _leads_until_day(self) -> Integers:
        """How many leads there are up to the end of each day."""
        day = np.arange(self.days)
        weekend: Mask = (self.first_day + day + 3) % 7 >= 5  # 1970-01-01 was a Thursday
        weight = (1000 + 400 * day // self.days) * np.where(weekend, round(WEEKEND_SHARE * 100), 100)
        recent = day >= self.days - RECENT_DAYS
        wanted = RECENT_SHARE / (1 - RECENT_SHARE) * weight[~recent].sum() / weight[recent].sum()
        weight = np.where(recent, weight * round(wanted * 100), weight * 100)
        total: Integers = np.cumsum(weight)
        until: Integers = total * self.leads // total[-1]
        return until
