"""How each partner did with what it was offered."""

from routing_jobs.publish.report.changes import UNKNOWN, change_of_rate
from routing_jobs.publish.report.charts.dots import interval_mark
from routing_jobs.publish.report.clock import Months
from routing_jobs.publish.report.content import Column, Section, Table, number_columns, text_columns
from routing_jobs.publish.report.intervals import Rate
from routing_jobs.publish.report.reading import Reader, Row, total
from routing_jobs.publish.report.wording import NONE, count, month, plural, share, span

ANCHOR, TITLE = "scorecards", "Partner scorecards"
MONTHS_COMPARED, MOST_PARTNERS = 3, 25
DEFINITIONS = (
    (
        "Followed up in time",
        "Of the partner's offers of these months whose follow-up window has closed and that are not left out, "
        "those followed up in time. The mark shows the share with its 95% Wilson interval; the upright line "
        "is all partners together. Small partners have long intervals: compare those, not the dots. In the "
        "marts: rpt_partner_scorecard.",
    ),
    (
        "Like for like",
        "Follow-ups in time beside those the program would have managed with offers of the same country, "
        "segment and product line (expected_follow_up_count): above it, the partner did better with its mix "
        "than the program does.",
    ),
    (
        "Fair share",
        "Leads routing gave the partner (received_lead_count), beside those it would have had if each lead had gone to "
        "any of its eligible partners with equal chance (expected_lead_count), in the batches of these months and of "
        "the month under way, so that the latest are in it; a dash where none had a lead it could take.",
    ),
    ("Change", "Share followed up in time against the three months before, with Newcombe's 95% interval."),
)


def scorecards_section(reader: Reader) -> Section:
    """The partners with most offers of the last complete months, with intervals and like-for-like figures."""
    months = reader.clock.complete_months(MONTHS_COMPARED)
    shares = Months(months.first, reader.clock.months_to_now(1).end)
    rows = reader.rows(
        "scorecards",
        previous_month=months.before().first, first_month=months.first, end_month=months.end,
        shares_end_month=shares.end,
    )  # fmt: skip
    if not rows:
        missing = (
            "No lead has been offered to a partner yet."
            if reader.first.released_at is None
            else f"No lead was offered to a partner {months.label}."
        )
        return Section(ANCHOR, TITLE, definitions=DEFINITIONS, missing=missing)
    overall = Rate(total(rows, "in_time_count"), total(rows, "counted_count"))
    lede = (
        f"{plural(len(rows), 'partner')} had {plural(total(rows, 'offered_count'), 'offer')} {months.label}; "
        f"{share(overall.value)} of those that count were followed up in time ({span(overall.lower, overall.upper)})."
    )
    return Section(ANCHOR, TITLE, lede, blocks=[_table(reader, rows, overall, months, shares)], definitions=DEFINITIONS)


def _table(reader: Reader, rows: list[Row], overall: Rate, months: Months, shares: Months) -> Table:
    is_comparable = reader.first.released_at <= reader.clock.instant(months.before().first)
    columns = [
        Column("Partner", is_number=False),
        *text_columns("Tier"),
        *number_columns("Offers", "Accepted", "In time"),
        Column("0–100%", is_number=False),
        *number_columns(
            "Change, points", "Like for like", f"Fair share to {month(shares.starts()[-1])}", "Deals", "Won"
        ),
    ]
    shown = rows[:MOST_PARTNERS]
    body = [_row(reader, row, overall, is_comparable) for row in shown]
    caption = f"Offers of {months.label}, most offers first"
    if len(rows) > len(shown):
        caption += f": {count(len(shown))} of {plural(len(rows), 'partner')}, all in rpt_partner_scorecard"
    return Table(caption, columns, body)


def _row(reader: Reader, row: Row, overall: Rate, is_comparable: bool) -> list:
    now = Rate(row["in_time_count"], row["counted_count"])
    before = Rate(row["previous_in_time_count"], row["previous_counted_count"])
    expected = row["expected_follow_up_count"]
    received, fair = row["received_lead_count"], row["expected_lead_count"]
    return [
        row["partner_name"],
        row["tier"] or NONE,
        count(row["offered_count"]),
        count(row["accepted_count"]),
        f"{count(now.successes)} of {count(now.trials)}" if now.trials else NONE,
        interval_mark(now.estimate, overall.value),
        change_of_rate(now, before) if is_comparable else UNKNOWN,
        NONE if expected is None else f"{count(now.successes)} : {expected:.1f}",
        f"{count(received)} : {fair:.1f}" if received or fair else NONE,
        count(row["opportunity_count"]),
        reader.clock.money.whole(row["won_minor"]),
    ]
