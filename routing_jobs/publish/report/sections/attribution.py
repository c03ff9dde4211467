"""Which channels earned what was won, under each attribution model."""

from collections import defaultdict

from markupsafe import Markup

from routing_jobs.publish.report.changes import UNKNOWN
from routing_jobs.publish.report.charts.ranges import Range, dot_ranges
from routing_jobs.publish.report.clock import Months
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
from routing_jobs.publish.report.reading import Reader, Row
from routing_jobs.publish.report.wording import MINUS, NONE, name, share

ANCHOR, TITLE = "attribution", "Attribution by model"
MONTHS_SHOWN, MOST_CHARTED = 12, 10
MODELS = (
    "first_touch", "last_touch", "linear", "u_shaped", "w_shaped", "full_path", "time_decay", "position_based",
    "markov", "shapley",
)  # fmt: skip
REFERENCE = "linear"
UNATTRIBUTED = "unattributed"
STAND_INS = (UNATTRIBUTED, "partner_sourced")  # deals without a touch: shown, but no channel earned them
DEFINITIONS = (
    (
        "Model",
        "A rule that splits each deal among the marketing touches before it: all to the first, all to the "
        "last, evenly, ... (rulebook/attribution.yaml). No model is the truth; a channel whose dots lie close "
        "together earns its share under any of them. In the marts: fct_attribution_credit, "
        "rpt_source_attribution.",
    ),
    (
        "Partner-sourced, unattributed",
        "Deals without a touch before them: brought by a partner, or without any trace. They are shown, so "
        "that every column adds up to all that was won.",
    ),
    (
        "Return",
        "(won − spent) / spent over the same months, under the models that are kindest and least kind to the "
        "channel. Spend of deals not yet won is in it: read it with the pipeline.",
    ),
    (
        "Change",
        "Shares of revenue against the twelve months before, under the linear model where the rulebook has it. "
        "Sums, not samples: no interval.",
    ),
)

Amounts = dict[tuple[str, str], int]  # (model, channel) -> minor units


def attribution_section(reader: Reader) -> Section:
    """Won revenue of the last twelve months by channel and model, and what was spent for it."""
    months = reader.clock.months_to_now(MONTHS_SHOWN)
    rows = reader.rows(
        "attribution_by_channel",
        previous_month=months.before().first, first_month=months.first, end_month=months.end,
    )  # fmt: skip
    won = _amounts(rows, "revenue_minor", is_current=True)
    models = sorted({model for model, _ in won}, key=lambda model: (_place(model), model))
    everything = _whole(won, models[0]) if models else 0
    if not everything:
        missing = (
            f"No deal was won {months.label}." if reader.first.created_at else "No feed has brought an opportunity yet."
        )
        return Section(ANCHOR, TITLE, definitions=DEFINITIONS, missing=missing)
    reference = REFERENCE if REFERENCE in models else models[0]
    channels = _channels(won, models, reference)
    before = _amounts(rows, "revenue_minor", is_current=False)
    if reader.first.created_at > reader.clock.instant(months.before().first):
        before = {}
    return Section(
        ANCHOR,
        TITLE,
        _lede(reader, won, models, channels[0], reference, months),
        [_headline(reader, won, before, models, channels, months)],
        [
            _chart(won, models, channels, everything, months),
            _table(reader, won, before, models, channels, reference),
            _spend_table(reader, rows, won, models, months),
        ],
        DEFINITIONS,
    )


def _lede(reader: Reader, won: Amounts, models: list[str], leader: str, reference: str, months: Months) -> str:
    everything = _whole(won, reference)
    earned = [won[model, leader] / everything for model in models]
    total = f"{reader.clock.money.short(everything)} won {months.label}"
    if leader in STAND_INS:
        return f"No marketing touch came before any deal of the {total}."
    text = (
        f"Under the {name(reference).lower()} model, {name(leader).lower()} earned the most of {total}: "
        f"{share(won[reference, leader] / everything)}."
    )
    if len(models) == 1:
        return text
    return f"{text} Over all models it is between {share(min(earned))} and {share(max(earned))}."


def _headline(
    reader: Reader, won: Amounts, before: Amounts, models: list[str], channels: list[str], months: Months
) -> Headline:
    """The share of revenue that has a source at all is the same under every model."""
    everything = _whole(won, models[0])
    traced = (everything - won[models[0], UNATTRIBUTED]) / everything
    whole = _whole(before, models[0])
    change = UNKNOWN
    if whole:
        points = _points(traced, (whole - before.get((models[0], UNATTRIBUTED), 0)) / whole)
        change = Change(f"{points} points against {months.before().label}", "even")
    basis = f"of {reader.clock.money.short(everything)} won {months.label} has a touch or a partner behind it"
    return Headline("Won revenue with a known source", share(traced), basis, change)


def _whole(amounts: Amounts, model: str) -> int:
    return sum(amount for (of_model, _), amount in amounts.items() if of_model == model)


def _place(model: str) -> int:
    return MODELS.index(model) if model in MODELS else len(MODELS)


def _amounts(rows: list[Row], column: str, *, is_current: bool) -> Amounts:
    found: Amounts = defaultdict(int)
    for row in rows:
        if row["is_current"] == is_current:
            found[row["model"], row["lead_channel"]] += row[column]
    return found


def _channels(won: Amounts, models: list[str], reference: str) -> list[str]:
    """Channels that earned something under any model, most under the reference first; what no channel earned last."""
    earning = {channel for (model, channel), amount in won.items() if model in models and amount}
    return sorted(earning, key=lambda channel: (channel in STAND_INS, -won[reference, channel], channel))


def _chart(won: Amounts, models: list[str], channels: list[str], everything: int, months: Months) -> Figure:
    rows = [
        Range(name(channel), [won[model, channel] / everything for model in models])
        for channel in channels[:MOST_CHARTED]
    ]
    words = "; ".join(f"{row.label} {share(min(row.values))} to {share(max(row.values))}" for row in rows)

    def draw(width: int) -> Markup:
        return dot_ranges(width, f"Ranges of each channel's share of won revenue over the models: {words}.", rows)

    return figure(
        "How much a channel earned depends on how you count",
        f"Share of revenue won {months.label}; one dot a model, the line spans them",
        draw,
    )


def _table(
    reader: Reader, won: Amounts, before: Amounts, models: list[str], channels: list[str], reference: str
) -> Table:
    money = reader.clock.money
    columns = text_columns("Channel") + number_columns(
        *(name(model) for model in models), f"Change in points ({name(reference).lower()})"
    )
    now_all, before_all = _whole(won, reference), _whole(before, reference)
    body = []
    for channel in channels:
        change = NONE
        if before_all:
            change = _points(won[reference, channel] / now_all, before.get((reference, channel), 0) / before_all)
        body.append([name(channel), *(money.thousands(won[model, channel]) for model in models), change])
    totals = [sum(won[model, channel] for channel in channels) for model in models]
    body.append(["All", *(money.thousands(amount) for amount in totals), ""])
    caption = f"Won revenue by channel and model, thousands of {money.currency}"
    return Table(caption, columns, body, has_total=True)


def _points(now: float, before: float) -> str:
    points = (now - before) * 100
    return f"{MINUS if points < 0 else '+'}{abs(points):.1f}"


def _spend_table(reader: Reader, rows: list[Row], won: Amounts, models: list[str], months: Months) -> Table:
    money = reader.clock.money
    spend, open_ = (_amounts(rows, column, is_current=True) for column in ("spend_minor", "pipeline_minor"))
    channels = sorted(
        {channel for (model, channel), amount in spend.items() if model == models[0] and amount},
        key=lambda channel: (-spend[models[0], channel], channel),
    )
    body = []
    for channel in channels:
        spent = spend[models[0], channel]
        revenue = [won[model, channel] for model in models]
        pipeline = [open_[model, channel] for model in models]
        body.append(
            [
                name(channel),
                money.whole(spent),
                _between(money.whole, revenue),
                _between(money.whole, pipeline),
                _between(lambda amount, spent=spent: _return(amount, spent), revenue),
            ]
        )
    columns = text_columns("Channel") + number_columns("Spend", "Won", "Open pipeline", "Return")
    return Table(f"Spend and what it brought, lowest to highest model, {months.label}", columns, body)


def _return(revenue: int, spent: int) -> str:
    percent = round((revenue - spent) / spent * 100)
    return f"{MINUS if percent < 0 else ''}{abs(percent):,}%"


def _between(write, amounts: list[int]) -> str:
    low, high = write(min(amounts)), write(max(amounts))
    return low if low == high else f"{low} to {high}"
