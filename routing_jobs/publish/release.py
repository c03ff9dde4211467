"""Builds one release of the marts, has it audited in a fresh process, and switches to it (SPEC section 11)."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from routing_jobs.program.errors import ConfigurationError, LeadrouteError
from routing_jobs.program.workspace import Workspace
from routing_jobs.publish.links import current_target, point_current, sync_path
from routing_jobs.warehouse.fingerprint import quoted, table_fingerprint, table_mark

DATABASE = "leadroute.duckdb"
STORAGE_VERSION = "v1.0.0"  # readable by DuckDB 1.4, 1.5 and 2.0
RUN_TABLES = frozenset({"rpt_data_quality"})  # rows of the run itself: they alone make no new release


@dataclass(frozen=True)
class ReleaseFacts:
    """What a release says about where it came from; hashes are hex sha256."""

    as_of: datetime
    run_id: str
    input_sha256: str
    rulebook_sha256: str
    ledger_head: str
    marts_verdict: list[dict]


@dataclass(frozen=True)
class Publication:
    """The release that is current after publishing; `is_new` is False when its content was current already."""

    release_id: str
    path: Path
    is_new: bool
    rows: dict[str, int]


def mart_tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The names of the marts, tables and views, sorted."""
    rows = connection.execute(
        "select table_name from information_schema.tables where table_schema = 'marts' order by table_name"
    ).fetchall()
    return [row[0] for row in rows]


def publish_release(
    workspace: Workspace,
    connection: duckdb.DuckDBPyConnection,
    facts: ReleaseFacts,
    write_report: Callable[[duckdb.DuckDBPyConnection, Path], None],
    keep: int,
    *,
    becomes_current: bool = True,
) -> Publication:
    """Publish the warehouse's marts as a release, unless the current release holds the same content.

    `write_report(connection, path)` writes report.html from the marts. With `becomes_current` False the release is
    built and audited beside the current one, which stays. Raises LeadrouteError when the audit of the
    finished release in a fresh process finds a difference; `current` is then as it was.
    """
    published = workspace.published
    releases = published / "releases"
    releases.mkdir(parents=True, exist_ok=True)
    _discard_unfinished(releases)
    tables = {name: table_fingerprint(connection, f"marts.{name}") for name in mart_tables(connection)}
    if not tables:
        raise LeadrouteError("publish: schema marts of the warehouse is empty; run `leadroute run` first")
    current = current_target(published)
    if current is not None and _same_content(current, facts, tables):
        manifest = read_manifest(current)
        return Publication(manifest["release_id"], current, False, _row_counts(tables))
    waiting = _finished(releases)[-1:]
    if becomes_current and waiting and _same_content(waiting[0], facts, tables):
        # Finished by a run that was killed before it switched, or left by a rollback.
        point_current(published, waiting[0])
        return Publication(waiting[0].name, waiting[0], True, _row_counts(tables))
    release_id = _next_release_id(releases, facts.as_of)
    building = releases / f".building-{release_id}"
    building.mkdir()
    _write_database(connection, building / DATABASE, list(tables))
    _write_parquet(connection, building, tables)
    write_report(connection, building / "report.html")
    marks = {name: table_mark(connection, f"marts.{name}") for name in tables}
    _write_manifest(building, release_id, facts, tables, marks)
    audit_in_fresh_process(building)
    _seal(building)
    final = releases / release_id
    building.rename(final)
    sync_path(releases)
    if becomes_current:
        point_current(published, final)
        _forget_old(releases, final, keep)
    return Publication(release_id, final, True, _row_counts(tables))


def read_manifest(release: Path) -> dict:
    """manifest.json of one release folder."""
    return json.loads((release / "manifest.json").read_text())


def list_releases(workspace: Workspace) -> list[dict]:
    """Every kept release, newest first: release_id, as_of, run_id, tables, rows, is_current."""
    current = current_target(workspace.published)
    found = []
    for folder in _finished(workspace.published / "releases"):
        manifest = read_manifest(folder)
        found.append(
            {
                "release_id": manifest["release_id"],
                "as_of": manifest["as_of"],
                "run_id": manifest["run_id"],
                "tables": len(manifest["tables"]),
                "rows": sum(table["rows"] for table in manifest["tables"].values()),
                "is_current": folder.resolve() == current,
            }
        )
    return found[::-1]


def roll_back(workspace: Workspace, release_id: str | None = None) -> str:
    """Make `release_id` (default: the one before the current) current again, after auditing it; returns its id."""
    kept = _finished(workspace.published / "releases")
    current = current_target(workspace.published)
    if release_id is None:
        earlier = [folder for folder in kept if current is not None and folder.name < current.name]
        chosen = earlier[-1] if earlier else None
    else:
        chosen = next((folder for folder in kept if folder.name == release_id), None)
    if chosen is None:
        names = ", ".join(folder.name for folder in kept) or "none"
        raise ConfigurationError(
            f"publish rollback: no release {release_id or 'before the current one'}; kept: {names}"
        )
    audit_in_fresh_process(chosen)
    point_current(workspace.published, chosen)
    return chosen.name


def audit_in_fresh_process(release: Path) -> None:
    """Read every table of `release` back in a new process and compare it with the manifest."""
    finished = subprocess.run(
        [sys.executable, "-m", "routing_jobs.publish.audit", str(release)], capture_output=True, text=True, check=False
    )
    if finished.returncode != 0:
        problem = (finished.stderr.strip() or finished.stdout.strip()).splitlines()
        detail = problem[-1] if problem else f"exit code {finished.returncode}"
        raise LeadrouteError(f"publish: the finished release does not read back as it was written: {detail}")


def _write_database(connection: duckdb.DuckDBPyConnection, path: Path, tables: Iterable[str]) -> None:
    connection.execute(f"attach '{_literal(path)}' as release (storage_version '{STORAGE_VERSION}')")
    try:
        connection.execute("create schema release.marts")
        for table in tables:
            source, target = f"marts.{quoted(table)}", f"release.marts.{quoted(table)}"
            connection.execute(f"create table {target} as select * from {source} order by all")  # noqa: S608
            _copy_comments(connection, table, target)
    finally:
        connection.execute("detach release")


def _copy_comments(connection: duckdb.DuckDBPyConnection, table: str, target: str) -> None:
    described = connection.execute(
        "select table_comment from information_schema.tables where table_schema = 'marts' and table_name = ? "
        "and table_comment is not null and table_catalog = current_database()",
        [table],
    ).fetchone()
    if described:
        connection.execute(f"comment on table {target} is '{_literal(described[0])}'")
    columns = connection.execute(
        "select column_name, comment from duckdb_columns() where schema_name = 'marts' and table_name = ? "
        "and comment is not null and database_name = current_database() order by column_index",
        [table],
    ).fetchall()
    for column, comment in columns:
        connection.execute(f"comment on column {target}.{quoted(column)} is '{_literal(comment)}'")


def _write_parquet(connection: duckdb.DuckDBPyConnection, building: Path, tables: Iterable[str]) -> None:
    """The tables as the release's database holds them, which are in order: sorting is the dear part of a release."""
    folder = building / "parquet"
    folder.mkdir()
    kept = connection.execute("select current_setting('preserve_insertion_order')").fetchone()
    connection.execute(f"attach '{_literal(building / DATABASE)}' as release (read_only)")
    try:
        connection.execute("set preserve_insertion_order = true")
        for table in tables:
            destination = _literal(folder / f"{table}.parquet")
            source = f"select * from release.marts.{quoted(table)}"  # noqa: S608 - a name from the catalogue
            connection.execute(f"copy ({source}) to '{destination}' (format parquet, compression zstd)")
    finally:
        connection.execute(f"set preserve_insertion_order = {kept[0] if kept else True}")
        connection.execute("detach release")


def _write_manifest(
    folder: Path, release_id: str, facts: ReleaseFacts, tables: dict[str, tuple[int, str]], marks: dict[str, str]
) -> None:
    manifest = asdict(facts) | {
        "release_id": release_id,
        "as_of": facts.as_of.isoformat() + "Z",
        "duckdb": duckdb.__version__,
        "storage_version": STORAGE_VERSION,
        "tables": {
            name: {"rows": rows, "content_sha256": digest, "mark": marks[name]}
            for name, (rows, digest) in tables.items()
        },
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n")


def _same_content(current: Path, facts: ReleaseFacts, tables: dict[str, tuple[int, str]]) -> bool:
    manifest = read_manifest(current)
    before = {name: table["content_sha256"] for name, table in manifest["tables"].items() if name not in RUN_TABLES}
    now = {name: digest for name, (_, digest) in tables.items() if name not in RUN_TABLES}
    return before == now and manifest["rulebook_sha256"] == facts.rulebook_sha256


def _next_release_id(releases: Path, as_of: datetime) -> str:
    """Release ids sort in the order of publishing: a counter first, then the as_of for people."""
    last = max((int(folder.name.split("-")[0][1:]) for folder in _finished(releases)), default=0)
    return f"r{last + 1:06d}-{as_of:%Y%m%dT%H%M%S}"


def _finished(releases: Path) -> list[Path]:
    if not releases.is_dir():
        return []
    return sorted(folder for folder in releases.iterdir() if folder.is_dir() and not folder.name.startswith("."))


def _discard_unfinished(releases: Path) -> None:
    for folder in releases.glob(".building-*"):
        shutil.rmtree(folder)


def _seal(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            path.chmod(0o444)
        sync_path(path)
    sync_path(folder)


def _forget_old(releases: Path, current: Path, keep: int) -> None:
    surplus = _finished(releases)[: -max(keep, 1)]
    for folder in surplus:
        if folder != current:
            doomed = folder.with_name(f".building-{os.getpid()}-{folder.name}")
            folder.rename(doomed)
            shutil.rmtree(doomed)


def _row_counts(tables: dict[str, tuple[int, str]]) -> dict[str, int]:
    return {name: rows for name, (rows, _) in tables.items()}


def _literal(value: object) -> str:
    return str(value).replace("'", "''")
