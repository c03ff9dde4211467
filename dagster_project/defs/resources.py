"""The workspace as a Dagster resource: its program, its stores, and the one writer's lock."""

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
from dagster import ConfigurableResource, InitResourceContext
from pydantic import PrivateAttr

from dagster_project.lib.left_behind import end_left_behind
from routing_jobs.ledger import Ledger
from routing_jobs.program.loading import Program, load_program
from routing_jobs.program.lock import acquire
from routing_jobs.program.workspace import Workspace, open_workspace
from routing_jobs.warehouse.store import opened

# A run started by schedule waits for a running one instead of failing; the command line refuses at once.
WAIT_SECONDS = 3600


class LeadrouteResource(ConfigurableResource):
    """One workspace, opened for writing while a run executes."""

    workspace_path: str
    _workspace: Workspace = PrivateAttr()
    _program: Program = PrivateAttr()

    @contextmanager
    def yield_for_execution(self, context: InitResourceContext) -> Iterator["LeadrouteResource"]:
        """Hold the workspace's writer lock for the whole run; the system frees it when the process dies."""
        self._workspace = open_workspace(self.workspace_path)
        self._program = load_program(self._workspace)
        with acquire(self._workspace, "dagster run", wait_seconds=WAIT_SECONDS):
            end_left_behind(self._workspace)
            yield self

    @property
    def workspace(self) -> Workspace:
        """Where everything lies."""
        return self._workspace

    @property
    def program(self) -> Program:
        """The validated program."""
        return self._program

    @contextmanager
    def warehouse(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The warehouse, open only as long as needed: dbt's own process writes it between steps."""
        with opened(self._workspace) as connection:
            yield connection

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        """The ledger, migrated to the present schema."""
        ledger = Ledger.open(self._workspace)
        try:
            yield ledger
        finally:
            ledger.close()
