"""dbt's parsed project, one manifest.json per workspace: parsed in a process of its own, only when the project changed.

Imports neither Dagster nor dbt, so that the parse can start before they are loaded.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Self

from routing_jobs.program.errors import LeadrouteError
from routing_jobs.program.workspace import Workspace

DBT_PROJECT = Path(__file__).resolve().parents[2] / "dbt"
_WAREHOUSE_VARIABLE = "LEADROUTE_WAREHOUSE"  # dbt/profiles.yml reads it
_PARSED_SUFFIXES = {".sql", ".yml", ".yaml", ".py", ".md", ".csv"}


def dbt_executable() -> Path:
    """The dbt command of this environment."""
    return Path(sys.executable).with_name("dbt")


def target_folder(workspace: Workspace) -> Path:
    """Where dbt keeps the parsed project and its artefacts for this workspace."""
    return workspace.state / "dbt"


class Manifest:
    """The manifest of one workspace, being parsed or parsed already."""

    def __init__(self, path: Path, stamp: Path, fingerprint: str, parse: subprocess.Popen[str] | None) -> None:
        self._path, self._stamp, self._fingerprint, self._parse = path, stamp, fingerprint, parse

    @classmethod
    def begin(cls, workspace: Workspace) -> Self:
        """Start dbt's parse, unless the project is the one parsed last."""
        target = target_folder(workspace)
        target.mkdir(parents=True, exist_ok=True)
        os.environ[_WAREHOUSE_VARIABLE] = str(workspace.warehouse)
        manifest, stamp = target / "manifest.json", target / "project.sha256"
        fingerprint = _project_fingerprint()
        if manifest.is_file() and stamp.is_file() and stamp.read_text() == fingerprint:
            return cls(manifest, stamp, fingerprint, None)
        command = [
            str(dbt_executable()), "--quiet", "parse", "--project-dir", str(DBT_PROJECT),
            "--profiles-dir", str(DBT_PROJECT), "--target-path", str(target), "--log-path", str(target / "logs"),
        ]  # fmt: skip
        parse = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return cls(manifest, stamp, fingerprint, parse)

    @property
    def is_parsed(self) -> bool:
        """Whether `path` returns at once."""
        return self._parse is None or self._parse.poll() is not None

    def path(self) -> Path:
        """Where manifest.json is, once parsed; LeadrouteError with dbt's own words when it cannot be."""
        if self._parse is not None:
            said, _ = self._parse.communicate()
            if self._parse.returncode != 0:
                raise LeadrouteError(f"dbt cannot parse the project in {DBT_PROJECT}:\n{said}")
            self._stamp.write_text(self._fingerprint)
            self._parse = None
        return self._path


def _project_fingerprint() -> str:
    digest = hashlib.sha256()
    for path in sorted(DBT_PROJECT.rglob("*")):
        inside = path.relative_to(DBT_PROJECT)
        if path.is_file() and path.suffix in _PARSED_SUFFIXES and inside.parts[0] not in {"target", "logs"}:
            digest.update(f"{inside}\n".encode() + path.read_bytes())
    return digest.hexdigest()
