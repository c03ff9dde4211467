"""Where everything of one program lies on disk (SPEC section 3). Paths only: nothing here is read or judged."""

import os
from dataclasses import dataclass
from pathlib import Path

from routing_jobs.program.errors import ConfigurationError

DEFAULT_WORKSPACE = Path("data/sample")
ENVIRONMENT_VARIABLE = "LEADROUTE_WORKSPACE"


@dataclass(frozen=True)
class Workspace:
    """The folder of one program and the places inside it."""

    root: Path

    @property
    def program_file(self) -> Path:
        return self.root / "program.yaml"

    @property
    def rulebook(self) -> Path:
        return self.root / "rulebook"

    @property
    def sources(self) -> Path:
        return self.root / "sources"

    @property
    def reference(self) -> Path:
        return self.root / "reference"

    @property
    def landing(self) -> Path:
        return self.root / "landing"

    @property
    def state(self) -> Path:
        return self.root / "state"

    @property
    def warehouse(self) -> Path:
        return self.state / "warehouse.duckdb"

    @property
    def ledger(self) -> Path:
        return self.state / "ledger.db"

    @property
    def archive(self) -> Path:
        return self.state / "archive"

    @property
    def batches(self) -> Path:
        return self.state / "batches"

    @property
    def serving(self) -> Path:
        return self.state / "serving"

    @property
    def outbox(self) -> Path:
        return self.state / "outbox"

    @property
    def dagster_home(self) -> Path:
        return self.state / "dagster"

    @property
    def temporary(self) -> Path:
        return self.state / "tmp"

    @property
    def published(self) -> Path:
        return self.root / "published"


def open_workspace(path: str | Path | None = None) -> Workspace:
    """The workspace at `path`, else at LEADROUTE_WORKSPACE, else the sample; it must hold a program.yaml."""
    chosen = Path(path or os.environ.get(ENVIRONMENT_VARIABLE) or DEFAULT_WORKSPACE).expanduser().resolve()
    workspace = Workspace(chosen)
    if not workspace.program_file.is_file():
        raise ConfigurationError(
            f"{chosen}: no program.yaml here. Name a workspace with --workspace DIR or {ENVIRONMENT_VARIABLE}, "
            "or make one with `leadroute init DIR`."
        )
    return workspace
