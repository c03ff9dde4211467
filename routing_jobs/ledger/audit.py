"""`ledger verify`: is everything the ledger says what was once written?

Checks the chain, heads kept outside (past commits, batch folders, published manifests), that the state tables are what
the events add up to, that batch files and texts have their hashes.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, select

from routing_jobs.ledger.batch_files import HEAD_FILE, changed_files
from routing_jobs.ledger.chain import ChainCheck, Finding, OutsideHead
from routing_jobs.ledger.effects import State, fold
from routing_jobs.ledger.event import GENESIS, Event
from routing_jobs.ledger.journal import read_events
from routing_jobs.ledger.ledger import Head, Ledger
from routing_jobs.ledger.private import text_digest
from routing_jobs.ledger.tables import BATCH, CHAIN_HEAD, PROJECTIONS, SIDE_TEXT, key_columns
from routing_jobs.program.workspace import Workspace

_SHOWN_PER_TABLE = 5


@dataclass(frozen=True)
class Audit:
    """What was checked and what was found; an empty `findings` means the ledger is whole."""

    head: Head
    heads_checked: int
    findings: list[Finding]


def verify(ledger: Ledger) -> Audit:
    """Check the whole ledger; finds any changed, removed, reordered, inserted or cut event, and changed state."""
    heads = list(outside_heads(ledger.workspace, ledger.heads_file))
    chain = ChainCheck()
    with ledger.reading() as connection:
        folded, problem = _fold(chain.walk(read_events(connection)))
        stored = connection.execute(select(CHAIN_HEAD)).first()
        chain.check_stored_head(*(stored[1:] if stored else (0, GENESIS, "")))
        chain.check_heads(heads)
        findings = list(chain.findings)
        if problem is not None:
            findings.append(Finding("state", None, f"the events cannot be replayed: {problem}"))
        elif not findings:
            findings += _state_findings(connection, folded)
        findings += _file_findings(ledger, connection)
        findings += _text_findings(ledger, connection)
    return Audit(Head(chain.seq, chain.hash), len(heads), findings)


def outside_heads(workspace: Workspace, heads_file: Path) -> Iterator[OutsideHead]:
    """Every head written down outside the store."""
    if heads_file.is_file():
        lines = heads_file.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines, 1):
            yield from _head_of(f"{heads_file.name} line {number}", line, may_be_torn=number == len(lines))
    for path in sorted(workspace.batches.glob(f"*/{HEAD_FILE}")):
        yield from _head_of(f"batch {path.parent.name}", path.read_text(encoding="utf-8"))
    for path in sorted(workspace.published.glob("releases/*/manifest.json")):
        head = json.loads(path.read_text(encoding="utf-8")).get("ledger_head")
        if head is not None:
            noted = head if isinstance(head, dict) else {"seq": None, "hash": head}
            yield OutsideHead(f"release {path.parent.name}", noted["seq"], noted["hash"])


def _head_of(source: str, text: str, *, may_be_torn: bool = False) -> Iterator[OutsideHead]:
    """The head a line says; a kill may leave the last line of the file half written."""
    try:
        noted = json.loads(text)
        yield OutsideHead(source, int(noted["seq"]), str(noted["hash"]))
    except (ValueError, KeyError, TypeError):
        if not may_be_torn:
            yield OutsideHead(source, None, "(unreadable)")


def _fold(events: Iterable[Event]) -> tuple[State, str | None]:
    """The folded state, and why the fold stopped if it did; all events are walked either way."""
    stream = iter(events)
    try:
        return fold(stream), None
    except (ValueError, KeyError, TypeError) as error:
        for _event in stream:
            pass
        return {}, str(error)


def _state_findings(connection: Connection, folded: State) -> Iterator[Finding]:
    for name, table in PROJECTIONS.items():
        keys = key_columns(table)
        expected = dict(folded.get(name, {}))
        differences = 0
        for row in connection.execute(select(table)).mappings():
            stored = dict(row)
            wanted = expected.pop(tuple(stored[column] for column in keys), None)
            if stored == wanted:
                continue
            differences += 1
            if differences <= _SHOWN_PER_TABLE:
                yield Finding("state", None, f"table {name}, {_name(stored, keys)}: {_difference(stored, wanted)}")
        for key in sorted(expected, key=str)[:_SHOWN_PER_TABLE]:
            yield Finding("state", None, f"table {name}, {', '.join(map(str, key))}: the row is missing")
        hidden = max(0, differences - _SHOWN_PER_TABLE) + max(0, len(expected) - _SHOWN_PER_TABLE)
        if hidden:
            yield Finding("state", None, f"table {name}: {hidden} more rows differ")


def _name(row: dict[str, object], keys: tuple[str, ...]) -> str:
    return ", ".join(str(row[column]) for column in keys)


def _difference(stored: dict[str, object], wanted: dict[str, object] | None) -> str:
    if wanted is None:
        return "no event made this row"
    columns = [name for name in stored if stored[name] != wanted.get(name)]
    return f"{', '.join(columns)} differ from what the events say"


def _file_findings(ledger: Ledger, connection: Connection) -> Iterator[Finding]:
    query = select(BATCH.c.batch_id, BATCH.c.files).order_by(BATCH.c.batch_id)
    for batch_id, files in (map(str, row) for row in connection.execute(query)):
        for name in changed_files(ledger.workspace.batches / batch_id, json.loads(files)):
            yield Finding("file", None, f"batch {batch_id}: file {name} is missing, changed or was added")


def _text_findings(ledger: Ledger, connection: Connection) -> Iterator[Finding]:
    rows = connection.execute(select(SIDE_TEXT.c.digest, SIDE_TEXT.c.body))
    for digest, body in (map(str, row) for row in rows):
        if text_digest(ledger.salt, body) != digest:
            yield Finding("text", None, f"the text {digest[:12]} is not what was typed")
