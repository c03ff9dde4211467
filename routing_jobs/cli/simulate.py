"""`leadroute simulate`: what past batches would have been under a draft rulebook. Writes nothing but the page asked for."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from routing_jobs.cli.options import json_option, with_workspace
from routing_jobs.cli.output import emit, print_line, print_table, say
from routing_jobs.program.errors import ConfigurationError
from routing_jobs.program.workspace import Workspace

if TYPE_CHECKING:
    from routing_jobs.simulation.simulate import Simulation

MICROS = 1_000_000
MOST_LEADS = MOST_PARTNERS = 15


@click.command()
@click.option(
    "--rulebook",
    "draft",
    required=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The draft: a folder with routing.yaml, scoring.yaml, sla.yaml, attribution.yaml.",
)
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="First program-local day of batches.")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), help="Last program-local day of batches.")
@click.option("--batch", "batch_id", metavar="BATCH", help="This batch only.")
@click.option("--html", "page", type=click.Path(path_type=Path), metavar="FILE", help="Write the result as a page.")
@json_option
@with_workspace
def simulate(
    workspace: Workspace,
    draft: Path,
    first: datetime | None,
    last: datetime | None,
    batch_id: str | None,
    page: Path | None,
    as_json: bool,
) -> None:
    """Replay past batches under a draft rulebook: what would have moved, and what it would have been worth.

    Without --batch, --from or --to: the newest batch and all of the 90 days before it. Changes nothing.
    """
    from routing_jobs.program.draft import read_draft
    from routing_jobs.program.loading import load_program
    from routing_jobs.simulation.simulate import simulate as replay
    from routing_jobs.simulation.stored_batches import Choice
    from routing_jobs.simulation.words import partner_names

    if batch_id is not None and (first is not None or last is not None):
        raise ConfigurationError("--batch names one batch: leave out --from and --to")
    if first is not None and last is not None and first > last:
        raise ConfigurationError(
            f"--from {first:%Y-%m-%d} is after --to {last:%Y-%m-%d}: expected the first day of the batches to replay, then "
            "the last; exchange the two"
        )
    program = load_program(workspace)
    choice = Choice(batch_id, first.date() if first else None, last.date() if last else None)
    found = replay(workspace, program.config, read_draft(draft), choice, say)
    names = partner_names(workspace)
    if page is not None:
        from routing_jobs.simulation.page import simulation_page

        _write(page, simulation_page(found, program.config.name, names))
    emit(found.as_dict(), as_json, lambda: show(found, names))


def _write(page: Path, html: str) -> None:
    try:
        page.write_text(html, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"--html {page}: cannot be written ({error.strerror})") from error
    say(f"wrote {page}")


def show(found: "Simulation", names: dict[str, str]) -> None:
    """The simulation for people."""
    from routing_jobs.simulation.words import (
        KINDS,
        fate,
        happened,
        happened_sentence,
        name_of,
        self_check_sentence,
    )

    print_line(self_check_sentence(found))
    for sentence in found.skipped:
        print_line(f"Not replayed: {sentence}.")
    _show_draft(found)
    _show_totals(found)
    counted = found.summary()["changed"]
    print_table(["leads whose fate differs", "leads"], [(words, counted.get(kind, 0)) for kind, words in KINDS.items()])
    rows = [
        (row["lead_id"], fate(row, "before", names), fate(row, "after", names), happened(row["happened"]))
        for row in found.changes[:MOST_LEADS]
    ]
    if rows:
        title = f"Leads that move: {len(rows)} of {len(found.changes):,}; --json and --html have more"
        print_table(["lead", "as it was", "under the draft", "what happened"], rows, title)
        print_line(happened_sentence(found))
    moved = [row for row in found.partners if row["before_leads"] != row["after_leads"]]
    moved.sort(key=lambda row: (-abs(row["after_leads"] - row["before_leads"]), row["partner_id"]))
    if moved:
        print_table(
            ["partner", "leads", "draft", "slots taken", "draft", "free slots", "draft"],
            [
                (name_of(row["partner_id"], names), *(row[f"{side}_{what}"] for what in _LOAD for side in _SIDES))
                for row in moved[:MOST_PARTNERS]
            ],
            f"Load: {min(len(moved), MOST_PARTNERS)} of {len(moved):,} partners whose leads differ",
        )
    _show_evidence(found)


_SIDES = ("before", "after")
_LOAD = ("leads", "slots", "free_slots")


def _show_draft(found: "Simulation") -> None:
    if not found.differences:
        print_line("The draft says the same as the newest batch's rulebook.")
        return
    unseen = {(one.file, one.path): why for one, why in found.not_replayed}
    rows = [
        (f"{one.file}.yaml", one.words, f"no: {unseen[place]}" if (place := (one.file, one.path)) in unseen else "yes")
        for one in found.differences
    ]
    print_table(["where", "what the draft changes", "replayed"], rows)


def _show_totals(found: "Simulation") -> None:
    from routing_jobs.program.tables import EXPONENTS

    before, after = found.total("before"), found.total("after")
    unit = 10 ** EXPONENTS.get(found.currency, 2)
    rows: list[tuple[object, ...]] = [
        ("leads in the batches", before.leads, after.leads),
        ("placed with a partner", before.placed, after.placed),
        ("kept by the vendor", before.kept, after.kept),
        *(
            (f"without partner: {code}", before.exceptions.get(code, 0), after.exceptions.get(code, 0))
            for code in sorted({*before.exceptions, *after.exceptions})
        ),
        (
            "expected follow-ups in time",
            round(before.expected_follow_ups / MICROS, 1),
            round(after.expected_follow_ups / MICROS, 1),
        ),
        (
            f"expected won value, {found.currency}",
            before.expected_won_minor // unit,
            after.expected_won_minor // unit,
        ),
        (
            "farthest from equal chance, points of all leads",
            round(found.before_fairness.largest * 100, 1),
            round(found.after_fairness.largest * 100, 1),
        ),
        (
            "mean distance from equal chance, points",
            round(found.before_fairness.mean * 100, 1),
            round(found.after_fairness.mean * 100, 1),
        ),
    ]
    print_table(["all batches together", "as it was", "under the draft"], rows)


def _show_evidence(found: "Simulation") -> None:
    from routing_jobs.simulation.words import ESTIMATES

    judged = found.off_policy
    if judged.too_little is not None:
        print_line(f"Follow-up rate of the draft from what happened: {judged.too_little}.")
        return
    rows = [
        (words, f"{estimate.rate:.1%}", f"{estimate.lower:.1%} to {estimate.upper:.1%}")
        for name, words in ESTIMATES.items()
        if (estimate := getattr(judged, name)) is not None
    ]
    title = (
        f"Follow-up rate of the draft, from {judged.offers:,} offers with an outcome ({judged.logged_rate:.1%} followed "
        f"up in time); worth {judged.effective_sample:.0f} offers by the draft"
    )
    print_table(["estimator", "rate", "95 % interval"], rows, title)
