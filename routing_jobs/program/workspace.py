"""Where everything of one program lies on disk (SPEC section 3). Paths only: nothing is read or judged."""

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
        """Name, time zone, people: program.yaml."""
        return self.root / "program.yaml"

    @property
    def rulebook(self) -> Path:
        """The four files of business rules."""
        return self.root / "rulebook"

    @property
    def sources(self) -> Path:
        """One contract a feed."""
        return self.root / "sources"

    @property
    def reference(self) -> Path:
        """Small tables a program may bring."""
        return self.root / "reference"

    @property
    def landing(self) -> Path:
        """What source systems drop here; never changed by us."""
        return self.root / "landing"

    @property
    def state(self) -> Path:
        """Everything leadroute keeps for itself."""
        return self.root / "state"

    @property
    def warehouse(self) -> Path:
        """The analytical store, rebuildable."""
        return self.state / "warehouse.duckdb"

    @property
    def ledger(self) -> Path:
        """The durable record of decisions and effects."""
        return self.state / "ledger.db"

    @property
    def archive(self) -> Path:
        """Landed files by their sha256."""
        return self.state / "archive"

    @property
    def batches(self) -> Path:
        """Candidates and rulebook of each batch, immutable."""
        return self.state / "batches"

    @property
    def serving(self) -> Path:
        """Private read copies for people."""
        return self.state / "serving"

    @property
    def outbox(self) -> Path:
        """What was delivered as files."""
        return self.state / "outbox"

    @property
    def dagster_home(self) -> Path:
        """Where Dagster keeps its runs."""
        return self.state / "dagster"

    @property
    def temporary(self) -> Path:
        """Scratch space of the warehouse."""
        return self.state / "tmp"

    @property
    def published(self) -> Path:
        """Releases, and the link to the current one."""
        return self.root / "published"


def open_workspace(path: str | Path | None = None) -> Workspace:
    """The workspace at `path`, else at LEADROUTE_WORKSPACE, else the sample; it must hold a program.yaml."""
    chosen = Path(path or os.environ.get(ENVIRONMENT_VARIABLE) or DEFAULT_WORKSPACE).expanduser().resolve()
    workspace = Workspace(chosen)
    if not workspace.program_file.is_file():
        raise ConfigurationError(
            f"{chosen}: no program.yaml here. Name a workspace with --workspace DIR or "
            f"{ENVIRONMENT_VARIABLE}, or make one with `leadroute init DIR`."
        )
    return workspace
