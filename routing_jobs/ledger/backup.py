"""Backup: one file with everything that cannot be recomputed. The way back is `restore`.

The state tables are not in it: they are folded from the events when they come back, so a backup of one kind of store
restores into another. Outbox files are effects, not memory; landed files come along only on request.
"""

import hashlib
import os
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import select

from routing_jobs.ledger.batch_files import file_sha256
from routing_jobs.ledger.chain import ChainCheck
from routing_jobs.ledger.event import canonical_json
from routing_jobs.ledger.journal import read_events
from routing_jobs.ledger.ledger import Ledger
from routing_jobs.ledger.tables import SIDE_TEXT
from routing_jobs.program.errors import LeadrouteError

FORMAT = 1
EVENTS, TEXTS, SALT, MANIFEST = "ledger/events.jsonl", "ledger/side_text.jsonl", "ledger/salt", "manifest.json"
_FOLDERS = ("batches", "archive")


def write_backup(ledger: Ledger, target: Path, *, with_archive: bool = False) -> dict[str, Any]:
    """Write the ledger and the batches' files (and the archive of landed files) to `target`; its manifest.

    One snapshot of the ledger, durable under its name only when whole. The file holds personal text and the salt:
    mode 0600, to be kept like the workspace.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f".{target.name}.part")
    descriptor = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w+b") as stream:
            with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
                manifest = _write_members(ledger, archive, with_archive)
                archive.writestr(MANIFEST, canonical_json(manifest))
            stream.flush()
            os.fsync(stream.fileno())
    except BaseException:
        fresh.unlink()
        raise
    fresh.replace(target)
    return manifest


def _write_members(ledger: Ledger, archive: zipfile.ZipFile, with_archive: bool) -> dict[str, Any]:
    chain = ChainCheck()
    with ledger.reading() as connection:
        digests = {
            EVENTS: _write_lines(archive, EVENTS, (event.row for event in chain.walk(read_events(connection)))),
            TEXTS: _write_lines(
                archive, TEXTS, map(dict, connection.execute(select(SIDE_TEXT).order_by(SIDE_TEXT.c.digest)).mappings())
            ),
        }
    if chain.findings:
        raise LeadrouteError(
            f"The ledger is not whole ({chain.findings[0].message}), so a backup of it would not be either. "
            "`leadroute ledger verify` shows all of it."
        )
    salt = ledger.salt.hex()
    archive.writestr(SALT, salt)
    digests[SALT] = hashlib.sha256(salt.encode()).hexdigest()
    for folder in _FOLDERS if with_archive else _FOLDERS[:1]:
        for path in _files(ledger.workspace.state / folder):
            name = path.relative_to(ledger.workspace.state).as_posix()
            archive.write(path, name)
            digests[name] = file_sha256(path)
    return {"format": FORMAT, "seq": chain.seq, "hash": chain.hash, "files": digests}


def _write_lines(archive: zipfile.ZipFile, name: str, rows: Iterable[dict[str, Any]]) -> str:
    digest = hashlib.sha256()
    with archive.open(name, "w", force_zip64=True) as member:
        for row in rows:
            line = (canonical_json(row) + "\n").encode("utf-8", "surrogatepass")
            digest.update(line)
            member.write(line)
    return digest.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts):
            yield path
