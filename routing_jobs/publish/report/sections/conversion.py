"""How many of the leads offered to partners became pipeline."""

from routing_jobs.publish.report.changes import UNKNOWN, against, change_of_rate
from routing_jobs.publish.report.clock import Months, Period, month_after
from routing_jobs.publish.report.content import Block, Figure, Headline, Section, Table, number_columns, text_columns
from routing_jobs.publish.report.intervals import Rate
from routing_jobs.publish.report.reading import Reader, Row, by_period, total
from routing_jobs.publish.report.sections.monthly import rates_by_month
from routing_jobs.publish.report.wording import count, name, plural, share, span

ANCHOR, TITLE = "conversion", "From released to pipeline"
PERIOD_DAYS = 90
WINDOW_DAYS = 90  # where sla.yaml does not say when an opportunity matures
MONTHS_SHOWN = 12
NO_ROW = {"released_count": 0, "opportunity_count": 0}


def _definitions(window: int) -> list[tuple[str, str]]:
    return [
        (
            "Released to pipeline",
            f"Of the leads first offered to a partner in the period, those with an opportunity within {window} days "
            "of that offer. In the marts: fct_lead.first_released_at and opportunity_at.",
        ),
        (
            "Old enough to judge",
            f"Only leads offered on days that ended at least {window} days ago count (dim_stage.matures_after_days), so "
            "every lead had the same time and no period looks worse for being young.",
        ),
        ("Interval", "95% Wilson score interval; of a change, Newcombe's interval of the difference."),
    ]


def conversion_section(reader: Reader) -> Section:
    """The share of released leads that became an opportunity, among those old enough to judge."""
    clock = reader.clock
    matures = {row["stage"]: row["matures_after_days"] for row in reader.rows("maturities")}
    window = matures.get("opportunity", WINDOW_DAYS)
    period, previous = clock.days(PERIOD_DAYS, watched_for=window)
    window_us = window * 86_400_000_000
    rows = reader.rows(
        "conversion_by_channel",
        previous_start=previous.start, period_start=period.start, period_end=period.end, window_us=window_us,
    )  # fmt: skip
    if reader.first.released_at is None:
        return Section(
            ANCHOR, TITLE, definitions=_definitions(window), missing="No lead has been offered to a partner yet."
        )
    if not rows:
        missing = f"No lead was first offered in {previous.label} or {period.label}: younger ones cannot be judged yet."
        return Section(ANCHOR, TITLE, definitions=_definitions(window), missing=missing)
    is_comparable = reader.first.released_at <= previous.start
    channels = by_period(rows, "lead_channel")
    now, before = _rate(row for row in rows if row["is_current"]), _rate(row for row in rows if not row["is_current"])
    headline = Headline(
        f"Released leads in pipeline within {window} days",
        share(now.value),
        f"{count(now.successes)} of {plural(now.trials, 'lead')} first offered {period.label}",
        against(change_of_rate(now, before), previous.label) if is_comparable else UNKNOWN,
        span(now.lower, now.upper),
    )
    lede = (
        f"Of {plural(now.trials, 'lead')} first offered to partners {period.label}, {share(now.value)} became an "
        f"opportunity within {window} days."
    )
    blocks: list[Block] = [
        _chart(reader, period, window, window_us),
        _table(channels, period, previous, now, before, is_comparable),
    ]
    return Section(ANCHOR, TITLE, lede, [headline], blocks, _definitions(window))


def _rate(rows) -> Rate:
    rows = list(rows)
    return Rate(total(rows, "opportunity_count"), total(rows, "released_count"))


def _chart(reader: Reader, period: Period, window: int, window_us: int) -> Figure:
    clock = reader.clock
    unjudged = clock.local(period.end).date().replace(day=1)
    months = Months(month_after(unjudged, -MONTHS_SHOWN), unjudged)
    rows = reader.rows(
        "conversion_by_month",
        timezone=clock.timezone,
        window_us=window_us,
        months_start=clock.instant(months.first),
        months_end=clock.instant(months.end),
    )
    rates = {row["month"]: Rate(row["opportunity_count"], row["released_count"]) for row in rows}
    subtitle = f"Share with an opportunity within {window} days, by month of first offer, with 95% intervals"
    return rates_by_month("Released leads that became pipeline", subtitle, months.starts(), rates)


def _table(
    channels: dict[str, dict[bool, Row]], period: Period, previous: Period, now: Rate, before: Rate, is_comparable: bool
) -> Table:
    columns = text_columns("Channel") + number_columns(
        "Leads offered", "In pipeline", "Share", "95% interval", "Before", "Change, points"
    )
    ordered = sorted(channels.items(), key=lambda item: (-item[1].get(True, NO_ROW)["released_count"], item[0]))
    rows = [
        _row(name(channel), _rate([pair.get(True, NO_ROW)]), _rate([pair.get(False, NO_ROW)]), is_comparable)
        for channel, pair in ordered
    ]
    rows.append(_row("All", now, before, is_comparable))
    caption = f"By lead channel: first offered {period.label}, before: {previous.label}"
    return Table(caption, columns, rows, has_total=True)


def _row(label: str, now: Rate, before: Rate, is_comparable: bool) -> list:
    return [
        label,
        count(now.trials),
        count(now.successes),
        share(now.value),
        span(now.lower, now.upper),
        share(before.value),
        change_of_rate(now, before) if is_comparable else UNKNOWN,
    ]
