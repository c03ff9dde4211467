"""`leadroute explain` and `leadroute exceptions`: why a lead is where it is, and which leads wait for a person."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from routing_jobs.cli.options import json_option, with_workspace
from routing_jobs.cli.output import emit, print_line, print_table
from routing_jobs.program.errors import BusyError, ConfigurationError
from routing_jobs.program.workspace import Workspace

if TYPE_CHECKING:
    import duckdb

    from routing_jobs.proposal.stored import Record

_COLUMNS = ("rank", "partner_id", "partner_name", "score", "banded_score", "extra_leads", "price", "verdict")
_AMOUNTS = ("score", "banded_score", "price")

# routability (dbt: int_leads__routability) of qualified leads that are not routed now
_WAITING = {
    "partner_brought_it": "the partner that registered the deal works it already",
    "reserved": "a batch that people have in hand holds it",
    "offered": "it is with a partner",
    "finished": "an opportunity, a registration or an outcome exists for it",
    "direct": "its account is kept by the vendor's own team",
    "exhausted": "it was offered as often as max_hops allows",
    "buyer_has_open_offer": "the same buyer has an open offer; one at a time",
    "account_has_open_offer": "a partner works this account and product line already",
    "buyer_has_better_lead": "the same buyer has a better lead; one offer at a time",
}


@click.command()
@click.argument("lead", required=False)
@click.option("--partner", metavar="PARTNER_ID", help="Show what a partner's weight rests on instead.")
@click.option("--batch", "batch_id", metavar="BATCH_ID", help="The batch to explain; else the newest with this lead.")
@json_option
@with_workspace
def explain(workspace: Workspace, lead: str | None, partner: str | None, batch_id: str | None, as_json: bool) -> None:
    """Say why LEAD went where it went, why not elsewhere, and what would have changed it.

    LEAD is a lead_id, a lead_ref (LR-...) or source_system:source_record_id.
    """
    if (lead is None) == (partner is None):
        raise click.UsageError("name a LEAD, or a partner with --partner")
    if partner is not None:
        _explain_partner(workspace, partner, as_json)
        return
    assert lead is not None
    from routing_jobs.ledger import Ledger
    from routing_jobs.proposal.stored import batch_of, find_lead, partner_names, read_record

    with _serving(workspace) as serving:
        lead_id = find_lead(serving, lead) or lead
        names = partner_names(serving)
    with Ledger.open(workspace) as ledger, ledger.reading() as reading:
        chosen = batch_id or batch_of(ledger, reading, lead_id)
        record = read_record(ledger, reading, chosen, lead_id) if chosen else None
    if record is not None:
        _show_record(workspace, record, names, as_json)
    elif batch_id is not None:
        raise ConfigurationError(
            f"Batch {batch_id} has no line for lead {lead}. Leave out --batch to find the one it is in."
        )
    else:
        _show_unrouted(workspace, lead, lead_id, as_json)


@contextmanager
def _serving(workspace: Workspace) -> "Iterator[duckdb.DuckDBPyConnection]":
    import duckdb

    from routing_jobs.release.facts import explained_by_age, serving_database

    database = serving_database(workspace)
    connection = duckdb.connect(str(database), read_only=True)
    try:
        with explained_by_age(database):
            yield connection
    finally:
        connection.close()


def _show_record(workspace: Workspace, record: "Record", names: dict[str, str], as_json: bool) -> None:
    from routing_jobs.program.loading import load_program
    from routing_jobs.program.tables import EXPONENTS
    from routing_jobs.routing.explain import explain as explain_line

    currency = load_program(workspace).config.currency
    found = explain_line(
        record.line, record.candidates, record.prices, record.outside, names, currency, EXPONENTS.get(currency, 2)
    )
    payload = {
        "lead_id": record.line["lead_id"],
        "batch_id": record.batch_id,
        "line": record.line,
        "sentences": list(found.sentences),
        "candidates": list(found.table),
        "outside": record.outside,
    }
    emit(payload, as_json, lambda: _print_record(record, list(found.sentences), list(found.table), currency))


def _print_record(record: "Record", sentences: list[str], table: list[dict[str, Any]], currency: str) -> None:
    print_line(f"{record.line['lead_id']} in batch {record.batch_id}")
    for sentence in sentences:
        print_line(f"  {sentence}")
    if table:
        print_table(
            _COLUMNS,
            ([_shown(column, row[column]) for column in _COLUMNS] for row in table),
            f"Candidates; extra leads, price: what one more slot there would add; scores in {currency} (--json: in millionths)",
        )


def _shown(column: str, value: Any) -> Any:
    if column not in _AMOUNTS or value is None:
        return value
    return Decimal(value).scaleb(-6).quantize(Decimal("0.01"))


def _show_unrouted(workspace: Workspace, lead: str, lead_id: str, as_json: bool) -> None:
    import duckdb

    from routing_jobs.proposal.stored import qualification
    from routing_jobs.warehouse.store import opened

    try:
        with opened(workspace, read_only=True) as warehouse:
            found = qualification(warehouse, lead_id)
    except duckdb.IOException as error:
        raise BusyError(f"Lead {lead} is in no batch; a run holds the warehouse: ask again when it is done.") from error
    if found is None:
        raise ConfigurationError(
            f"There is no lead {lead}. Give a lead_id, a lead_ref (LR-...) or source_system:source_record_id."
        )
    if found["qualification"] == "qualified":
        sentence = (
            f"It is qualified and in no batch: {_WAITING.get(found['routability'], 'it waits for the next run')}."
        )
    elif found["qualification"] == "duplicate":
        sentence = f"It is not routed: it repeats lead {found['duplicate_of_lead_id']}."
    else:
        reason = f" ({found['reason']})" if found["reason"] else ""
        sentence = f"It is not routed: it is {found['qualification']}{reason}."
    payload = {"lead_id": lead_id, "batch_id": None, "qualification": found, "sentences": [sentence]}
    emit(payload, as_json, lambda: print_line(f"{lead_id}: {sentence}"))


def _explain_partner(workspace: Workspace, partner_id: str, as_json: bool) -> None:
    from routing_jobs.performance.statement import FORMULA, state_weight
    from routing_jobs.program.loading import load_program
    from routing_jobs.proposal.stored import partner_standing
    from routing_jobs.routing.turns import NANOS

    with _serving(workspace) as serving:
        limits, performance, prices, turns = partner_standing(serving, partner_id)
    if limits is None:
        raise ConfigurationError(f"There is no partner {partner_id} in the roster of the last run.")
    sentences = state_weight(performance, load_program(workspace).routing.performance)
    used = f"{limits['slots_used']} of {limits['capacity']} slots used, {limits['free_slots']} free in this run"
    sentences += [_turn(turn["pool"], turn["credit_nanos"] / NANOS) for turn in turns]
    sentences.append(f"Takes leads now: {'yes' if limits['is_active_now'] else 'no'}; {used}.")
    payload = {
        "partner_id": partner_id,
        "sentences": sentences,
        "formula": FORMULA,
        "outcomes": performance,
        "limits": limits,
        "prices": prices,
        "turns": turns,
    }
    emit(payload, as_json, lambda: _print_partner(partner_id, sentences, FORMULA))


def _turn(pool: str, credit: float) -> str:
    """What a partner is owed of a pool's units, in words."""
    if credit >= 0:
        return f"In turn for {pool}: it is owed {credit:.2f} units more than it received."
    return f"In turn for {pool}: it received {-credit:.2f} units more than it was owed."


def _print_partner(partner_id: str, sentences: list[str], formula: str) -> None:
    print_line(partner_id)
    for sentence in [*sentences, f"Formula: {formula}."]:
        print_line(f"  {sentence}")


@click.group()
def exceptions() -> None:
    """Leads routing could not place."""


@exceptions.command("list")
@click.option("--code", help="Only this exception code, such as ALL_AT_LIMIT.")
@click.option("--owner", help="Only what this owner has to work.")
@json_option
@with_workspace
def list_(workspace: Workspace, code: str | None, owner: str | None, as_json: bool) -> None:
    """Exceptions of the open batches, the soonest due first: what to do, and whose work it is."""
    from routing_jobs.ledger import Ledger
    from routing_jobs.proposal.stored import lead_refs, open_exceptions

    with Ledger.open(workspace) as ledger, ledger.reading() as reading:
        found = open_exceptions(ledger, reading)
    with _serving(workspace) as serving:
        refs = lead_refs(serving)
    columns = ("lead_ref", "lead_id", "exception_code", "owner", "due_at", "remedy", "batch_id", "rule")
    rows = [
        {column: (row | {"lead_ref": refs.get(row["lead_id"])})[column] for column in columns}
        for row in found
        if code in (None, row["exception_code"]) and owner in (None, row["owner"])
    ]
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["exception_code"]] = counts.get(row["exception_code"], 0) + 1
    payload = {"exceptions": rows, "by_code": dict(sorted(counts.items())), "count": len(rows)}
    shown = columns[:6]
    emit(payload, as_json, lambda: print_table(shown, ([row[name] for name in shown] for row in rows), _title(counts)))


def _title(counts: dict[str, int]) -> str:
    by_code = ", ".join(f"{count} {code}" for code, count in sorted(counts.items()))
    return f"{sum(counts.values())} exceptions{': ' + by_code if by_code else ''}"
