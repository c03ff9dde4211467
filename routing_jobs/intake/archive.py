"""Takes landed files into the archive by the sha256 of their bytes: safely, whole, once. A name is never a path here.

Only regular files are read. A symbolic link is followed where the user who runs this (or root) made it: whoever
may drop files cannot point us at others. A file still being written is left for the next run.
"""

import errno
import fcntl
import hashlib
import os
import signal
import stat
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePath

from routing_jobs.intake.records import FileRefusedError
from routing_jobs.program.source import Source

SETTLED_SECONDS = 1.0  # a file changed more recently is looked at again
_BLOCK_BYTES = 4 << 20
_MOST_LINKS = 8
_UNFINISHED = (".part", ".partial", ".tmp", ".filepart", ".crdownload", "~")
_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFLNK: "a symbolic link that another user made",
}


class NotSettledError(Exception):
    """The file is being written, or went away; the next run looks again. The message says which."""


@dataclass(frozen=True)
class Archived:
    """A landed file whose bytes are in the archive. `path` is its name below landing/, for people only."""

    path: str
    file_sha256: str
    bytes: int


def find(folder: Path, pattern: str) -> list[Path]:
    """What below `folder` matches, in the order of the names; neither hidden nor marked as unfinished."""
    found = (path for path in folder.glob(pattern) if not any(_is_passed_over(part) for part in _below(path, folder)))
    return sorted(found, key=lambda path: os.fsencode(path))


def unclaimed(landing: Path, sources: Iterable[Source]) -> list[str]:
    """Files below `landing` that no source's `files` fits, as shown to people, in the order of the names."""
    claimed = {path for source in sources for path in landing.glob(source.files)}
    return [shown_path(path, landing) for path in find(landing, "**/*") if path.is_file() and path not in claimed]


def closed_folder(folder: Path, pattern: str) -> Path | None:
    """The folder on the way to what matches that may not be listed, where a search finds nothing; None if all may."""
    path = folder
    for part in ("", *PurePath(pattern).parts[:-1]):
        if set("*?[") & set(part):
            return None
        path = path / part
        if not os.access(path, os.F_OK, effective_ids=True):
            return None
        if not os.access(path, os.R_OK | os.X_OK, effective_ids=True):
            return path
    return None


def shown_path(path: Path, folder: Path) -> str:
    """The path below `folder` as text that can be stored, whatever bytes the name has."""
    return os.fsencode(path.relative_to(folder)).decode("utf-8", "backslashreplace")


def wait_until_settled(paths: Iterable[Path]) -> None:
    """Wait until every file has been left alone for SETTLED_SECONDS, if it takes no longer than that."""
    now = time.time()
    ages = []
    for path in paths:
        with suppress(OSError):  # taking it in will say what is wrong with it
            ages.append(now - path.stat().st_mtime)
    fresh = [age for age in ages if 0 <= age < SETTLED_SECONDS]
    if fresh:
        time.sleep(SETTLED_SECONDS - min(fresh))


def take_in(path: Path, landing: Path, archive: Path, most_bytes: int, is_likely_known: bool = False) -> Archived:
    """Copy one landed file into the archive, unless it is there.

    Args:
        path: The file, below `landing`.
        landing: The folder.
        archive: Where bytes are kept by their sha256.
        most_bytes: The largest file that is read.
        is_likely_known: A file of this name and size came before: look whether it is the same before copying.

    Raises:
        FileRefusedError: NOT_A_REGULAR_FILE, NOT_PERMITTED or FILE_TOO_LARGE.
        NotSettledError: The file is being written, or went away.
    """
    descriptor = _open_regular(path, landing)
    try:
        before = os.fstat(descriptor)
        if _has_writer(descriptor) or 0 <= time.time() - before.st_mtime < SETTLED_SECONDS:
            raise NotSettledError("is still being written")
        if before.st_size > most_bytes:
            found, limit = f"{before.st_size:,} bytes", f"{most_bytes:,} bytes"
            raise FileRefusedError("FILE_TOO_LARGE", found=found, limit=limit)
        digest = _digest_of_known(descriptor, archive) if is_likely_known else None
        digest = digest or _copy(descriptor, archive)
        after = os.fstat(descriptor)
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise NotSettledError("changed while it was read")
        return Archived(shown_path(path, landing), digest, before.st_size)
    finally:
        os.close(descriptor)


def _is_passed_over(name: str) -> bool:
    return name.startswith(".") or name.endswith(_UNFINISHED)


def _below(path: Path, folder: Path) -> tuple[str, ...]:
    return path.relative_to(folder).parts


def _open_regular(path: Path, landing: Path) -> int:
    """A descriptor of the file; links on the way to it must be ours."""
    try:
        for parent in reversed(path.relative_to(landing).parents[:-1]):
            _check_link_owner(os.lstat(landing / parent))
        return _open_following(path)
    except FileNotFoundError as error:
        raise NotSettledError("is gone") from error
    except PermissionError as error:
        raise FileRefusedError("NOT_PERMITTED", subject="file") from error


def _open_following(path: Path) -> int:
    """Open what `path` names, link by link, so that nothing can be swapped between the check and the opening."""
    for _ in range(_MOST_LINKS):
        handle = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            state = os.fstat(handle)
            if stat.S_ISREG(state.st_mode):
                return os.open(f"/proc/self/fd/{handle}", os.O_RDONLY | os.O_CLOEXEC)
            _check_link_owner(state)
            if not stat.S_ISLNK(state.st_mode):
                raise FileRefusedError(
                    "NOT_A_REGULAR_FILE", found=_KINDS.get(stat.S_IFMT(state.st_mode), "a special file")
                )
            path = path.parent / os.readlink("", dir_fd=handle)
        finally:
            os.close(handle)
    raise FileRefusedError("NOT_A_REGULAR_FILE", found="a chain of symbolic links without end")


def _check_link_owner(state: os.stat_result) -> None:
    if stat.S_ISLNK(state.st_mode) and state.st_uid not in (os.geteuid(), 0):
        raise FileRefusedError("NOT_A_REGULAR_FILE", found=_KINDS[stat.S_IFLNK])


def _has_writer(descriptor: int) -> bool:
    """Whether some process has the file open for writing: then the kernel grants no read lease on it."""
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)  # ignored, should a writer come this very moment
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN  # anything else: this file system knows no leases
    return False


def _digest_of_known(descriptor: int, archive: Path) -> str | None:
    """The sha256 of a file whose bytes are in the archive; None if they are not."""
    with os.fdopen(os.dup(descriptor), "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    os.lseek(descriptor, 0, os.SEEK_SET)
    return digest if (archive / digest).exists() else None


def _copy(descriptor: int, archive: Path) -> str:
    """Copy the bytes to archive/<sha256>, durably; returns the sha256."""
    archive.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    copy, name = tempfile.mkstemp(prefix=".incoming-", dir=archive)
    try:
        with os.fdopen(copy, "wb") as target:
            while block := os.read(descriptor, _BLOCK_BYTES):
                digest.update(block)
                target.write(block)
            if (archive / digest.hexdigest()).exists():
                return digest.hexdigest()
            target.flush()
            os.fsync(target.fileno())
        Path(name).replace(archive / digest.hexdigest())
        _sync_folder(archive)
    finally:
        with suppress(FileNotFoundError):
            Path(name).unlink()
    return digest.hexdigest()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
