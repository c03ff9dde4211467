"""`leadroute batch list|show|diff`: what a reviewer looks at. Deciding is in `batches`."""

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from routing_jobs.cli.options import json_option, with_workspace
from routing_jobs.cli.output import emit, print_line, print_table
from routing_jobs.program.workspace import Workspace

if TYPE_CHECKING:
    from routing_jobs.ledger.batches import Batch
    from routing_jobs.ledger.overview import Overview

_LISTED = ("batch_id", "status", "is_express", "as_of", "lead_count", "assigned_count", "override_count", "approved_by")
_LINE = ("lead_id", "partner_id", "hop", "source", "rule", "score", "exception_code", "owner", "is_held")
_CHECK = ("check_name", "passed", "rows_seen", "rows_failed", "message")
_OUTLIERS = {
    "partners_full": "partners whose last slot this batch takes",
    "units_with_one_choice": "units with a single eligible partner",
    "units_not_at_their_first_choice": "units that did not get their best partner (limits, precedence)",
    "leads_offered_before": "leads offered before (hop 2 or later)",
    "lines_overridden": "lines a person sent elsewhere",
    "lines_held": "lines held back",
}
_NEXT = {
    "proposed": "Next: leadroute batch approve {0} --content {1}   (or override, hold, reject)",
    "in_review": "Next: leadroute batch approve {0} --content {1}   (or override, hold, reject)",
    "approved": "Next: leadroute batch release {0}",
    "released": "Next: leadroute outbox deliver",
}


@click.command("list")
@click.option("--open", "only_open", is_flag=True, help="Only batches that wait for a decision or for release.")
@json_option
@with_workspace
def list_(workspace: Workspace, only_open: bool, as_json: bool) -> None:
    """Every batch, in the order they were proposed."""
    from routing_jobs.ledger import Ledger
    from routing_jobs.ledger.batches import OPEN, list_batches

    with Ledger.open(workspace) as ledger, ledger.reading() as reading:
        batches = [plain(found) for found in list_batches(reading, OPEN if only_open else ())]
    rows = [[found[column] for column in _LISTED] for found in batches]
    emit({"batches": batches}, as_json, lambda: print_table(_LISTED, rows, "Batches"))


@click.command()
@click.argument("batch_id", required=False)
@click.option("--lines", "shown", type=click.IntRange(min=0), default=40, show_default=True, help="Lines to print.")
@json_option
@with_workspace
def show(workspace: Workspace, batch_id: str | None, shown: int, as_json: bool) -> None:
    """Totals, change, load, exceptions, gate, outliers, decisions, and every line with what decided it.

    Without BATCH_ID the newest batch that waits for a decision. --json holds every line.
    """
    from routing_jobs.ledger import Ledger
    from routing_jobs.ledger.overview import read_overview

    with Ledger.open(workspace) as ledger, ledger.reading() as reading:
        overview = read_overview(ledger, reading, batch_id or _newest(reading))
    emit(_payload(overview) if as_json else {}, as_json, lambda: _print(overview, shown))


def _newest(reading: Any) -> str:
    from routing_jobs.ledger.batches import OPEN, list_batches
    from routing_jobs.program.errors import ConfigurationError

    found = list_batches(reading, OPEN) or list_batches(reading)
    if not found:
        raise ConfigurationError("There is no batch yet. `leadroute run` proposes one.")
    return found[-1].batch_id


@click.command()
@click.argument("batch_id")
@click.argument("other_id", required=False)
@json_option
@with_workspace
def diff(workspace: Workspace, batch_id: str, other_id: str | None, as_json: bool) -> None:
    """What changed against another batch (default: the one of its kind proposed before it)."""
    from routing_jobs.ledger import Ledger
    from routing_jobs.ledger.batches import read_batch, read_lines
    from routing_jobs.ledger.overview import fates, previous_batch
    from routing_jobs.program.errors import ConfigurationError

    with Ledger.open(workspace) as ledger, ledger.reading() as reading:
        this = read_batch(reading, batch_id)
        other = read_batch(reading, other_id) if other_id else previous_batch(reading, this)
        if other is None:
            raise ConfigurationError(f"{batch_id} is the first batch: there is none before it to compare with.")
        before = fates(read_lines(ledger, reading, other.batch_id))
        after = fates(read_lines(ledger, reading, batch_id))
    changes = [
        {"lead_id": lead, "before": before.get(lead), "after": after.get(lead)}
        for lead in sorted(before.keys() | after.keys())
        if before.get(lead) != after.get(lead)
    ]
    rows = [list(change.values()) for change in changes]
    payload = {"batch_id": batch_id, "other_id": other.batch_id, "changes": changes}
    title = f"{len(rows):,} leads differ"
    emit(payload, as_json, lambda: print_table(("lead_id", other.batch_id, batch_id), rows, title))


def plain(batch: "Batch") -> dict[str, Any]:
    """A batch as plain data, without what only the ledger needs."""
    return {name: value for name, value in asdict(batch).items() if name not in ("files", "reason_digest")}


def _payload(overview: "Overview") -> dict[str, Any]:
    batch = plain(overview.batch)
    return {name: batch[name] for name in ("batch_id", "status", "version", "content_sha256")} | {
        "batch": batch,
        "change": asdict(overview.change) if overview.change else None,
        "load": [asdict(load) for load in overview.load],
        "exceptions": overview.exceptions,
        "outliers": overview.outliers,
        "gates": [{name: check[name] for name in _CHECK} for check in overview.gate],
        "history": [asdict(entry) for entry in overview.history],
        "lines": overview.lines.to_pylist(),
    }


def _print(overview: "Overview", shown: int) -> None:
    _print_totals(overview)
    _print_load(overview)
    if overview.exceptions:
        print_table(("not placed", "leads"), list(overview.exceptions.items()))
    worth = [(_OUTLIERS[name], count) for name, count in overview.outliers.items() if count]
    if worth:
        print_table(("look at", "count"), worth)
    decided = [[entry.occurred_at, entry.actor, entry.what, entry.reason] for entry in overview.history]
    print_table(("at (UTC)", "who", "what", "reason"), decided, "History")
    _print_lines(overview, shown)
    step = _NEXT.get(overview.batch.status)
    if step:
        print_line(step.format(overview.batch.batch_id, overview.batch.content_sha256[:12]))


def _print_totals(overview: "Overview") -> None:
    batch = overview.batch
    kind = "express batch" if batch.is_express else "batch"
    print_line(
        f"{kind.capitalize()} {batch.batch_id}: {batch.status.replace('_', ' ')}, as of {batch.as_of:%Y-%m-%d %H:%M} UTC"
    )
    print_line(f"{batch.assigned_count:,} of {batch.lead_count:,} leads placed, {batch.unit_count:,} units")
    if batch.gap is not None and batch.objective is not None and batch.upper_bound is not None:
        bound = f"objective {batch.objective:,}, upper bound {batch.upper_bound:,}, gap {batch.gap:.4%}"
        print_line(f"certificate: {bound}; the tie band cost {batch.band_cost or 0:,}")
        modes = Counter(mode for mode in overview.lines["mode"].to_pylist() if mode is not None)
        if set(modes) - {"optimal"}:
            placed = ", ".join(f"{mode} {count:,} leads" for mode, count in modes.most_common())
            print_line(f"placed by {placed}; the gap is what this gave up against the best within the same slots")
    if overview.change is not None:
        change = overview.change
        print_line(
            f"against {change.against}: {change.new:,} leads new, {change.gone:,} gone, {change.moved:,} elsewhere, "
            f"{change.same:,} the same"
        )
    failed = [check for check in overview.gate if not check["passed"]]
    state = (
        "not judged as it stands"
        if not overview.gate
        else f"{len(overview.gate) - len(failed)} of {len(overview.gate)} checks passed"
    )
    print_line(f"gate: {state}; content {batch.content_sha256}")
    if failed:
        print_table(_CHECK, [[check[name] for name in _CHECK] for check in failed], "Failed checks")


def _print_load(overview: "Overview", most: int = 15) -> None:
    rows = [[load.partner_id, load.leads, load.taken, load.free, load.free - load.taken] for load in overview.load]
    more = f", the {most} nearest their limit of {len(rows)}" if len(rows) > most else ""
    print_table(("partner", "leads", "slots taken", "slots free before", "left"), rows[:most], f"Load{more}")


def _print_lines(overview: "Overview", shown: int) -> None:
    lines = overview.lines.slice(0, shown).to_pylist()
    rows = [[line[column] for column in _LINE] for line in lines]
    rest = overview.lines.num_rows - len(lines)
    title = "Lines; `leadroute explain LEAD` tells the story of one" + (f" ({rest:,} more: --lines)" if rest else "")
    if shown:
        print_table(_LINE, rows, title)
    rules = Counter(overview.lines["rule"].to_pylist())
    decided = ", ".join(f"{rule or 'exception'} {count:,}" for rule, count in rules.most_common())
    print_line(f"decided by: {decided}")
