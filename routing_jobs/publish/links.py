"""The one atomic step of publishing: which folder the link `current` names."""

import os
from pathlib import Path


def sync_path(path: Path) -> None:
    """Make `path` (file or folder) durable before anything points at it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def point_current(folder: Path, target: Path) -> None:
    """Make `folder/current` name `target` (inside `folder`) in one step: a reader sees the old one or the new one."""
    link = folder / "current"
    staged = folder / f".current-{os.getpid()}"
    for left_by_a_killed_run in folder.glob(".current-*"):
        left_by_a_killed_run.unlink()
    staged.symlink_to(target.relative_to(folder))
    staged.replace(link)
    sync_path(folder)


def current_target(folder: Path) -> Path | None:
    """The folder `current` names, or None where nothing was switched yet."""
    link = folder / "current"
    return link.resolve() if link.is_symlink() and link.exists() else None
