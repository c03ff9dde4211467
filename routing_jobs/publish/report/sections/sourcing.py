"""Won deals and open pipeline, by who brought them."""

from datetime import date, timedelta

from markupsafe import Markup

from routing_jobs.publish.report.changes import UNKNOWN, against, change_of_amount
from routing_jobs.publish.report.charts.columns import Stack, stacked_columns
from routing_jobs.publish.report.clock import Clock, Quarter
from routing_jobs.publish.report.content import (
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
from routing_jobs.publish.report.reading import Reader, Row, total
from routing_jobs.publish.report.sections.monthly import from_first
from routing_jobs.publish.report.wording import NONE, count, day, name, plural, share, span

ANCHOR, TITLE = "sourcing", "Won and pipeline by sourcing"
SOURCINGS = (("vendor_sourced", "one"), ("partner_influenced", "two"), ("partner_sourced", "three"))
QUARTERS = 8
DEFINITIONS = (
    (
        "Sourcing",
        "Partner-sourced: the lead or the deal registration was a partner's own. Partner-influenced: the "
        "vendor's own, but a partner had registered a deal for the account and product line by then. "
        "Vendor-sourced: all else. In the marts: fct_opportunity.sourcing.",
    ),
    (
        "Won",
        "Amounts of deals won, in the fiscal quarter they closed, converted at that day's rate. In the marts: "
        "rpt_sourcing.won_minor.",
    ),
    (
        "Open pipeline",
        "Amounts of deals neither won nor lost, whenever they were created, at the rate of the report's day. "
        "In the marts: rpt_sourcing.pipeline_minor, all quarters together.",
    ),
    (
        "Win rate",
        "Won of won and lost, among the deals closed in the last four fiscal quarters, this one included, "
        "with its 95% Wilson interval. Cycle: the median of whole days from creation to closing of those won.",
    ),
    (
        "Change",
        "Won: against the quarter before, up to and including the same day of the quarter. Pipeline: against the "
        "deals open when this quarter began, at the amounts they have now.",
    ),
)


def sourcing_section(reader: Reader) -> Section:
    """What was won so far this fiscal quarter and what is open, by sourcing."""
    clock = reader.clock
    quarters = clock.quarters(QUARTERS)
    same_day = _same_day(clock, quarters)
    previous_start = clock.instant(quarters[-2].first)
    rows = reader.rows(
        "sourcing_deals",
        quarter_start=clock.instant(quarters[-1].first),
        previous_start=previous_start,
        previous_end=clock.instant(same_day + timedelta(days=1)),
        year_start=clock.instant(quarters[-4].first),
    )
    if not rows:
        return Section(ANCHOR, TITLE, definitions=DEFINITIONS, missing="No feed has brought an opportunity yet.")
    deals = {row["sourcing"]: row for row in rows}
    is_comparable = reader.first.created_at < previous_start
    return Section(
        ANCHOR,
        TITLE,
        lede=_lede(reader, deals, quarters[-1]),
        headlines=_headlines(reader, deals, quarters, is_comparable),
        blocks=[_chart(reader, quarters), _table(reader, deals, quarters, is_comparable)],
        definitions=DEFINITIONS,
    )


def _same_day(clock: Clock, quarters: list[Quarter]) -> date:
    """The day as far into the quarter before as today is into this one; at most its last."""
    previous, current = quarters[-2].first, quarters[-1].first
    return min(previous + (clock.today - current), current - timedelta(days=1))


def _by_same_day(clock: Clock, quarters: list[Quarter]) -> str:
    """FY2027-Q1 by 18 Mar 2026."""
    return f"{quarters[-2].name} by {day(_same_day(clock, quarters))}"


def _lede(reader: Reader, deals: dict[str, Row], quarter: Quarter) -> str:
    money = reader.clock.money
    won, pipeline = total(deals.values(), "won_minor"), total(deals.values(), "pipeline_minor")
    parts = [
        f"{money.short(won)} won in {quarter.name} so far, in {plural(total(deals.values(), 'won_count'), 'deal')}"
        if won
        else f"Nothing won in {quarter.name} so far",
        f"{money.short(pipeline)} open in {plural(total(deals.values(), 'open_count'), 'deal')}",
    ]
    text = "; ".join(parts) + "."
    partners = won - sum(row["won_minor"] for key, row in deals.items() if key == "vendor_sourced")
    return f"{text} Partners brought or influenced {share(partners / won)} of what was won." if won else text


def _headlines(reader: Reader, deals: dict[str, Row], quarters: list[Quarter], is_comparable: bool) -> list[Headline]:
    clock, money = reader.clock, reader.clock.money
    current = quarters[-1]
    won = total(deals.values(), "won_minor")
    pipeline = total(deals.values(), "pipeline_minor")
    change = against(
        _change(won, total(deals.values(), "previous_won_minor"), is_comparable), _by_same_day(clock, quarters)
    )
    grown = against(
        _change(pipeline, total(deals.values(), "pipeline_before_minor"), is_comparable), "the start of the quarter"
    )
    since = f"{current.name}, {day(current.first)} to {day(clock.today)}"
    return [
        Headline("Won this quarter so far", money.short(won), since, change),
        Headline("Open pipeline", money.short(pipeline), plural(total(deals.values(), "open_count"), "deal"), grown),
    ]


def _change(now: int, before: int, is_comparable: bool) -> Change:
    return change_of_amount(now, before) if is_comparable else UNKNOWN


def _chart(reader: Reader, quarters: list[Quarter]) -> Figure:
    money = reader.clock.money
    rows = reader.rows("sourcing_quarters", first_quarter=quarters[0].name)
    won = {(row["fiscal_quarter"], row["sourcing"]): row["won_minor"] for row in rows}
    quarters = from_first(quarters, lambda quarter: any(won.get((quarter.name, sourcing)) for sourcing, _ in SOURCINGS))
    stacks, years = [], set()
    for quarter in quarters:
        year, number = quarter.name.split("-")
        parts = [won.get((quarter.name, sourcing), 0) for sourcing, _ in SOURCINGS]
        stacks.append(Stack(number, "" if year in years else year, parts, quarter is quarters[-1]))
        years.add(year)
    words = "; ".join(
        f"{quarter.name} {money.short(int(sum(stack.parts)))}" for quarter, stack in zip(quarters, stacks, strict=True)
    )
    description = f"Columns of won deals by fiscal quarter: {words}. The last quarter is not over."

    def draw(width: int) -> Markup:
        return stacked_columns(width, description, stacks, [css_class for _, css_class in SOURCINGS], money.bare)

    return figure(
        "Won deals by fiscal quarter of closing",
        f"{reader.clock.currency}, by who brought the deal; {quarters[-1].name} is not over yet",
        draw,
        [(css_class, name(sourcing)) for sourcing, css_class in SOURCINGS],
    )


def _table(reader: Reader, deals: dict[str, Row], quarters: list[Quarter], is_comparable: bool) -> Table:
    columns = text_columns("Sourcing") + number_columns(
        f"Won {quarters[-1].name} so far", _by_same_day(reader.clock, quarters), "Change", "Open pipeline", "Open deals",
        "Win rate", "95% interval", "Cycle, days",
    )  # fmt: skip
    present = [deals[sourcing] for sourcing, _ in SOURCINGS if sourcing in deals]
    rows = [_table_row(reader, name(row["sourcing"]), [row], is_comparable) for row in present]
    rows.append(_table_row(reader, "All", present, is_comparable))
    return Table("Deals by sourcing", columns, rows, has_total=True)


def _table_row(reader: Reader, label: str, rows: list[Row], is_comparable: bool) -> list[str | Change]:
    money = reader.clock.money
    won, before = total(rows, "won_minor"), total(rows, "previous_won_minor")
    wins = Rate(total(rows, "year_won_count"), total(rows, "year_won_count") + total(rows, "year_lost_count"))
    cycle = rows[0]["median_cycle_days"] if len(rows) == 1 else None
    return [
        label,
        money.whole(won),
        money.whole(before) if is_comparable else NONE,
        _change(won, before, is_comparable),
        money.whole(total(rows, "pipeline_minor")),
        count(total(rows, "open_count")),
        share(wins.value),
        span(wins.lower, wins.upper),
        NONE if cycle is None else f"{cycle:g}",
    ]
