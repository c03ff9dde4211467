"""What missed deadlines cost, and what lies in leads routing could not place."""

from datetime import timedelta
from typing import NamedTuple

from markupsafe import Markup

from routing_jobs.publish.report.changes import UNKNOWN, against, change_of_amount
from routing_jobs.publish.report.charts.columns import Stack, stacked_columns
from routing_jobs.publish.report.clock import Months
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
from routing_jobs.publish.report.reading import Reader, Row, total
from routing_jobs.publish.report.sections.monthly import from_first, month_labels
from routing_jobs.publish.report.wording import count, month, name, plural

ANCHOR, TITLE = "value-lost", "Value lost to missed deadlines and unplaced leads"
MONTHS_COMPARED, MONTHS_SHOWN = 3, 12
MOST_PLACES = 10
OVER_A_WEEK = timedelta(days=8)  # rpt_coverage counts whole days: more than 7 of them


class Way(NamedTuple):
    """How an offer came back, as rpt_value_lost tells it apart, and how it is drawn and called."""

    status: str
    is_deadline_missed: bool
    css_class: str
    label: str


WAYS = (
    Way("expired", True, "alarm", "Not answered in time"),
    Way("recalled", True, "two", "Not followed up in time"),
    Way("declined", False, "grey", "Declined"),
    Way("recalled", False, "pale-grey", "Taken back for other reasons"),
)
DEFINITIONS = (
    (
        "Value lost",
        "A lead's worth halves with every half-life of the rulebook (routing.yaml, age_decay). An offer that "
        "came back cost what the lead lost in worth while it lay with the partner; it counts in the month the "
        "offer ended. In the marts: rpt_value_lost; by hop, rpt_recycling.",
    ),
    (
        "Missed deadline",
        "Not answered in time: the offer expired. Not followed up in time: the vendor took it back after its "
        "follow-up deadline had passed without a follow-up. An offer accepted and then lost without a follow-up did "
        "not come back, and nobody reported when it ended: it is not here. In the marts: "
        "rpt_value_lost.is_deadline_missed.",
    ),
    (
        "Unplaced",
        "Qualified leads routing could not place, or that stalled with a partner (stage exception), at the worth they "
        "had when fresh: their own estimate, capped; else the median won amount of like deals; else the program's "
        "default (fct_lead.value_source). Not to be added to value lost. In the marts: "
        "rpt_coverage.unplaced_value_minor and fct_lead.exception_code.",
    ),
    (
        "Over a week old",
        "Unplaced leads captured more than 7 whole days, of 24 hours each, before the report. In the marts: "
        "rpt_coverage.exception_over_7_days_count.",
    ),
    (
        "Waiting, no partner could take",
        "Of all leads that wait for a partner, unplaced or not (some without a country stand as qualified), those no "
        "partner could take today, were every slot free. In the marts: rpt_coverage.waiting_without_partner_count.",
    ),
    ("Change", "Value lost: the last three complete months against the three before. Sums, not samples: no interval."),
)


Losses = dict[Way, tuple[int, int]]  # offers, worth in minor units


def value_lost_section(reader: Reader) -> Section:
    """Worth lost while offers lay unanswered, and worth waiting in unplaced leads."""
    months = reader.clock.complete_months(MONTHS_COMPARED)
    shown = reader.clock.months_to_now(MONTHS_SHOWN)
    rows = reader.rows("value_lost_by_month", first_month=shown.first, end_month=shown.end)
    places = reader.rows("unplaced_places")
    codes = reader.rows("unplaced_codes", over_a_week_ago=reader.clock.as_of - OVER_A_WEEK)
    if reader.first.released_at is None and not places:
        missing = "No lead has been offered to a partner, and routing has placed every lead it was given."
        if reader.first.captured_at is None:
            missing = "No lead has been captured yet."
        return Section(ANCHOR, TITLE, definitions=DEFINITIONS, missing=missing)
    lost = {period: _lost(rows, period) for period in (months, months.before())}
    is_comparable = reader.first.released_at is not None and reader.first.released_at <= reader.clock.instant(
        months.before().first
    )
    blocks: list[Block] = [_chart(reader, rows, shown), _ways_table(reader, lost, months, is_comparable)]
    if places:
        blocks.append(_places_table(reader, places))
    if codes:
        blocks.append(_codes_table(codes))
    return Section(
        ANCHOR,
        TITLE,
        _lede(reader, lost[months], places, months),
        _headlines(reader, lost, places, months, is_comparable),
        blocks,
        DEFINITIONS,
    )


def _lost(rows: list[Row], months: Months) -> Losses:
    """Offers and worth lost by the way they came back."""
    found = {}
    for way in WAYS:
        of_way = [row for row in rows if _is(way, row) and months.first <= row["month"] < months.end]
        found[way] = (total(of_way, "offer_count"), total(of_way, "value_lost_minor"))
    return found


def _is(way: Way, row: Row) -> bool:
    return (row["status"], row["is_deadline_missed"]) == (way.status, way.is_deadline_missed)


def _missed(lost: Losses) -> tuple[int, int]:
    """Offers and worth lost to missed deadlines."""
    offers, values = zip(*(amounts for way, amounts in lost.items() if way.is_deadline_missed), strict=True)
    return sum(offers), sum(values)


def _lede(reader: Reader, lost: Losses, places: list[Row], months: Months) -> str:
    money = reader.clock.money
    offers, value = _missed(lost)
    waiting, worth = total(places, "exception_count"), total(places, "unplaced_value_minor")
    text = (
        f"{plural(offers, 'offer')} came back {months.label} after a missed deadline; the leads had lost "
        f"{money.short(value)} in worth by then."
        if offers
        else f"No offer came back {months.label} after a missed deadline."
    )
    if not waiting:
        return f"{text} Every lead routing was given has been placed."
    verb = "waits" if waiting == 1 else "wait"
    return f"{text} {plural(waiting, 'lead')} worth {money.short(worth)} {verb} unplaced now."


def _headlines(
    reader: Reader,
    lost: dict[Months, Losses],
    places: list[Row],
    months: Months,
    is_comparable: bool,
) -> list[Headline]:
    money = reader.clock.money
    offers, value = _missed(lost[months])
    before = _missed(lost[months.before()])[1]
    change = change_of_amount(value, before, up_is_good=False) if is_comparable else UNKNOWN
    waiting = total(places, "exception_count")
    old = total(places, "over_a_week_count")
    return [
        Headline(
            "Lost to missed deadlines",
            money.short(value),
            f"{plural(offers, 'offer')} missed one, {months.label}",
            against(change, months.before().label),
        ),
        Headline(
            "Worth of unplaced leads now",
            money.short(total(places, "unplaced_value_minor")),
            plural(waiting, "lead"),
            Change(f"{count(old)} captured more than a week ago", "even" if not old else "worse"),
        ),
    ]


def _chart(reader: Reader, rows: list[Row], months: Months) -> Figure:
    clock, money = reader.clock, reader.clock.money
    lost = {(row["month"], way): row["value_lost_minor"] for row in rows for way in WAYS if _is(way, row)}
    with_losses = {row["month"] for row in rows}
    starts = from_first(months.starts(), lambda start: start in with_losses)
    stacks = [
        Stack(label, year, [lost.get((start, way), 0) for way in WAYS], start is starts[-1])
        for start, (label, year) in zip(starts, month_labels(starts), strict=True)
    ]
    words = "; ".join(
        f"{month(start)} {money.short(int(sum(stack.parts)))}" for start, stack in zip(starts, stacks, strict=True)
    )

    def draw(width: int) -> Markup:
        description = f"Columns of value lost by month: {words}. The last month is not over."
        return stacked_columns(width, description, stacks, [way.css_class for way in WAYS], money.bare)

    return figure(
        "Worth that leads lost while they lay with partners who gave them back",
        f"{clock.currency}, by month the offer ended; the last month is not over yet",
        draw,
        [(way.css_class, way.label) for way in WAYS],
    )


def _ways_table(reader: Reader, lost: dict[Months, Losses], months: Months, is_comparable: bool) -> Table:
    money, before = reader.clock.money, lost[months.before()]
    columns = text_columns("How the offer came back") + number_columns("Offers", "Value lost", "Before", "Change")
    rows: list[list[Cell]] = []
    for way in WAYS:
        offers, value = lost[months][way]
        change = change_of_amount(value, before[way][1], up_is_good=False) if is_comparable else UNKNOWN
        rows.append([way.label, count(offers), money.whole(value), money.whole(before[way][1]), change])
    return Table(f"Offers that came back: {months.label}, before: {months.before().label}", columns, rows)


def _places_table(reader: Reader, places: list[Row]) -> Table:
    columns = text_columns("Country", "Product line") + number_columns(
        "Unplaced leads", "Over a week old", "Waiting, no partner could take", "Worth"
    )
    money = reader.clock.money
    rows = [[name(row["country"]), name(row["product"]), *_place(money, [row])] for row in places[:MOST_PLACES]]
    if len(places) > MOST_PLACES:
        rest = places[MOST_PLACES:]
        rows.append([f"{plural(len(rest), 'other place')}", "", *_place(money, rest)])
    rows.append(["All", "", *_place(money, places)])
    return Table(
        "Where leads are unplaced or no partner could take them now, most worth first", columns, rows, has_total=True
    )


def _place(money, rows: list[Row]) -> list[str]:
    counts = [
        count(total(rows, f"{column}_count")) for column in ("exception", "over_a_week", "waiting_without_partner")
    ]
    return [*counts, money.whole(total(rows, "unplaced_value_minor"))]


def _codes_table(codes: list[Row]) -> Table:
    columns = text_columns("Why") + number_columns("Unplaced leads", "Over a week old")
    rows = [[row["exception_code"], count(row["lead_count"]), count(row["over_a_week_count"])] for row in codes]
    return Table("Why leads are unplaced (remedies: leadroute exceptions list)", columns, rows)
