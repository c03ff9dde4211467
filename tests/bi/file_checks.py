"""The published files in the hands of other readers: the oldest supported DuckDB, polars, pyarrow, and during publishes."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from findings import Finding, compared
from published import Release, writable_copy
from republishing import Republisher

from routing_jobs.program.workspace import Workspace

HERE = Path(__file__).parent
OLDEST_DUCKDB = "1.4."
PATIENCE_SECONDS = 120


def check_tables(python: Path, release: Release) -> Iterator[Finding]:
    """Every table through every reader: rows as the manifest promises, sums as the program's DuckDB gives them."""
    rows = {name: figures[0] for name, figures in release.figures.items()}
    total = f"{len(rows)} tables, {sum(rows.values()):,} rows"
    yield compared("DuckDB of the program", "rows of every table = manifest", release.promised_rows, rows, total)
    numbers = sum(figures[1] for figures in release.figures.values())
    checked = f"{total}, whole numbers add up to {numbers:,}"
    what = "rows, sums, text lengths of every table"
    oldest = _answer(python, "read_tables.py", str(release.database))
    yield Finding(
        "DuckDB", "the oldest supported reads", oldest["version"], oldest["version"].startswith(OLDEST_DUCKDB)
    )
    yield compared(f"DuckDB {oldest['version']}", what, release.figures, oldest["tables"], checked)
    for reader, seen in _answer(python, "read_parquet_files.py", str(release.folder / "parquet")).items():
        yield compared(reader, f"{what} (parquet)", release.figures, seen, checked)


def check_following(python: Path, release: Release, folder: Path, publishes: int) -> Iterator[Finding]:
    """A reader loops over the marked tables while they are published `publishes` times."""
    marts = writable_copy(release, folder / "warehouse.duckdb")
    with (
        Republisher(marts, Workspace(folder), only_marked=True) as publisher,
        following(python, publisher, publishes) as reader,
    ):
        seconds = publisher.publish(publishes)
        yield from judged_following(reader, f"{publishes} publishes of three tables, {seconds:.1f} s each")


@contextmanager
def following(python: Path, publisher: Republisher, last: int) -> Iterator[subprocess.Popen[str]]:
    """A process that reads `publisher`'s workspace until generation `last` is there."""
    command = [
        str(python), str(HERE / "follow_releases.py"), str(publisher.workspace.published), str(last),
        json.dumps(publisher.marks),
    ]  # fmt: skip
    with ended(subprocess.Popen(command, stdout=subprocess.PIPE, text=True)) as reader:
        yield reader


def judged_following(reader: subprocess.Popen[str], what: str) -> Iterator[Finding]:
    """What the following reader met, once it has seen the last generation."""
    output, _ = reader.communicate(timeout=PATIENCE_SECONDS)
    seen = json.loads(output)
    figure = (
        f"{seen['opens']:,} opens, {seen['generations']} generations seen, "
        f"{seen['errors']} errors, {seen['mixed']} mixed {' '.join(seen['examples'])}"
    )
    met = seen["opens"] > 0 and seen["generations"] > 1
    yield Finding(f"DuckDB {seen['version']}", what, figure, met and not seen["errors"] + seen["mixed"])


@contextmanager
def holding(python: Path, database: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that has the file open, and has read it once."""
    command = [str(python), str(HERE / "read_tables.py"), str(database), "--hold"]
    with ended(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)) as reader:
        yield reader


def judged_holding(reader: subprocess.Popen[str], before: str, database: Path) -> Finding:
    """Whether the holder still reads what it read in the line `before`, though `database` may be gone by now."""
    after, _ = reader.communicate(timeout=PATIENCE_SECONDS)
    kept, first = json.loads(after), json.loads(before)
    fate = "still kept" if database.exists() else "already removed"
    figure = f"the same {len(first['tables'])} tables after the last publish; its release was {fate}"
    return compared(
        f"DuckDB {kept['version']}", "a reader holding the first file", first["tables"], kept["tables"], figure
    )


@contextmanager
def ended(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """The process, ended when the block is left whatever happened."""
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _answer(python: Path, script: str, *arguments: str) -> dict:
    command = [str(python), str(HERE / script), *arguments]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
