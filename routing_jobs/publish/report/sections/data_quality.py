"""What came in, what was set aside, and what the gates said."""

from routing_jobs.publish.report.changes import UNKNOWN
from routing_jobs.publish.report.charts.bars import bar_mark
from routing_jobs.publish.report.content import Change, Column, Headline, Section, Table, number_columns, text_columns
from routing_jobs.publish.report.intervals import Rate
from routing_jobs.publish.report.reading import Reader, Row, total
from routing_jobs.publish.report.wording import NONE, count, name, plural, share

ANCHOR, TITLE = "data-quality", "Data quality"
MOST_REASONS = 15
GATES = ("arrivals", "routing_input", "proposed_batch", "marts")
DEFINITIONS = (
    (
        "Records",
        "Every physical record of every landed file is accepted, a duplicate (unchanged since it came last), "
        "filtered (not this feed's) or quarantined with a reason; the four add up to the records counted in "
        "the file. In the marts: rpt_data_quality, kind intake and quarantine. Quarantined records: leadroute "
        "quarantine list.",
    ),
    (
        "Gate",
        "Checks that stop a run before it routes, proposes or publishes. The fourth gate judges these marts "
        "before this page is published; its verdict is in manifest.json beside it, and here from the next run "
        "on. In the marts: rpt_data_quality, kind check.",
    ),
    ("Change", "Failed checks of this run against those of the run before it."),
)


def data_quality_section(reader: Reader) -> Section:
    """Records by fate and feed, why records are quarantined, the gates of this run and the one before."""
    feeds, checks = reader.rows("records_by_feed"), reader.rows("gate_checks")
    reasons = reader.rows("quarantine_reasons")
    if not feeds and not checks:
        return Section(
            ANCHOR, TITLE, definitions=DEFINITIONS, missing="No file has landed and no gate has judged a run yet."
        )
    blocks = []
    if feeds:
        blocks.append(_feeds_table(feeds))
    if reasons:
        blocks.append(_reasons_table(reasons))
    if checks:
        blocks.append(_gates_table(checks))
    if failed := _failed(checks, is_current=True):
        blocks.append(_failed_table(failed))
    return Section(ANCHOR, TITLE, _lede(feeds, checks), _headlines(feeds, checks), blocks, DEFINITIONS)


def _records(feeds: list[Row]) -> int:
    return sum(total(feeds, f"{fate}_count") for fate in ("accepted", "duplicate", "filtered", "quarantined"))


def _failed(checks: list[Row], *, is_current: bool) -> list[Row]:
    return [row for row in checks if row["is_current"] == is_current and row["verdict"] != "passed"]


def _lede(feeds: list[Row], checks: list[Row]) -> str:
    set_aside = total(feeds, "quarantined_count")
    text = (
        f"{plural(_records(feeds), 'record')} came in through {plural(len(feeds), 'feed')}; "
        f"{count(set_aside)} {'is' if set_aside == 1 else 'are'} quarantined. "
    )
    failed = _failed(checks, is_current=True)
    if failed:
        return f"{text}{plural(len(failed), 'check')} failed this run."
    return f"{text}Every check of this run has passed." if checks else text


def _headlines(feeds: list[Row], checks: list[Row]) -> list[Headline]:
    current = [row for row in checks if row["is_current"]]
    found = []
    if feeds:
        aside = Rate(total(feeds, "quarantined_count"), _records(feeds))
        basis = f"{count(aside.successes)} of {plural(aside.trials, 'record')} since the program began"
        found.append(
            Headline("Records quarantined", share(aside.value), basis, Change("a count, not an estimate", "unknown"))
        )
    if current:
        passed = len(current) - len(_failed(checks, is_current=True))
        basis = f"of {plural(len(current), 'check')} this run"
        found.append(Headline("Checks passed", count(passed), basis, _change(checks)))
    return found


def _change(checks: list[Row]) -> Change:
    if all(row["is_current"] for row in checks):
        return UNKNOWN
    now, before = (len(_failed(checks, is_current=is_current)) for is_current in (True, False))
    tone = "even" if now == before else "worse" if now > before else "better"
    return Change(f"{count(now)} failed, {count(before)} in the run before", tone)


def _feeds_table(feeds: list[Row]) -> Table:
    columns = [
        *text_columns("Feed"),
        *number_columns("Records", "Accepted", "Unchanged", "Filtered", "Quarantined", "Share"),
        Column("", is_number=False),
    ]
    worst = max(Rate(row["quarantined_count"], _records([row])).value or 0.0 for row in feeds)
    rows = []
    for row in feeds:
        aside = Rate(row["quarantined_count"], _records([row]))
        rows.append([row["feed"], *_fates([row]), share(aside.value), bar_mark(aside.value or 0.0, worst, "alarm")])
    rows.append(["All", *_fates(feeds), share(Rate(total(feeds, "quarantined_count"), _records(feeds)).value), ""])
    return Table("What became of the records of each feed", columns, rows, has_total=True)


def _fates(feeds: list[Row]) -> list[str]:
    fates = [count(total(feeds, f"{fate}_count")) for fate in ("accepted", "duplicate", "filtered", "quarantined")]
    return [count(_records(feeds)), *fates]


def _reasons_table(reasons: list[Row]) -> Table:
    columns = text_columns("Feed", "Reason") + number_columns("Records")
    rows = [[row["feed"], row["reason_code"], count(row["record_count"])] for row in reasons[:MOST_REASONS]]
    if len(reasons) > MOST_REASONS:
        rest = reasons[MOST_REASONS:]
        rows.append([plural(len(rest), "other reason"), "", count(total(rest, "record_count"))])
    rows.append(["All", "", count(total(reasons, "record_count"))])
    return Table("Why records stand in quarantine, most first", columns, rows, has_total=True)


def _gates_table(checks: list[Row]) -> Table:
    columns = text_columns("Gate") + number_columns(
        "Checks", "Passed", "Failed", "Rows failed", "Failed in the run before"
    )
    gates = {gate: [row for row in checks if row["gate"] == gate] for gate in GATES}
    rows = []
    for gate, of_gate in gates.items():
        current = [row for row in of_gate if row["is_current"]]
        before = [row for row in of_gate if not row["is_current"]]
        failed = _failed(of_gate, is_current=True)
        if current:
            line = [
                count(len(current)),
                count(len(current) - len(failed)),
                count(len(failed)),
                count(total(current, "rows_failed")),
            ]
        else:
            line = [NONE] * 4
        rows.append([name(gate), *line, count(len(_failed(of_gate, is_current=False))) if before else NONE])
    return Table("Gates", columns, rows)


def _failed_table(failed: list[Row]) -> Table:
    columns = text_columns("Gate", "Check") + number_columns("Rows seen", "Rows failed")
    rows = [
        [name(row["gate"]), row["check_name"], count(row["rows_seen"]), count(row["rows_failed"])] for row in failed
    ]
    return Table("Checks that failed this run", columns, rows)
