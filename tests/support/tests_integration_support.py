"""Runs the real command for the integration tests."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from routing_jobs.publish.release import RUN_TABLES, read_manifest

ROOT = Path(__file__).resolve().parents[2]
LEADROUTE = Path(sys.executable).with_name("leadroute")


@dataclass(frozen=True)
class Outcome:
    """What a command left: exit code, standard output and error."""

    code: int
    output: str
    errors: str

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.output)


def leadroute(workspace: Path, *arguments: str, **environment: str) -> Outcome:
    """Run the real command in a process of its own."""
    finished = subprocess.run(
        [str(LEADROUTE), "--workspace", str(workspace), *arguments],
        capture_output=True, text=True, cwd=ROOT, env=os.environ | environment, timeout=1800, check=False,
    )  # fmt: skip
    return Outcome(finished.returncode, finished.stdout, finished.stderr)


def fresh_sample(folder: Path) -> Path:
    """The sample as committed, without any state."""
    target = folder / "program"
    shutil.copytree(ROOT / "data" / "sample", target, ignore=shutil.ignore_patterns("state", "published"))
    return target


def marts_of(workspace: Path) -> dict[str, str]:
    """Content hash of every published mart that is not about the runs themselves."""
    tables = read_manifest(workspace / "published" / "current")["tables"]
    return {name: table["content_sha256"] for name, table in tables.items() if name not in RUN_TABLES}
