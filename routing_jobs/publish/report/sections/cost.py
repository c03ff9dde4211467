"""What an accepted lead costs in marketing spend."""

from markupsafe import Markup

from routing_jobs.publish.report.changes import UNKNOWN, against, change_of_amount
from routing_jobs.publish.report.charts.columns import Stack, stacked_columns
from routing_jobs.publish.report.clock import Months
from routing_jobs.publish.report.content import (
    Block,
    Change,
    Figure,
    Headline,
    Section,
    Table,
    figure,
    number_columns,
    text_columns,
)
from routing_jobs.publish.report.reading import Reader, Row, by_period, total
from routing_jobs.publish.report.sections.monthly import from_first, month_labels
from routing_jobs.publish.report.wording import NONE, count, month, name, plural

ANCHOR, TITLE = "cost", "Cost per accepted lead"
MONTHS_COMPARED, MONTHS_SHOWN = 3, 12
NO_ROW = {"spend_minor": 0, "accepted_lead_count": 0}
DEFINITIONS = (
    (
        "Cost per accepted lead",
        "Campaign spend of the months divided by the leads partners accepted in them. Both stand in the month "
        "they happened, so a campaign that pays off later looks dear first. In the marts: "
        "rpt_source_attribution.spend_minor and accepted_lead_count of any one model.",
    ),
    (
        "Channel",
        "A lead with a campaign takes its campaign's channel. Channels nothing was spent on have accepted "
        "leads and no cost; they lower the figure for all.",
    ),
    ("Change", "The last three complete months against the three before. Sums, not samples: no interval."),
)


def cost_section(reader: Reader) -> Section:
    """Spend per accepted lead in the last complete months, by channel."""
    months = reader.clock.complete_months(MONTHS_COMPARED)
    before = months.before()
    bounds = {"previous_month": before.first, "first_month": months.first, "end_month": months.end}
    rows = reader.rows("cost_by_channel", **bounds)
    current = [row for row in rows if row["is_current"]]
    if not total(current, "spend_minor"):
        missing = (
            "No feed has brought campaign spend yet."
            if reader.first.spent_month is None
            else f"No spend is recorded for {months.label}."
        )
        return Section(ANCHOR, TITLE, definitions=DEFINITIONS, missing=missing)
    earlier = [row for row in rows if not row["is_current"]]
    money = reader.clock.money
    is_comparable = reader.first.spent_month <= before.first
    spend, leads = total(current, "spend_minor"), total(current, "accepted_lead_count")
    headline = Headline(
        "Spend per accepted lead",
        money.whole(_cost(current)),
        f"{money.short(spend)} for {plural(leads, 'accepted lead')}, {months.label}",
        against(_change(current, earlier, is_comparable), before.label),
    )
    lede = f"{money.short(spend)} was spent {months.label}, and partners accepted {plural(leads, 'lead')}."
    blocks: list[Block] = [_chart(reader), _table(reader, rows, months, is_comparable)]
    return Section(ANCHOR, TITLE, lede, [headline], blocks, DEFINITIONS)


def _cost(rows: list[Row]) -> int | None:
    spend, leads = total(rows, "spend_minor"), total(rows, "accepted_lead_count")
    return (spend * 2 + leads) // (2 * leads) if spend and leads else None


def _in_words(reader: Reader, row: Row) -> str:
    """The cost, or why there is none."""
    if row["spend_minor"] and not row["accepted_lead_count"]:
        return "no accepted lead"
    return reader.clock.money.whole(_cost([row])) if row["spend_minor"] else "no spend"


def _change(current: list[Row], earlier: list[Row], is_comparable: bool) -> Change:
    now, before = _cost(current), _cost(earlier)
    if not is_comparable or now is None or before is None:
        return UNKNOWN
    return change_of_amount(now, before, up_is_good=False)


def _chart(reader: Reader) -> Figure:
    clock, money = reader.clock, reader.clock.money
    months = clock.complete_months(MONTHS_SHOWN)
    rows = reader.rows("cost_by_month", first_month=months.first, end_month=months.end)
    found = {row["month"]: row for row in rows}
    starts = from_first(months.starts(), found.get)
    shown = [found.get(start, NO_ROW) for start in starts]
    costs = [_cost([row]) or 0 for row in shown]
    stacks = [Stack(label, year, [cost]) for (label, year), cost in zip(month_labels(starts), costs, strict=True)]
    words = "; ".join(f"{month(start)} {_in_words(reader, row)}" for start, row in zip(starts, shown, strict=True))

    def write(cost: float) -> str:
        return money.bare(cost) if cost else NONE

    def draw(width: int) -> Markup:
        return stacked_columns(width, f"Columns of cost per accepted lead by month: {words}.", stacks, ["one"], write)

    return figure("Cost per accepted lead by month", f"{clock.currency}, complete months", draw)


def _table(reader: Reader, rows: list[Row], months: Months, is_comparable: bool) -> Table:
    columns = text_columns("Channel") + number_columns("Spend", "Accepted leads", "Cost per lead", "Before", "Change")
    channels = by_period(rows, "lead_channel")
    ordered = sorted(channels.items(), key=lambda item: (-item[1].get(True, NO_ROW)["spend_minor"], item[0]))
    body = [
        _row(reader, name(channel), [pair.get(True, NO_ROW)], [pair.get(False, NO_ROW)], is_comparable)
        for channel, pair in ordered
    ]
    current, earlier = [row for row in rows if row["is_current"]], [row for row in rows if not row["is_current"]]
    body.append(_row(reader, "All", current, earlier, is_comparable))
    return Table(f"By channel: {months.label}, before: {months.before().label}", columns, body, has_total=True)


def _row(reader: Reader, label: str, current: list[Row], earlier: list[Row], is_comparable: bool) -> list:
    money = reader.clock.money
    spend = total(current, "spend_minor")
    return [
        label,
        money.whole(spend) if spend else NONE,
        count(total(current, "accepted_lead_count")),
        money.whole(_cost(current)),
        money.whole(_cost(earlier)) if is_comparable else NONE,
        _change(current, earlier, is_comparable) if spend else Change(NONE, "unknown"),
    ]
