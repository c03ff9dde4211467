"""How fast partners answer and follow up, those still waiting counted."""

from markupsafe import Markup

from routing_jobs.publish.report.changes import UNKNOWN, against, change_of_rate
from routing_jobs.publish.report.charts.curves import Curve, TimeAxis, step_curves
from routing_jobs.publish.report.content import (
    HALF,
    Figure,
    Headline,
    Pair,
    Section,
    Table,
    figure,
    number_columns,
    text_columns,
)
from routing_jobs.publish.report.intervals import Rate
from routing_jobs.publish.report.reading import Reader, Row, total
from routing_jobs.publish.report.wording import business_hours, count, duration, month, name, plural, share, span

ANCHOR, TITLE = "response", "Response time"
MONTHS_COMPARED, MONTHS_SHOWN = 3, 6
WAITS = (("answer", "Answered", "one"), ("follow_up", "Followed up", "two"))
CLOCKS = (
    # clock, title, minutes of one mark, its word, how far the axis may look in marks
    ("elapsed", "Elapsed time since release", 1440.0, "day", (2, 5, 10, 20, 40)),
    ("business", "Business time since release, in the partner's hours", 480.0, "business hours", (2, 5, 10, 20, 40)),
)
DEFINITIONS = (
    (
        "Response curve",
        "The share of offers answered (accepted or declined) and followed up within a time of their release, "
        "where they are not closed first, by Kaplan-Meier: an offer still open, taken back or expired counts as "
        "waiting for as long as it could be watched, never as missing. It says how long partners take, not how many "
        "offers were ever answered or followed up. Bands are 95% intervals (Greenwood, log-log). In the marts: "
        "rpt_response_curve.",
    ),
    (
        "Median, nine in ten",
        "The times within which half and nine in ten offers are answered or followed up where they are not closed "
        "first, read from the same curves; “not reached” where too few were. In the marts: rpt_response_summary.",
    ),
    (
        "Ever followed up",
        "The share of all offers with a follow-up, in time or late (followed_up_count of rpt_response_summary); the "
        "youngest may get one yet.",
    ),
    (
        "Answered in time",
        "Of the offers answered, or whose answer window has closed, those answered by accept_due_at. Never "
        "answered: the window closed without an answer. Business time: the partner's zone, hours and "
        "holidays.",
    ),
    ("Change", "Offers of the last three complete months against those of the three before, by month of release."),
)


def response_section(reader: Reader) -> Section:
    """Shares answered in time and never, the response curves, medians by month and tier."""
    rows = reader.rows("response_summary")
    everything = [row for row in rows if row["slice"] == "all"]
    if not everything:
        return Section(ANCHOR, TITLE, definitions=DEFINITIONS, missing="No lead has been offered to a partner yet.")
    (overall,) = everything
    months = {row["slice_key"]: row for row in rows if row["slice"] == "month"}
    curves = reader.rows("response_curve")
    charts = Pair((_chart(curves, *CLOCKS[0]), _chart(curves, *CLOCKS[1])))
    table = _table(reader, overall, months, [row for row in rows if row["slice"] == "tier"])
    return Section(ANCHOR, TITLE, _lede(overall), _headlines(reader, months), [charts, table], DEFINITIONS)


def _lede(overall: Row) -> str:
    """How many offers were ever answered and followed up, and how long an answer takes where it is not cut short."""
    offers = overall["offer_count"]
    answered, followed_up = (Rate(overall[f"{what}_count"], offers).value for what in ("answered", "followed_up"))
    text = f"Of {plural(offers, 'offer')} {share(answered)} were answered and {share(followed_up)} followed up. "
    median, nine_in_ten = overall["answer_median_minutes"], overall["answer_p90_minutes"]
    if median is None:
        return f"{text}Too few answers came to say how long half of them take."
    text += f"Of offers not closed before, half are answered within {duration(median)} of release"
    if nine_in_ten is None:
        return f"{text}; nine in ten is not reached."
    return f"{text}, nine in ten within {duration(nine_in_ten)}."


def _headlines(reader: Reader, months: dict[str, Row]) -> list[Headline]:
    period = reader.clock.complete_months(MONTHS_COMPARED)
    current = [months[str(start)] for start in period.starts() if str(start) in months]
    earlier = [months[str(start)] for start in period.before().starts() if str(start) in months]
    if not current:
        return []
    is_comparable = reader.first.released_at <= reader.clock.instant(period.before().first)
    found = []
    for label, column, up_is_good in (
        ("Offers answered in time", "answered_in_time_count", True),
        ("Offers never answered", "never_answered_count", False),
    ):
        now, before = (
            Rate(total(rows, column), total(rows, "answer_window_closed_count")) for rows in (current, earlier)
        )
        change = change_of_rate(now, before, up_is_good=up_is_good) if is_comparable else UNKNOWN
        basis = f"of {plural(now.trials, 'offer')} released {period.label}"
        found.append(
            Headline(label, share(now.value), basis, against(change, period.before().label), span(now.lower, now.upper))
        )
    return found


def _chart(rows: list[Row], clock: str, title: str, mark_minutes: float, word: str, reaches: tuple[int, ...]) -> Figure:
    curves = []
    for wait, label, css_class in WAITS:
        steps = [row for row in rows if row["wait"] == wait and row["clock"] == clock]
        curves.append(
            Curve(
                label,
                css_class,
                [(row["minutes"], row["share_rate"]) for row in steps],
                [(row["share_rate_lower"], row["share_rate_upper"]) for row in steps],
            )
        )
    reach = next((reach for reach in reaches if _shows_enough(curves, reach * mark_minutes)), reaches[-1])
    axis = TimeAxis(reach * mark_minutes, _marks(reach, mark_minutes, word))

    def draw(width: int) -> Markup:
        end = axis.marks[-1][1]
        words = "; ".join(f"{curve.name} {share(_share_at(curve, axis.furthest))} after {end}" for curve in curves)
        return step_curves(
            width, f"Curves of the share of offers not closed first over time. {title}: {words}.", curves, axis
        )

    return figure(title, "Share of offers not closed first, with 95% intervals (Kaplan-Meier)", draw, width=HALF)


def _marks(reach: int, minutes: float, word: str) -> list[tuple[float, str]]:
    step = max(1, reach // 5)
    places = [place for place in range(step, reach + 1, step)]
    factor = 1 if word == "day" else int(minutes // 60)
    unit = "days" if word == "day" else "h"
    return [
        (place * minutes, f"{place * factor} {unit}" if place == places[-1] else f"{place * factor}")
        for place in places
    ]


def _share_at(curve: Curve, moment: float) -> float:
    return max((share for minutes, share in curve.steps if minutes <= moment), default=0.0)


def _shows_enough(curves: list[Curve], moment: float) -> bool:
    """Whether little happens after `moment`: every curve has done nineteen twentieths of its rise."""
    return all(_share_at(curve, moment) >= 0.95 * _share_at(curve, float("inf")) for curve in curves)


def _table(reader: Reader, overall: Row, months: dict[str, Row], tiers: list[Row]) -> Table:
    columns = text_columns("Offers") + number_columns(
        "Number", "Answered in time", "95% interval", "Never answered", "Median answer", "in business time",
        "Nine in ten answered", "Ever followed up", "Median follow-up", "Nine in ten followed up",
    )  # fmt: skip
    body = [_row("All", overall)]
    body += [
        _row(month(start), months[str(start)])
        for start in reader.clock.complete_months(MONTHS_SHOWN).starts()
        if str(start) in months
    ]
    body += [_row(f"Tier: {name(row['slice_key'])}", row) for row in tiers]
    return Table("Response by month of release and by tier", columns, body)


def _row(label: str, row: Row) -> list[str]:
    return [
        label,
        count(row["offer_count"]),
        share(row["answered_in_time_rate"]),
        span(row["answered_in_time_rate_lower"], row["answered_in_time_rate_upper"]),
        share(Rate(row["never_answered_count"], row["answer_window_closed_count"]).value),
        duration(row["answer_median_minutes"]),
        business_hours(row["answer_median_business_minutes"]),
        duration(row["answer_p90_minutes"]),
        share(Rate(row["followed_up_count"], row["offer_count"]).value),
        duration(row["follow_up_median_minutes"]),
        duration(row["follow_up_p90_minutes"]),
    ]
