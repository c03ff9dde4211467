"""The simulation as one HTML page that loads nothing: what the draft changes, and what that does to whom.

Lives here: words and choice of drawings. Not here: how blocks look (`routing_jobs.publish.report`), the figures.
"""

from routing_jobs.program.tables import EXPONENTS
from routing_jobs.publish.report.charts.bars import Bar, lying_bars
from routing_jobs.publish.report.charts.dots import interval_mark
from routing_jobs.publish.report.content import (
    Change,
    Column,
    Figure,
    Headline,
    Section,
    Table,
    figure,
    number_columns,
    text_columns,
)
from routing_jobs.publish.report.page import render_page
from routing_jobs.publish.report.wording import NONE, Money, count, day, name, plural, share, span
from routing_jobs.simulation.comparison import Row, Side
from routing_jobs.simulation.simulate import MICROS, Simulation
from routing_jobs.simulation.words import ESTIMATES, fate, happened, happened_sentence, name_of, self_check_sentence

PACKAGE = "routing_jobs.simulation"
MOST_CHANGES, MOST_PARTNERS, MOST_BARS = 50, 40, 12
_LEGEND = (("grey", "As it was"), ("one", "Under the draft"))


def simulation_page(found: Simulation, program: str, names: dict[str, str]) -> str:
    """The page; `names` are partners' names by id."""
    before, after = found.total("before"), found.total("after")
    batches = [batch for replay in found.replays for batch in replay.source.batches]
    first, last = min(batch.as_of for batch in batches), max(batch.as_of for batch in batches)
    sections = [
        _summary(found, before, after),
        _differences(found),
        _exceptions(before, after),
        _partners(found, names),
        _evidence(found),
        _leads(found, names),
    ]
    when = day(first) if first.date() == last.date() else f"{day(first)} to {day(last)}"
    dateline = (
        f"A draft ({found.draft_sha256[:12]}) on {plural(len(batches), 'batch', 'batches')} of {when}. "
        f"Money in {found.currency}."
    )
    footnote = " ".join(f"Left out: {sentence}." for sentence in found.skipped)
    return render_page(
        "simulation.html", package=PACKAGE, program=program, dateline=dateline, sections=sections, footnote=footnote
    )


def _summary(found: Simulation, before: Side, after: Side) -> Section:
    money = Money(found.currency, EXPONENTS.get(found.currency, 2))
    rows = [
        ("Leads in the batches", count(before.leads), count(after.leads), NONE),
        ("Placed with a partner", count(before.placed), count(after.placed), _more(after.placed - before.placed)),
        ("Share placed", share(_of(before)), share(_of(after)), _points(_of(after) - _of(before))),
        ("Kept by the vendor", count(before.kept), count(after.kept), _more(after.kept - before.kept)),
        (
            "Expected follow-ups in time",
            f"{before.expected_follow_ups / MICROS:,.1f}",
            f"{after.expected_follow_ups / MICROS:,.1f}",
            f"{(after.expected_follow_ups - before.expected_follow_ups) / MICROS:+,.1f}",
        ),
        (
            "Expected won value",
            money.whole(before.expected_won_minor),
            money.whole(after.expected_won_minor),
            money.whole(after.expected_won_minor - before.expected_won_minor),
        ),
        (
            "Farthest from equal chance",
            _points(found.before_fairness.largest, is_plain=True),
            _points(found.after_fairness.largest, is_plain=True),
            _points(found.after_fairness.largest - found.before_fairness.largest),
        ),
        (
            "Mean distance from equal chance",
            _points(found.before_fairness.mean, is_plain=True),
            _points(found.after_fairness.mean, is_plain=True),
            _points(found.after_fairness.mean - found.before_fairness.mean),
        ),
    ]
    columns = [*text_columns("What"), *number_columns("As it was", "Under the draft", "Difference")]
    headline = Headline(
        "Leads whose fate differs",
        count(len(found.changes)),
        f"of {plural(before.leads, 'lead')}",
        Change(f"{count(after.placed)} placed instead of {count(before.placed)}", _tone(after.placed - before.placed)),
    )
    return Section(
        "summary",
        "In short",
        self_check_sentence(found),
        headlines=[headline],
        blocks=[_kinds(found), Table("All batches together", columns, rows)],
        definitions=(
            ("Expected follow-ups", "The partner's shrunk follow-up rate, as the batch knew it, added up over leads."),
            (
                "Expected won value",
                "Value x age decay x the partner's chance to win, as the batch knew them, added up over what is "
                "placed; preferences and the rulebook's way of scoring are left out, so both sides are valued alike.",
            ),
            (
                "Equal chance",
                "A partner's share of the placed leads against the share it would have, had each unit gone to any of "
                "its eligible partners with equal chance; in points of all leads.",
            ),
        ),
    )


def _kinds(found: Simulation) -> Figure:
    counted = found.summary()["changed"]
    labels = {
        "moved": "To another partner",
        "newly_placed": "Newly placed",
        "newly_unplaced": "No longer placed",
        "other_reason": "Another reason",
    }
    bars = [Bar(label, counted.get(kind, 0), count(counted.get(kind, 0))) for kind, label in labels.items()]
    return figure(
        "What becomes of leads under the draft",
        "Leads whose fate differs, by how",
        lambda width: lying_bars(width, "Leads by what changes for them", bars),
    )


def _differences(found: Simulation) -> Section:
    unseen = {(one.file, one.path): why for one, why in found.not_replayed}
    rows = [
        (
            f"{one.file}.yaml",
            one.words,
            f"no: {unseen[one.file, one.path]}" if (one.file, one.path) in unseen else "yes",
        )
        for one in found.differences
    ]
    missing = "" if rows else "The draft says the same as the newest batch's rulebook."
    lede = f"{plural(len(rows), 'difference')} from the newest batch's rulebook"
    lede += f"; {count(len(unseen))} of them cannot be replayed." if unseen else "; all of them are replayed."
    table = Table("What the draft changes", text_columns("Where", "What", "Replayed"), rows)
    definitions = (("Replayed", "Whether a replay shows its effect: routing reads it, rather than what comes before."),)
    return Section("differences", "The draft", lede, blocks=[table], definitions=definitions, missing=missing)


def _leads(found: Simulation, names: dict[str, str]) -> Section:
    shown = found.changes[:MOST_CHANGES]
    rows = [
        (row["lead_id"], fate(row, "before", names), fate(row, "after", names), happened(row["happened"]))
        for row in shown
    ]
    caption = f"{count(len(shown))} of {plural(len(found.changes), 'lead')}; --json has all of them"
    columns = text_columns("Lead", "As it was", "Under the draft", "What happened")
    return Section(
        "leads",
        "Leads that move",
        f"{plural(len(found.changes), 'lead')} would have had another fate. {happened_sentence(found)}",
        blocks=[Table(caption, columns, rows)],
        definitions=(("What happened", "Whether the offer that was made was followed up in time, where that counts."),),
        missing="" if rows else "Every lead keeps its fate.",
    )


def _exceptions(before: Side, after: Side) -> Section:
    codes = sorted({*before.exceptions, *after.exceptions})
    pairs = [(code, before.exceptions.get(code, 0), after.exceptions.get(code, 0)) for code in codes]
    bars = _paired([(name(code), old, count(old), new, count(new)) for code, old, new in pairs if old != new])
    rows = [(code, count(old), count(new), _more(new - old)) for code, old, new in pairs]
    columns = [*text_columns("Reason"), *number_columns("As it was", "Under the draft", "Difference")]
    draw = figure(
        "Leads without partner, by reason",
        "Reasons whose number differs",
        lambda width: lying_bars(width, "Exceptions by code, as they were and under the draft", bars),
        _LEGEND,
    )
    total_before, total_after = sum(before.exceptions.values()), sum(after.exceptions.values())
    return Section(
        "exceptions",
        "Exceptions",
        f"{plural(total_before, 'lead')} without partner as it was, {count(total_after)} under the draft.",
        blocks=[*([draw] if bars else []), Table("All reasons", columns, rows, is_folded=bool(bars))],
        definitions=(("Reason", "The exception code of the lead's line; each has one remedy and one owner."),),
        missing="" if pairs else "No lead is without partner on either side.",
    )


def _partners(found: Simulation, names: dict[str, str]) -> Section:
    rows = sorted(found.partners, key=lambda row: (-abs(row["after_leads"] - row["before_leads"]), row["partner_id"]))
    rows = [row for row in rows if row["before_leads"] or row["after_leads"]]
    moved = [row for row in rows if row["before_leads"] != row["after_leads"]]
    bars = _paired(
        [
            (
                names.get(row["partner_id"], row["partner_id"])[:20],
                row["before_leads"],
                count(row["before_leads"]),
                row["after_leads"],
                count(row["after_leads"]),
            )
            for row in moved[:MOST_BARS]
        ]
    )
    draw = figure(
        "Leads a partner gets",
        "Partners with the largest difference",
        lambda width: lying_bars(width, "Leads per partner, as it was and under the draft", bars),
        _LEGEND,
    )
    columns = [
        Column("Partner", is_number=False),
        *number_columns("Leads was", "Leads draft", "Slots was", "Slots draft", "Share was", "Share draft", "Expected"),
    ]
    sums = {name: sum(row[name] for row in found.partners) for name in ("before_leads", "after_leads")}
    sums["expected"] = sum(row["after_expected_micros"] for row in found.partners)
    body = [_partner_row(row, names, sums) for row in rows[:MOST_PARTNERS]]
    caption = f"{count(len(body))} of {plural(len(rows), 'partner')}, largest difference first"
    return Section(
        "partners",
        "Load and shares",
        f"{plural(len(moved), 'partner')} would have had another number of leads.",
        blocks=[*([draw] if moved else []), Table(caption, columns, body)],
        definitions=(
            ("Slots", "Slots taken of the slots that were free when routing began, added up over batches."),
            ("Expected", "The partner's share by equal chance under the draft (see above)."),
        ),
        missing="" if rows else "No partner gets a lead on either side.",
    )


def _partner_row(row: Row, names: dict[str, str], sums: dict[str, int]) -> tuple[str, ...]:
    return (
        name_of(row["partner_id"], names),
        count(row["before_leads"]),
        count(row["after_leads"]),
        f"{count(row['before_slots'])} of {count(row['before_free_slots'])}",
        f"{count(row['after_slots'])} of {count(row['after_free_slots'])}",
        share(row["before_leads"] / sums["before_leads"] if sums["before_leads"] else None),
        share(row["after_leads"] / sums["after_leads"] if sums["after_leads"] else None),
        share(row["after_expected_micros"] / sums["expected"] if sums["expected"] else None),
    )


def _evidence(found: Simulation) -> Section:
    judged = found.off_policy
    rows = []
    for estimator, words in ESTIMATES.items():
        estimate = getattr(judged, estimator)
        if estimate is not None:
            mark = interval_mark((estimate.rate, estimate.lower, estimate.upper), judged.logged_rate)
            rows.append((words, share(estimate.rate), span(estimate.lower, estimate.upper), mark))
    columns = [*text_columns("Estimator"), *number_columns("Rate", "95% interval"), *text_columns("0-100%")]
    lede = (
        f"Of {plural(judged.offers, 'offer')} with an outcome, {share(judged.logged_rate)} were followed up in time; "
        "the estimates say what share would have been under the draft."
    )
    return Section(
        "evidence",
        "Follow-up rate, from what happened",
        lede,
        blocks=[Table("Estimates of the draft's follow-up rate", columns, rows)],
        definitions=(
            (
                "Estimators",
                "Inverse propensity scoring weighs each offer by how much likelier the draft makes it; doubly robust "
                "corrects a prediction by partners' rates with what was seen. The upright line is the rate as it was.",
            ),
            (
                "Overlap",
                f"The offers made tell as much as {judged.effective_sample:.0f} offers by the draft would; "
                f"{judged.support:.0%} of the draft's offers had a chance to be made.",
            ),
        ),
        missing="" if rows else f"{(judged.too_little or '').capitalize()}.",
    )


def _paired(pairs: list[tuple[str, int, str, int, str]]) -> list[Bar]:
    """Two bars a thing: as it was, then under the draft."""
    return [
        bar
        for label, old, old_words, new, new_words in pairs
        for bar in (Bar(label, old, old_words, css_class="grey"), Bar("", new, new_words))
    ]


def _of(side: Side) -> float:
    return side.placed / side.leads if side.leads else 0.0


def _more(difference: int) -> str:
    return f"{difference:+,}" if difference else "0"


def _points(value: float, *, is_plain: bool = False) -> str:
    return f"{value * 100:.1f} points" if is_plain else f"{value * 100:+.1f} points"


def _tone(difference: int) -> str:
    return "better" if difference > 0 else "worse" if difference < 0 else "even"
