"""The program the report is about, and the periods its numbers are taken over.

Instants are UTC without zone, as in the marts; days, months and quarters are the program's own.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from routing_jobs.publish.report.wording import Money, days_between, months_between


@dataclass(frozen=True)
class Period:
    """Whole days of the program: from `start` up to, not including, `end`, both midnights; `label` names the days."""

    start: datetime
    end: datetime
    label: str


@dataclass(frozen=True)
class Months:
    """Whole calendar months: `first` <= month < `end`, both first days of months."""

    first: date
    end: date

    @property
    def label(self) -> str:
        """Such as Mar – May 2026."""
        return months_between(self.first, month_after(self.end, -1))

    def starts(self) -> list[date]:
        """First day of each month."""
        number = (self.end.year - self.first.year) * 12 + self.end.month - self.first.month
        return [month_after(self.first, offset) for offset in range(number)]

    def before(self) -> "Months":
        """As many months before these."""
        return Months(month_after(self.first, -len(self.starts())), self.first)


@dataclass(frozen=True)
class Quarter:
    """A fiscal quarter: its name, as rpt_sourcing has it, and its first day."""

    name: str
    first: date


@dataclass(frozen=True)
class Clock:
    """The one row of dim_program: what the program is called, its money, its zone, and when now is."""

    program_name: str
    currency: str
    currency_exponent: int
    timezone: str
    fiscal_year_starts: int
    as_of: datetime

    @property
    def money(self) -> Money:
        """Amounts in the program currency, in words."""
        return Money(self.currency, self.currency_exponent)

    def local(self, instant: datetime) -> datetime:
        """A UTC instant on the program's clocks."""
        return instant.replace(tzinfo=UTC).astimezone(ZoneInfo(self.timezone)).replace(tzinfo=None)

    def instant(self, first_moment_of: date) -> datetime:
        """The UTC instant a day of the program begins."""
        midnight = datetime.combine(first_moment_of, time(), ZoneInfo(self.timezone))
        return midnight.astimezone(UTC).replace(tzinfo=None)

    @property
    def today(self) -> date:
        """The program's day of as_of."""
        return self.local(self.as_of).date()

    def days(self, length: int, watched_for: int = 0) -> tuple[Period, Period]:
        """The last `length` days of the program, today included, and as many before them.

        With `watched_for`, the last that ended at least that many times 24 hours before as_of.
        """
        end = self.today + timedelta(days=1)
        if watched_for:
            end = self.local(self.as_of - timedelta(days=watched_for)).date()
        start = end - timedelta(days=length)
        return self._period(start, end), self._period(start - timedelta(days=length), start)

    def _period(self, first: date, end: date) -> Period:
        return Period(self.instant(first), self.instant(end), days_between(first, end - timedelta(days=1)))

    def complete_months(self, number: int) -> Months:
        """The `number` calendar months that ended last."""
        end = self.today.replace(day=1)
        return Months(month_after(end, -number), end)

    def months_to_now(self, number: int) -> Months:
        """The `number` calendar months up to the one of as_of, which may be unfinished."""
        end = month_after(self.today.replace(day=1), 1)
        return Months(month_after(end, -number), end)

    def quarters(self, number: int) -> list[Quarter]:
        """The `number` fiscal quarters up to the one of as_of, in order."""
        into = (self.today.month - self.fiscal_year_starts) % 3
        current = month_after(self.today.replace(day=1), -into)
        return [self._quarter(month_after(current, -3 * back)) for back in reversed(range(number))]

    def _quarter(self, first: date) -> Quarter:
        """Named as the marts name it: by the calendar year its fiscal year ends in."""
        starts = self.fiscal_year_starts
        year = first.year + (1 if starts > 1 and first.month >= starts else 0)
        return Quarter(f"FY{year}-Q{(first.month - starts) % 12 // 3 + 1}", first)


def month_after(first: date, number: int) -> date:
    """The first day of the month `number` months after (before, if negative) that of `first`."""
    months = first.year * 12 + first.month - 1 + number
    return date(months // 12, months % 12 + 1, 1)
