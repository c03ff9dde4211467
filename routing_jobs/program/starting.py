"""Writes a new workspace from the commented starter beside this module."""

from importlib.resources import as_file, files
from pathlib import Path
from shutil import copytree

from routing_jobs.program.errors import ConfigurationError
from routing_jobs.program.workspace import Workspace

FOLDERS = ("landing", "state", "published")


def write_starter(directory: Path) -> list[str]:
    """Fill `directory` with the starter; the files written, relative to it, in order.

    Raises:
        ConfigurationError: It is a file, not empty, or cannot be written. Nothing has been changed then.
    """
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise ConfigurationError(f"{directory}: is not an empty folder; name one that is empty or does not exist yet")
    try:
        with as_file(files("routing_jobs.program") / "starter") as starter:
            copytree(starter, directory, dirs_exist_ok=True, ignore=lambda _folder, names: {"__pycache__"} & set(names))
        for folder in FOLDERS:
            (directory / folder).mkdir()
    except OSError as error:
        raise ConfigurationError(f"{directory}: cannot be written ({error.strerror})") from error
    for feed in sorted(Workspace(directory).sources.glob("*.yaml")):
        (directory / "landing" / feed.stem).mkdir()
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file())
