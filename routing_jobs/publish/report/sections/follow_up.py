"""How many offers partners followed up by the deadline."""

from routing_jobs.publish.report.changes import UNKNOWN, against, change_of_rate
from routing_jobs.publish.report.clock import Period
from routing_jobs.publish.report.content import Block, Figure, Headline, Section, Table, number_columns, text_columns
from routing_jobs.publish.report.intervals import Rate
from routing_jobs.publish.report.reading import Reader, Row, by_period, total
from routing_jobs.publish.report.sections.monthly import rates_by_month
from routing_jobs.publish.report.wording import count, name, plural, share, span

ANCHOR, TITLE = "follow-up", "Followed up in time"
PERIOD_DAYS, MONTHS_SHOWN = 90, 12
NO_ROW = {"counted_count": 0, "in_time_count": 0, "never_count": 0}
DEFINITIONS = (
    (
        "Followed up in time",
        "Of the offers whose follow-up deadline fell in the period, those the partner followed up by it and "
        "reported within the grace. A follow-up is an attempt, contact, meeting, qualification, "
        "disqualification or a deal registration, never a note. In the marts: "
        "fct_assignment.is_followed_up_in_time by follow_up_due_at.",
    ),
    (
        "Left out",
        "Offers the partner could not or need not follow up: taken back by the vendor before the deadline, of "
        "suppressed or duplicate leads, or declined in time for a fault of the lead "
        "(fct_assignment.is_left_out).",
    ),
    ("Tier", "The tier the partner had when the offer left, not the one it has now."),
    ("Interval", "95% Wilson score interval; of a change, Newcombe's interval of the difference."),
)


def follow_up_in_time_section(reader: Reader) -> Section:
    """The share of offers followed up by their deadline."""
    clock = reader.clock
    period, previous = clock.days(PERIOD_DAYS)
    rows = reader.rows(
        "in_time_by_tier", previous_start=previous.start, period_start=period.start, period_end=period.end
    )
    if not rows:
        missing = (
            "No lead has been offered to a partner yet."
            if reader.first.released_at is None
            else f"No follow-up deadline fell in {previous.label} or {period.label}."
        )
        return Section(ANCHOR, TITLE, definitions=DEFINITIONS, missing=missing)
    is_comparable = reader.first.released_at <= previous.start
    current = [row for row in rows if row["is_current"]]
    now, before = _rate(current), _rate([row for row in rows if not row["is_current"]])
    headline = Headline(
        "Offers followed up in time",
        share(now.value),
        f"{count(now.successes)} of {plural(now.trials, 'offer')} due {period.label}",
        against(change_of_rate(now, before), previous.label) if is_comparable else UNKNOWN,
        span(now.lower, now.upper),
    )
    never = Rate(total(current, "never_count"), now.trials)
    lede = (
        f"Partners followed up {share(now.value)} of the offers due {period.label} in time; "
        f"{share(never.value)} have had no follow-up at all."
    )
    blocks: list[Block] = [_chart(reader, period), _table(rows, period, previous, is_comparable)]
    return Section(ANCHOR, TITLE, lede, [headline], blocks, DEFINITIONS)


def _rate(rows: list[Row]) -> Rate:
    return Rate(total(rows, "in_time_count"), total(rows, "counted_count"))


def _chart(reader: Reader, period: Period) -> Figure:
    clock = reader.clock
    months = clock.months_to_now(MONTHS_SHOWN).starts()
    rows = reader.rows(
        "in_time_by_month",
        timezone=clock.timezone, months_start=clock.instant(months[0]), period_end=period.end,
    )  # fmt: skip
    rates = {row["month"]: Rate(row["in_time_count"], row["counted_count"]) for row in rows}
    subtitle = "By month of the follow-up deadline, with 95% intervals; the last month is not over yet"
    return rates_by_month("Share of offers followed up in time", subtitle, months, rates)


def _table(rows: list[Row], period: Period, previous: Period, is_comparable: bool) -> Table:
    columns = text_columns("Partner tier") + number_columns(
        "Offers due", "In time", "Share", "95% interval", "Never", "Before", "Change, points"
    )
    tiers = by_period(rows, "tier")
    body = [
        _row(name(tier), [pair.get(True, NO_ROW)], [pair.get(False, NO_ROW)], is_comparable)
        for tier, pair in tiers.items()
    ]
    current, earlier = [row for row in rows if row["is_current"]], [row for row in rows if not row["is_current"]]
    body.append(_row("All", current, earlier, is_comparable))
    caption = f"By partner tier: due {period.label}, before: {previous.label}"
    return Table(caption, columns, body, has_total=True)


def _row(label: str, current: list[Row], earlier: list[Row], is_comparable: bool) -> list:
    now, before = _rate(current), _rate(earlier)
    return [
        label,
        count(now.trials),
        count(now.successes),
        share(now.value),
        span(now.lower, now.upper),
        share(Rate(total(current, "never_count"), now.trials).value),
        share(before.value),
        change_of_rate(now, before) if is_comparable else UNKNOWN,
    ]
