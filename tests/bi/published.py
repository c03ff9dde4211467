"""The release to check, and a workspace aside in which it can be published again without touching it."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb
from read_tables import Figures, table_figures

from routing_jobs.program.workspace import Workspace
from routing_jobs.publish.links import current_target


class NotPublishedError(Exception):
    """The workspace has no release to check."""


@dataclass(frozen=True)
class Release:
    """One published release: its folder, the rows its manifest promises, and what the program's DuckDB reads in it."""

    folder: Path
    promised_rows: dict[str, int]
    figures: Figures

    @property
    def database(self) -> Path:
        """The file BI tools open."""
        return self.folder / "leadroute.duckdb"


def current_release(workspace: Workspace) -> Release:
    """The release `published/current` names; NotPublishedError when there is none."""
    folder = current_target(workspace.published)
    if folder is None:
        raise NotPublishedError(
            f"{workspace.published / 'current'}: nothing is published there yet. "
            "Run `make run` (or `leadroute --workspace DIR run`) first."
        )
    tables = json.loads((folder / "manifest.json").read_text())["tables"]
    with duckdb.connect(str(folder / "leadroute.duckdb"), read_only=True) as connection:
        figures = table_figures(connection)
    return Release(folder, {name: table["rows"] for name, table in tables.items()}, figures)


def writable_copy(release: Release, path: Path) -> Path:
    """The release's database as a file that can be written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(release.database, path)
    return path
