"""How long a lead waits from capture to its first follow-up."""

from itertools import accumulate

from markupsafe import Markup

from routing_jobs.publish.report.changes import UNKNOWN, against, change_of_amount, change_of_rate
from routing_jobs.publish.report.charts.curves import Curve, TimeAxis, step_curves
from routing_jobs.publish.report.clock import Period
from routing_jobs.publish.report.content import (
    Block,
    Cell,
    Change,
    Figure,
    Headline,
    Section,
    Table,
    figure,
    number_columns,
    text_columns,
)
from routing_jobs.publish.report.intervals import Rate
from routing_jobs.publish.report.reading import Reader, Row
from routing_jobs.publish.report.wording import count, duration, plural, share, span

ANCHOR, TITLE = "speed", "From capture to first follow-up"
PERIOD_DAYS, WATCHED_DAYS = 90, 14
STEP_MINUTES = 360
STEPS_A_DAY = 1440 // STEP_MINUTES
HORIZONS = (1, 2, 4, 7, 14)
DEFINITIONS = (
    (
        "Capture to first follow-up",
        "Elapsed time, nights and weekends included, from the capture of a vendor's qualified lead to the "
        "first follow-up by any partner. Leads of the vendor's own team, duplicates and suppressed leads are "
        "left out, as are leads with a follow-up dated before their capture. In the marts: "
        "fct_lead.capture_to_follow_up_minutes.",
    ),
    (
        "Median of all",
        "The time by which half of all these leads had been followed up. Those without a follow-up count as waiting "
        f"longest, and every lead could be watched for {WATCHED_DAYS} days, so the figure is not flattered by leaving "
        "them out. Its 95% interval comes from the order statistics.",
    ),
    ("Interval", "Of shares: 95% Wilson score interval; of a change, Newcombe's interval of the difference."),
)


def speed_section(reader: Reader) -> Section:
    """The median time to the first follow-up, those never followed up counted, and the share within some days."""
    period, previous = reader.clock.days(PERIOD_DAYS, watched_for=WATCHED_DAYS)
    bounds = {"previous_start": previous.start, "period_start": period.start, "period_end": period.end}
    medians = {row["is_current"]: row for row in reader.rows("follow_up_medians", **bounds)}
    if True not in medians:
        missing = (
            "No lead has been captured yet."
            if reader.first.captured_at is None
            else f"No lead of the vendor's that qualified was captured {period.label}; younger ones could not be "
            f"watched for {WATCHED_DAYS} days yet."
        )
        return Section(ANCHOR, TITLE, definitions=DEFINITIONS, missing=missing)
    steps = reader.rows("follow_up_delays", step_minutes=STEP_MINUTES, watched_minutes=WATCHED_DAYS * 1440, **bounds)
    done = {is_current: _cumulated(steps, is_current) for is_current in (True, False)}
    now, before = medians[True], medians.get(False)
    is_comparable = before is not None and reader.first.captured_at <= previous.start
    change = against(_change(now, before), previous.label) if before and is_comparable else UNKNOWN
    headline = Headline(
        "Half of all leads followed up within",
        _words(now["median_minutes"]),
        f"of {plural(now['lead_count'], 'qualified lead')} captured {period.label}",
        change,
        _interval(now),
    )
    lede = (
        f"Within a day of capture, {share(_within(done[True], 1).value)} of leads had been followed up; "
        f"after {WATCHED_DAYS} days, {share(_within(done[True], WATCHED_DAYS).value)}."
    )
    blocks: list[Block] = [_chart(done, period, previous, is_comparable), _table(done, period, previous, is_comparable)]
    return Section(ANCHOR, TITLE, lede, [headline], blocks, DEFINITIONS)


def _words(minutes: float | None) -> str:
    if minutes is None or minutes > WATCHED_DAYS * 1440:
        return f"> {WATCHED_DAYS} days"
    return duration(minutes)


def _interval(median: Row) -> str:
    lower, upper = _words(median["lower_minutes"]), _words(median["upper_minutes"])
    return lower if lower == upper else f"{lower} to {upper}"


def _change(now: Row, before: Row) -> Change:
    """Medians whose intervals overlap are not called different."""
    longest = float(WATCHED_DAYS * 1440)
    lower, upper, median = (
        [min(row[column] if row[column] is not None else longest, longest) for row in (now, before)]
        for column in ("lower_minutes", "upper_minutes", "median_minutes")
    )
    if lower[0] <= upper[1] and lower[1] <= upper[0]:
        return Change(f"no clear change (before: {_words(before['median_minutes'])})", "even")
    return change_of_amount(median[0], median[1], up_is_good=False)


def _cumulated(rows: list[Row], is_current: bool) -> list[Rate]:
    """The share followed up by the end of each step, step 0 = at once."""
    counted = {row["step"]: row["lead_count"] for row in rows if row["is_current"] == is_current}
    everyone = sum(counted.values())
    last = WATCHED_DAYS * STEPS_A_DAY
    return [Rate(done, everyone) for done in accumulate(counted.get(step, 0) for step in range(last + 1))]


def _within(done: list[Rate], days: int) -> Rate:
    return done[days * STEPS_A_DAY]


def _days(number: int) -> str:
    return plural(number, "day")


def _chart(done: dict[bool, list[Rate]], period: Period, previous: Period, is_comparable: bool) -> Figure:
    curves = [_curve("This period", "one", done[True])]
    if is_comparable:
        curves.append(_curve("Before", "grey", done[False]))
    marks = [(days * 1440.0, f"{days}" if days < WATCHED_DAYS else f"{days} days") for days in HORIZONS]
    words = ", ".join(f"{share(_within(done[True], days).value)} within {_days(days)}" for days in HORIZONS)

    def draw(width: int) -> Markup:
        description = f"Curve of the share followed up since capture: {words}."
        return step_curves(width, description, curves, TimeAxis(WATCHED_DAYS * 1440.0, marks))

    legend = f"This period: captured {period.label}" + (f"; before: {previous.label}" if is_comparable else "")
    return figure(
        "Share of leads followed up since capture", f"Days since capture, with the 95% interval. {legend}", draw
    )


def _curve(label: str, css_class: str, done: list[Rate]) -> Curve:
    steps = [(step * float(STEP_MINUTES), rate.value or 0.0) for step, rate in enumerate(done)]
    band = [(rate.lower or 0.0, rate.upper or 0.0) for rate in done]
    return Curve(label, css_class, steps, band if css_class == "one" else ())


def _table(done: dict[bool, list[Rate]], period: Period, previous: Period, is_comparable: bool) -> Table:
    columns = text_columns("Within") + number_columns("Leads", "Share", "95% interval", "Before", "Change, points")
    rows: list[list[Cell]] = []
    for days in HORIZONS:
        now, before = _within(done[True], days), _within(done[False], days)
        change = change_of_rate(now, before) if is_comparable else UNKNOWN
        label = _days(days)
        rows.append(
            [label, count(now.successes), share(now.value), span(now.lower, now.upper), share(before.value), change]
        )
    return Table(f"Followed up since capture: captured {period.label}, before: {previous.label}", columns, rows)
