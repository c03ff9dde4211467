"""The warehouse has one writer, and the next one is told who that is."""

import subprocess
import sys

import pytest

from routing_jobs.program.errors import BusyError
from routing_jobs.program.workspace import Workspace
from routing_jobs.warehouse.store import opened

HOLD = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"


def test_a_writer_is_told_which_process_has_the_warehouse_open(tmp_path):
    workspace = Workspace(tmp_path)
    with opened(workspace):
        pass
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(workspace.warehouse)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(BusyError, match=rf"warehouse\.duckdb is open .* process {other.pid};"), opened(workspace):
            pass
        other.kill()
    with opened(workspace) as connection:
        assert connection.execute("select count(*) from raw.landed_file").fetchone() == (0,)
