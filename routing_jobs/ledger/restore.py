"""Restore: brings a backup back, after checking all of it, and holds the outbox until people have reconciled it."""

import hashlib
import json
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, make_url, select
from sqlalchemy.exc import DatabaseError

from routing_jobs.ledger.audit import outside_heads
from routing_jobs.ledger.backup import EVENTS, FORMAT, MANIFEST, SALT, TEXTS
from routing_jobs.ledger.batch_files import READ_ONLY, file_sha256
from routing_jobs.ledger.chain import ChainCheck, OutsideHead
from routing_jobs.ledger.durable import sync_path, write_atomically
from routing_jobs.ledger.effects import changes_of
from routing_jobs.ledger.event import Event
from routing_jobs.ledger.journal import HEAD_ID, apply_changes
from routing_jobs.ledger.ledger import HEADS_FILE, Head, Ledger, ledger_url, salt_file
from routing_jobs.ledger.refusals import DecisionRefusedError
from routing_jobs.ledger.storage import writing
from routing_jobs.ledger.tables import BATCH, CHAIN_HEAD, EPOCH, EVENT, OUTBOX, SIDE_TEXT
from routing_jobs.program.errors import ConfigurationError, LeadrouteError
from routing_jobs.program.workspace import Workspace

_AT_ONCE = 5_000
_UNSENT = ("pending", "blocked", "sending", "uncertain")


@dataclass(frozen=True)
class Restored:
    """What a restore brought back. `lost_heads` counts states of the ledger known here that the backup did not have."""

    head: Head
    epoch: int
    batches: int
    uncertain_messages: int
    lost_heads: int


def restore_backup(
    workspace: Workspace, source: Path, as_of: datetime, *, actor: str, force: bool = False, url: str | None = None
) -> Restored:
    """Bring a backup back; from then on nothing is sent until the outbox is reconciled.

    Everything is verified before anything is replaced. DecisionRefusedError where the workspace knows events the backup
    does not have, unless `force`: those decisions are then lost, and the restore says so in the ledger.
    """
    with _opened(source) as archive:
        manifest = _verified_manifest(archive, source)
        chain = ChainCheck()
        for _event in chain.walk(_read_events(archive)):
            pass
        if chain.findings or (chain.seq, chain.hash) != (manifest["seq"], manifest["hash"]):
            raise LeadrouteError(f"{source}: the events in this backup are not whole; use another one.")
        lost = _heads_beyond(workspace, chain, url)
        if lost and not force:
            raise DecisionRefusedError(
                f"{workspace.state} knows {len(lost)} later states of the ledger than {source} (the newest: event "
                f"{lost[-1].seq}). Restoring loses those decisions; --force if that is meant."
            )
        ledger = _load(workspace, archive, chain, url)
        _extract_files(workspace, archive, manifest)
    with ledger:
        return _note_restore(ledger, chain, lost, as_of, actor)


@contextmanager
def _opened(source: Path) -> Iterator[zipfile.ZipFile]:
    """The backup, open; ConfigurationError for a file that is none or is cut short."""
    try:
        archive = zipfile.ZipFile(source)
    except zipfile.BadZipFile as error:
        raise ConfigurationError(f"{source}: not a backup, or cut short; `leadroute backup` writes them.") from error
    with archive:
        if MANIFEST not in archive.namelist():
            raise ConfigurationError(f"{source}: not a backup; `leadroute backup` writes them.")
        yield archive


def _verified_manifest(archive: zipfile.ZipFile, source: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads(archive.read(MANIFEST))
    if manifest.get("format") != FORMAT:
        raise LeadrouteError(f"{source}: not a backup this version reads (format {manifest.get('format')}).")
    names = {name for name in archive.namelist() if name != MANIFEST}
    if names != set(manifest["files"]):
        raise LeadrouteError(f"{source}: files are missing or were added; use another backup.")
    for name, digest in manifest["files"].items():
        if name.startswith("/") or ".." in Path(name).parts or _member_sha256(archive, name) != digest:
            raise LeadrouteError(f"{source}: {name} is not as it was written; use another backup.")
    return manifest


def _member_sha256(archive: zipfile.ZipFile, name: str) -> str:
    digest = hashlib.sha256()
    with archive.open(name) as member:
        while chunk := member.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def _read_events(archive: zipfile.ZipFile) -> Iterator[Event]:
    with archive.open(EVENTS) as member:
        for line in member:
            yield Event.of_row(json.loads(line.decode("utf-8", "surrogatepass")))


def _heads_beyond(workspace: Workspace, chain: ChainCheck, url: str | None) -> list[OutsideHead]:
    """Heads known here, of the standing ledger and outside it, that the backup's chain does not have; oldest first."""
    heads = list(outside_heads(workspace, workspace.state / HEADS_FILE))
    try:
        with Ledger.open(workspace, url) as standing:
            heads.append(OutsideHead("the ledger", *standing.head()))
    except DatabaseError:
        pass  # a broken store is what restores are for; what it committed is in the heads outside
    return sorted((head for head in heads if not chain.knows(head)), key=lambda head: (head.seq or 0, head.hash))


def _load(workspace: Workspace, archive: zipfile.ZipFile, chain: ChainCheck, url: str | None) -> Ledger:
    """The ledger with the backup's events, their state and the texts, in place of the standing one."""
    address = ledger_url(workspace, url)
    write_atomically(salt_file(workspace), archive.read(SALT))
    if make_url(address).get_backend_name() != "sqlite":
        ledger = Ledger.open(workspace, address)
        if ledger.head().seq:
            raise DecisionRefusedError("The database holds a ledger already: restore into an empty one.")
        _write_rows(ledger, archive, chain)
        return ledger
    place = Path(str(make_url(address).database))
    fresh = place.with_name(place.name + ".restoring")
    _remove_sqlite(fresh)
    with Ledger.open(workspace, f"sqlite:///{fresh}") as ledger:
        _write_rows(ledger, archive, chain)
    _remove_sqlite(place, but_file=True)  # the next writer must not replay the old ledger's log into the new file
    fresh.replace(place)
    sync_path(place.parent)
    return Ledger.open(workspace, address)


def _remove_sqlite(file: Path, *, but_file: bool = False) -> None:
    for suffix in ("-wal", "-shm") if but_file else ("", "-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)


def _write_rows(ledger: Ledger, archive: zipfile.ZipFile, chain: ChainCheck) -> None:
    with writing(ledger.engine, ledger.holder_file) as connection:
        for events in _chunks(_read_events(archive)):
            connection.execute(insert(EVENT), [event.row for event in events])
            apply_changes(connection, (change for event in events for change in changes_of(event)))
        if chain.seq:
            head = {"seq": chain.seq, "hash": chain.hash, "newest_occurred_at": chain.newest_occurred_at}
            connection.execute(insert(CHAIN_HEAD), {"id": HEAD_ID} | head)
        with archive.open(TEXTS) as member:
            for texts in _chunks(json.loads(line.decode("utf-8", "surrogatepass")) for line in member):
                connection.execute(insert(SIDE_TEXT), texts)


def _chunks(rows: Iterable[Any]) -> Iterator[list[Any]]:
    stream = iter(rows)
    while chunk := list(islice(stream, _AT_ONCE)):
        yield chunk


def _extract_files(workspace: Workspace, archive: zipfile.ZipFile, manifest: dict[str, Any]) -> None:
    """Bring back each file that is missing or differs."""
    for name, digest in sorted(manifest["files"].items()):
        place = workspace.state / name
        if name.startswith("ledger/") or (place.is_file() and file_sha256(place) == digest):
            continue
        with archive.open(name) as member:
            write_atomically(place, member.read(), mode=READ_ONLY)


def _note_restore(ledger: Ledger, chain: ChainCheck, lost: list[OutsideHead], as_of: datetime, actor: str) -> Restored:
    with ledger.writing(as_of, actor) as transaction:
        connection = transaction.connection
        epoch = int(connection.execute(select(func.max(EPOCH.c.epoch))).scalar() or 0) + 1
        unsent = select(OUTBOX.c.message_id).where(OUTBOX.c.status.in_(_UNSENT)).order_by(OUTBOX.c.message_id)
        uncertain = [row[0] for row in connection.execute(unsent)]
        payload = {
            "epoch": epoch,
            "backup_seq": chain.seq,
            "uncertain_message_ids": uncertain,
            "abandoned_heads": sorted({head.hash for head in lost}),
        }
        transaction.append("ledger", f"epoch-{epoch}", "ledger_restored", payload)
        transaction.flush()
        batches = int(connection.execute(select(func.count()).select_from(BATCH)).scalar() or 0)
        return Restored(Head(transaction.seq, transaction.hash), epoch, batches, len(uncertain), len(lost))
