"""Shares by month, as several sections chart them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TypeVar

from markupsafe import Markup

from routing_jobs.publish.report.charts.dots import Estimate, estimates_over_time
from routing_jobs.publish.report.content import Figure, figure
from routing_jobs.publish.report.intervals import Rate
from routing_jobs.publish.report.wording import MONTHS, month, share

Period = TypeVar("Period")


def from_first(periods: Sequence[Period], holds_something: Callable[[Period], object]) -> list[Period]:
    """The periods from the first that holds something on; the last is kept in any case."""
    first = next((place for place, period in enumerate(periods) if holds_something(period)), len(periods) - 1)
    return list(periods[first:])


def month_labels(months: Sequence[date]) -> list[tuple[str, str]]:
    """Name of each month, and the year below the first and each January."""
    return [
        (MONTHS[start.month - 1], str(start.year) if place == 0 or start.month == 1 else "")
        for place, start in enumerate(months)
    ]


def rates_by_month(title: str, subtitle: str, months: Sequence[date], rates: Mapping[date, Rate]) -> Figure:
    """A chart of the share in each of `months` with its 95% interval; a month without trials stays empty."""
    months = from_first(months, rates.get)
    shown = [rates.get(start, Rate(0, 0)) for start in months]
    estimates = [
        Estimate(label, year, rate.estimate) for (label, year), rate in zip(month_labels(months), shown, strict=True)
    ]
    words = "; ".join(
        f"{month(start)} {share(rate.value)}" for start, rate in zip(months, shown, strict=True) if rate.trials
    )

    def draw(width: int) -> Markup:
        return estimates_over_time(width, f"{title}, dots with 95% intervals: {words}.", estimates)

    return figure(title, subtitle, draw)
