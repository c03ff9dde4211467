"""The writer lock of a workspace: one writing command at a time, and a waiting one says who holds it.

The kernel holds the lock (flock), so it is free as soon as its process is gone, killed or not. The text in
the file only tells people who it is.
"""

import contextlib
import fcntl
import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from routing_jobs.program.errors import BusyError, ConfigurationError
from routing_jobs.program.workspace import Workspace

POLL_SECONDS = 0.2

_guard = threading.RLock()


@dataclass
class _Hold:
    descriptor: int
    entered: int


_held: dict[Path, _Hold] = {}
os.register_at_fork(after_in_child=_held.clear)  # a forked child holds nothing, whatever its parent held


@contextmanager
def acquire(workspace: Workspace, command: str, wait_seconds: float = 0) -> Iterator[None]:
    """Hold the writer lock for the block; re-entrant in one process.

    Args:
        workspace: Whose state/ is written.
        command: What a waiting writer is told, such as "run".
        wait_seconds: How long to wait for another writer.

    Raises:
        BusyError: Another process holds it; the message names its command, process id, host and since when.
    """
    path = _lock_file(workspace)
    with _guard:
        hold = _held.get(path)
        if hold is None:
            hold = _held[path] = _Hold(_locked(path, wait_seconds), 0)
            _describe(hold.descriptor, command)
        hold.entered += 1
    try:
        yield
    finally:
        with _guard:
            hold.entered -= 1
            if hold.entered == 0:
                del _held[path]
                os.ftruncate(hold.descriptor, 0)
                os.close(hold.descriptor)  # frees the lock


def holder(workspace: Workspace) -> dict[str, Any] | None:
    """Who holds the lock now: pid, host, command, since ({} if that cannot be read); None if it is free."""
    path = _lock_file(workspace)
    if not path.exists():
        return None
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(descriptor)
    finally:
        os.close(descriptor)
    return None


def _lock_file(workspace: Workspace) -> Path:
    return workspace.state / "writer.lock"


def _locked(path: Path, wait_seconds: float) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise ConfigurationError(
            f"{path.parent}: cannot be written ({error.strerror}); check its owner and rights"
        ) from error
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return descriptor
        except BlockingIOError:
            if time.monotonic() >= deadline:
                who = _read(descriptor)
                os.close(descriptor)
                raise BusyError(_sentence(path, who)) from None
            time.sleep(POLL_SECONDS)


def _describe(descriptor: int, command: str) -> None:
    who = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "command": command,
        "since": datetime.now(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z"),
    }
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps(who).encode(), 0)


def _read(descriptor: int) -> dict[str, Any]:
    with contextlib.suppress(ValueError, OSError):
        who = json.loads(os.pread(descriptor, 4096, 0))
        if isinstance(who, dict):
            return who
    return {}


def _sentence(path: Path, who: dict[str, Any]) -> str:
    if not who:
        return f"{path}: another leadroute command is writing to this workspace; try again when it is done."
    return (
        f"another leadroute command is writing to this workspace: `{who.get('command')}`, "
        f"process {who.get('pid')} on {who.get('host')}, since {who.get('since')}. Try again when it is done."
    )
