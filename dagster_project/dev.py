"""Opens Dagster's pages for one workspace on 127.0.0.1: `python -m dagster_project.dev --workspace DIR`."""

import argparse
import os
import sys
from pathlib import Path

from dagster_project.lib.instance import prepare_home
from routing_jobs.program.workspace import ENVIRONMENT_VARIABLE, open_workspace


def main() -> None:
    """Hand this process over to `dagster dev`, bound to the loopback address."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workspace", default=None)
    parser.add_argument("--port", default="3000")
    options = parser.parse_args()
    workspace = open_workspace(options.workspace)
    prepare_home(workspace)
    os.environ[ENVIRONMENT_VARIABLE] = str(workspace.root)
    os.environ["DO_NOT_TRACK"] = "1"
    dagster = Path(sys.executable).with_name("dagster")
    print(f"Dagster for {workspace.root}: http://127.0.0.1:{options.port}", file=sys.stderr)
    os.execv(dagster, [str(dagster), "dev", "-m", "dagster_project.definitions", "-h", "127.0.0.1", "-p", options.port])


if __name__ == "__main__":
    main()
