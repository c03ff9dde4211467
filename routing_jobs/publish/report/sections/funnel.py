"""How far leads come, by the month they were captured."""

from datetime import date

from markupsafe import Markup

from routing_jobs.publish.report.changes import UNKNOWN, against, change_of_amount, change_of_rate
from routing_jobs.publish.report.charts.bars import Bar, lying_bars
from routing_jobs.publish.report.clock import Months, month_after
from routing_jobs.publish.report.content import (
    Block,
    Cell,
    Figure,
    Headline,
    Section,
    Table,
    figure,
    number_columns,
    text_columns,
)
from routing_jobs.publish.report.intervals import Rate
from routing_jobs.publish.report.reading import Reader, Row, total
from routing_jobs.publish.report.wording import NONE, count, months_between, name, plural, share, span

ANCHOR, TITLE = "funnel", "The funnel"
MONTHS_SHOWN, MONTHS_READ, MONTHS_COMPARED = 12, 24, 3
STAGES = (
    "captured",
    "qualified",
    "routed",
    "released",
    "accepted",
    "worked",
    "partner_qualified",
    "opportunity",
    "won",
)
MATURING = ("accepted", "worked", "partner_qualified", "opportunity", "won")
ASIDE = ("disqualified", "duplicate", "suppressed", "exception", "lost")
STAGE_NAMES = {
    "worked": "Followed up",
    "released": "Offered to a partner",
    "exception": "Unplaced by routing",
    "suppressed": "Suppressed (no consent)",
}
DEFINITIONS = (
    (
        "Funnel",
        "Leads by the month they were captured, and how far each has come by now. Reaching a stage implies the "
        "earlier ones: a lead with a deal registration or an opportunity counts as offered, accepted and followed up, "
        "though a partner may have brought it without any offer. In the marts: rpt_funnel.",
    ),
    (
        "Old enough to judge",
        "Later stages take time. The rates compare only months all of whose leads are older than the stage's "
        "matures_after_days (sla.yaml): the latest three such months against the three before. In the marts: "
        "rpt_funnel.matured_for_…_count and matured_…_count.",
    ),
    (
        "Beside the way",
        "Where leads stand that are not on the way: one current stage each, by the precedence of dim_stage.",
    ),
    ("Interval", "95% Wilson score interval; of a change, Newcombe's interval of the difference."),
)


def funnel_section(reader: Reader) -> Section:
    """Counts by stage of the last twelve months' leads, and matured rates against the months before."""
    months = reader.clock.months_to_now(MONTHS_SHOWN)
    rows = reader.rows("funnel_months", first_month=month_after(months.end, -MONTHS_READ))
    shown = [row for row in rows if row["cohort_month"] >= months.first]
    if not shown:
        missing = (
            "No lead has been captured yet."
            if reader.first.captured_at is None
            else f"No lead was captured {months.label}."
        )
        return Section(ANCHOR, TITLE, definitions=DEFINITIONS, missing=missing)
    captured, won = total(shown, "captured_count"), total(shown, "won_count")
    lede = (
        f"Of {plural(captured, 'lead')} captured {months.label}, {count(total(shown, 'released_count'))} got as far as "
        f"an offer to a partner or further, {count(total(shown, 'opportunity_count'))} as far as an opportunity, and "
        f"{count(won)} {'was' if won == 1 else 'were'} won so far."
    )
    blocks: list[Block] = [_chart(shown, months), _matured_table(rows), _direction_table(shown, months)]
    return Section(ANCHOR, TITLE, lede, [_headline(reader, rows)], blocks, DEFINITIONS)


def _headline(reader: Reader, rows: list[Row]) -> Headline:
    months = reader.clock.complete_months(MONTHS_COMPARED)
    now, before = (
        total([row for row in rows if period.first <= row["cohort_month"] < period.end], "captured_count")
        for period in (months, months.before())
    )
    is_comparable = reader.first.captured_at <= reader.clock.instant(months.before().first)
    change = change_of_amount(now, before) if is_comparable else UNKNOWN
    return Headline("Leads captured", count(now), months.label, against(change, months.before().label))


def _stage(stage: str) -> str:
    return STAGE_NAMES.get(stage, name(stage))


def _chart(rows: list[Row], months: Months) -> Figure:
    reached = [total(rows, f"{stage}_count") for stage in STAGES]
    bars = []
    for place, stage in enumerate(STAGES):
        note = (
            f"{share(Rate(reached[place], reached[place - 1]).value)} of the above"
            if place and reached[place - 1]
            else ""
        )
        bars.append(Bar(_stage(stage), reached[place], count(reached[place]), note))
    words = ", ".join(f"{bar.label} {bar.value}" for bar in bars)

    def draw(width: int) -> Markup:
        return lying_bars(width, f"Bars of leads that reached each stage or a later one: {words}.", bars)

    return figure(
        f"Leads captured {months.label}, by how far they have come",
        "Leads that reached the stage or a later one; at the right, the share of those in the bar above",
        draw,
    )


def _matured_table(rows: list[Row]) -> Table:
    columns = text_columns("Reached", "Captured in") + number_columns(
        "Leads", "Reached it", "Share", "95% interval", "Before", "Change, points"
    )
    body: list[list[Cell]] = []
    for stage in MATURING:
        months = _judged_months(rows, stage)
        latest, earlier = months[-MONTHS_COMPARED:], months[:-MONTHS_COMPARED][-MONTHS_COMPARED:]
        now, before = _rate(rows, stage, latest), _rate(rows, stage, earlier)
        body.append(
            [
                _stage(stage),
                months_between(latest[0], latest[-1]) if latest else "not old enough yet",
                count(now.trials) if latest else NONE,
                count(now.successes) if latest else NONE,
                share(now.value),
                span(now.lower, now.upper),
                share(before.value),
                change_of_rate(now, before) if len(earlier) == MONTHS_COMPARED else UNKNOWN,
            ]
        )
    return Table(
        "Share of captured leads that reached a stage or a later one, months old enough to judge", columns, body
    )


def _judged_months(rows: list[Row], stage: str) -> list[date]:
    """Months all of whose leads are old enough to judge the stage, in order."""
    young = {row["cohort_month"] for row in rows if row[f"matured_for_{stage}_count"] < row["captured_count"]}
    return sorted({row["cohort_month"] for row in rows} - young)


def _rate(rows: list[Row], stage: str, months: list[date]) -> Rate:
    counted = [row for row in rows if row["cohort_month"] in months]
    return Rate(total(counted, f"matured_{stage}_count"), total(counted, f"matured_for_{stage}_count"))


def _direction_table(rows: list[Row], months: Months) -> Table:
    columns = text_columns("Stage") + number_columns(
        "Vendor's leads", "Share", "Partners' leads", "Share", "All", "Share"
    )
    body = []
    for stage in STAGES + ASIDE:
        line = [_stage(stage) if stage in STAGES else f"Beside the way: {_stage(stage).lower()}"]
        for directions in (("vendor",), ("partner",), ("vendor", "partner")):
            counted = [row for row in rows if row["direction"] in directions]
            rate = Rate(total(counted, f"{stage}_count"), total(counted, "captured_count"))
            line += [count(rate.successes), share(rate.value)]
        body.append(line)
    return Table(
        f"Leads captured {months.label} by direction and stage reached, or a later one, with shares of captured",
        columns,
        body,
        is_folded=True,
    )
