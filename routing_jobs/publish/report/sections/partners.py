"""The partners somebody should call, and why."""

from datetime import timedelta

from routing_jobs.publish.report.changes import UNKNOWN, against, change_of_amount
from routing_jobs.publish.report.charts.bars import bar_mark
from routing_jobs.publish.report.content import Column, Headline, Section, Table, number_columns, text_columns
from routing_jobs.publish.report.reading import Reader, Row
from routing_jobs.publish.report.wording import NONE, count, plural

ANCHOR, TITLE = "partners", "Partners to act on"
MOST_PARTNERS = 15
MONTHS_COUNTED, DAYS_BEFORE = 3, 30
DEFINITIONS = (
    (
        "To act on",
        "Things that need a person: open offers past a deadline or without partner activity for too long, "
        "each once however many deadlines it missed; deal registrations past their decision time; live "
        "registrations that conflict with another partner's. In the marts: rpt_open_work.intervention_count.",
    ),
    (
        "Late",
        "Answer: open, unanswered and not followed up after accept_due_at. Follow-up: open and not followed "
        "up after follow_up_due_at. Stalled: open without partner activity for stalled_after_days "
        "(routing.yaml); never an offer that led to a deal registration or an opportunity.",
    ),
    (
        "Value lost",
        "Worth the leads lost in offers whose deadline the partner missed, in the last three complete months: rpt_value_lost.",
    ),
    (
        "Change",
        f"Open offers past a deadline, against those that were {DAYS_BEFORE} days earlier (fct_assignment, at both "
        "instants). Counts, not samples: no interval.",
    ),
)


def partners_section(reader: Reader) -> Section:
    """Partners by how much needs a person, most first."""
    (totals,) = reader.rows("open_work_totals")
    months = reader.clock.complete_months(MONTHS_COUNTED)
    rows = reader.rows(
        "partners_to_act_on", most_partners=MOST_PARTNERS, first_month=months.first, end_month=months.end
    )
    if not rows:
        open_offers = plural(totals["open_count"], "open offer")
        missing = (
            f"Nothing is overdue, stalled or in conflict: {open_offers}, all within their time."
            if totals["open_count"]
            else "No offer is open, so no partner is late."
        )
        return Section(ANCHOR, TITLE, definitions=DEFINITIONS, missing=missing)
    headline = Headline(
        "Partners to act on",
        count(totals["partner_count"]),
        f"with {plural(totals['intervention_count'], 'thing')} a person should see to",
        _change(reader),
    )
    return Section(ANCHOR, TITLE, _lede(totals), [headline], [_table(reader, rows, totals)], DEFINITIONS)


def _lede(totals: Row) -> str:
    parts = [
        f"{count(totals['accept_overdue_count'])} overdue for an answer",
        f"{count(totals['follow_up_overdue_count'])} overdue for a follow-up",
        f"{count(totals['stalled_count'])} without any activity for too long",
    ]
    text = f"Of {plural(totals['open_count'], 'open offer')}: {', '.join(parts)}."
    late = totals["overdue_registration_count"]
    if not late:
        return text
    return f"{text} {plural(late, 'deal registration')} {'is' if late == 1 else 'are'} past decision time."


def _change(reader: Reader):
    earlier = reader.clock.as_of - timedelta(days=DAYS_BEFORE)
    rows = {
        row["is_current"]: row["overdue_count"]
        for row in reader.rows("overdue_offers", as_of=reader.clock.as_of, earlier=earlier)
    }
    if reader.first.released_at is None or reader.first.released_at > earlier:
        return UNKNOWN
    now, before = rows.get(True, 0), rows.get(False, 0)
    change = change_of_amount(now, before, up_is_good=False)
    return against(change, f"{DAYS_BEFORE} days earlier ({count(now)} overdue offers, {count(before)} then)")


def _table(reader: Reader, rows: list[Row], totals: Row) -> Table:
    columns = [
        Column("Partner", is_number=False),
        *text_columns("Tier", "Manager"),
        Column("To do"),
        Column("", is_number=False),
        *number_columns(
            "Open", "Answer late", "Follow-up late", "Stalled", "Oldest, days", "Deals late", "In conflict",
            "Value lost",
        ),
    ]  # fmt: skip
    most = max(row["intervention_count"] for row in rows)
    body = [
        [
            row["partner_name"] if row["status"] == "active" else f"{row['partner_name']} ({row['status']})",
            row["tier"] or NONE,
            row["channel_manager"] or NONE,
            count(row["intervention_count"]),
            bar_mark(row["intervention_count"], most, "alarm"),
            count(row["open_count"]),
            count(row["accept_overdue_count"]),
            count(row["follow_up_overdue_count"]),
            count(row["stalled_count"]),
            NONE if row["oldest_open_days"] is None else count(row["oldest_open_days"]),
            count(row["overdue_registration_count"]),
            count(row["registration_conflict_count"]),
            reader.clock.money.whole(row["value_lost_minor"]),
        ]
        for row in rows
    ]
    shown = f"the {count(len(rows))} with most of {plural(totals['partner_count'], 'partner')}"
    caption = "Partners with something to act on" + (f": {shown}" if totals["partner_count"] > len(rows) else "")
    return Table(caption, columns, body)
