"""What a real BI tool must be able to do with a published release: connect read-only, list, describe, chart, keep on."""

import json
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
from file_checks import following, holding, judged_following, judged_holding
from findings import Finding, compared
from published import Release, writable_copy
from republishing import WON_BY_CHANNEL, Chart, Republisher
from superset_client import RefusedError, SupersetClient
from superset_server import SupersetServer

from routing_jobs.program.workspace import Workspace

NAME = "Superset"
CONNECTION = {"engine_params": {"connect_args": {"read_only": True}}}


def register(client: SupersetClient, name: str, database: Path) -> int:
    """Connect `database` read-only; the id Superset gave it."""
    body = {
        "database_name": name,
        "sqlalchemy_uri": f"duckdb:///{database}",
        "expose_in_sqllab": True,
        "allow_dml": True,  # so that it is the file that refuses to be written, not Superset
        "extra": json.dumps(CONNECTION),
    }
    return client.post("database/", body)["id"]


def add_dataset(client: SupersetClient, database: int, name: str, sql: str | None = None) -> dict[str, Any]:
    """Make a dataset of table `name` of schema marts, or of the query `sql` called so; as Superset describes it."""
    body = {"database": database, "schema": "marts", "table_name": name} | ({"sql": sql} if sql else {})
    created = client.post("dataset/", body)
    return client.get(f"dataset/{created['id']}")["result"]


def won_by_channel(client: SupersetClient, dataset: int) -> Chart:
    """The chart's answer: (channel, won amount in minor units), by channel."""
    won = {
        "expressionType": "SIMPLE",
        "aggregate": "SUM",
        "column": {"column_name": "won_amount_minor"},
        "label": "won",
    }
    question = {"columns": ["lead_channel"], "metrics": [won], "filters": [], "orderby": [], "row_limit": 10_000}
    body = {
        "datasource": {"id": dataset, "type": "table"},
        "force": True,
        "queries": [question],
        "result_format": "json",
        "result_type": "full",
    }
    rows = client.post("chart/data", body)["result"][0]["data"]
    return tuple(sorted(((row["lead_channel"], int(row["won"] or 0)) for row in rows), key=_nulls_last))


def _nulls_last(row: tuple[str | None, int]) -> tuple[bool, str]:
    return row[0] is None, row[0] or ""


def run_sql(client: SupersetClient, database: int, sql: str) -> list[dict[str, Any]]:
    """The rows SQL Lab answers with; RefusedError when the database refuses."""
    body = {"database_id": database, "schema": "marts", "sql": sql, "runAsync": False, "queryLimit": 10}
    return client.post("sqllab/execute/", body)["data"]


def check_superset(server: SupersetServer, release: Release) -> Iterator[Finding]:
    """The published file itself: listed, described, charted, not writable."""
    client = server.sign_in()
    database = register(client, "leadroute", release.database)
    listed = client.get(f"database/{database}/tables/", q="(force:!t,schema_name:marts)")["result"]
    names = {table["value"]: True for table in listed}
    promised = dict.fromkeys(release.promised_rows, True)
    yield compared(NAME, "tables of schema marts = manifest", promised, names, f"{len(names)} tables")
    with duckdb.connect(str(release.database), read_only=True) as connection:
        held = {table: _columns(connection, table) for table in release.promised_rows}
        expected = dict(connection.execute(WON_BY_CHANNEL).fetchall())
    datasets = {table: add_dataset(client, database, table) for table in sorted(release.promised_rows)}
    seen = {table: _described(dataset) for table, dataset in datasets.items()}
    columns = sum(len(described) for described in held.values())
    what = "every table as a dataset: columns, times, descriptions"
    yield compared(NAME, what, held, seen, f"{len(held)} datasets, {columns} columns")
    chart = dict(won_by_channel(client, datasets["fct_lead"]["id"]))
    figure = f"{len(chart)} channels, {sum(chart.values()):,} minor units"
    yield compared(NAME, "chart: won amount by channel = DuckDB", expected, chart, figure)
    yield refused_write(client, database)
    yield off_machine(server)


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, tuple[bool, str]]:
    rows = connection.execute(
        "select column_name, data_type in ('DATE', 'TIMESTAMP'), coalesce(comment, '') from duckdb_columns() "
        "where schema_name = 'marts' and table_name = ?",
        [table],
    ).fetchall()
    return {name: (is_time, comment) for name, is_time, comment in rows}


def _described(dataset: dict[str, Any]) -> dict[str, tuple[bool, str]]:
    return {
        column["column_name"]: (bool(column["is_dttm"]), column["description"] or "") for column in dataset["columns"]
    }


def refused_write(client: SupersetClient, database: int) -> Finding:
    """A DELETE through the connection must be refused because the file is open read-only."""
    try:
        run_sql(client, database, "delete from marts.fct_lead")
    except RefusedError as refusal:
        return Finding(NAME, "a write is refused", "attached in read-only mode", "read-only mode" in str(refusal))
    return Finding(NAME, "a write is refused", "DELETE was carried out", passed=False)


def off_machine(server: SupersetServer) -> Finding:
    """Superset listens on the loopback and is connected to nothing else."""
    foreign = server.foreign_addresses()
    return Finding(NAME, "sockets off this machine", ", ".join(sorted(foreign)) or "none", passed=not foreign)


def check_superset_during_publishes(
    server: SupersetServer, python: Path, release: Release, folder: Path, publishes: int
) -> Iterator[Finding]:
    """Charts and SQL through Superset, a looping reader and one holding the first file, while releases are published."""
    client = server.sign_in()
    marts = writable_copy(release, folder / "warehouse.duckdb")
    with Republisher(marts, Workspace(folder)) as publisher, ThreadPoolExecutor(1) as publishing:
        published = publisher.workspace.published
        first = (published / "current").resolve() / "leadroute.duckdb"
        database = register(client, "republished", published / "current" / "leadroute.duckdb")
        # Superset keeps a dataset's name once for all databases when its metadata are in SQLite.
        dataset = add_dataset(client, database, "republished_lead", "select * from marts.fct_lead")["id"]
        with holding(python, first) as holder, following(python, publisher, publishes) as follower:
            before = holder.stdout.readline()
            running = publishing.submit(publisher.publish, publishes)
            answers = Answers(publisher)
            while not running.done():
                answers.ask(client, database, dataset)
            answers.ask(client, database, dataset)
            what = f"{publishes} publishes of all tables, {running.result():.1f} s each"
            yield answers.finding(publishes, what)
            yield from judged_following(follower, what)
            yield judged_holding(holder, before, first)
    yield off_machine(server)


class Answers:
    """What Superset answered while releases were published, judged one by one."""

    def __init__(self, publisher: Republisher) -> None:
        self._publisher = publisher
        self._seen = [-1]
        self._wrong: list[str] = []
        self._count = 0
        self._slowest = 0.0

    def ask(self, client: SupersetClient, database: int, dataset: int) -> None:
        """Ask for one chart and one SQL answer over several tables."""
        begun = time.perf_counter()
        try:
            self.judge_chart(won_by_channel(client, dataset))
            self.judge_tables(run_sql(client, database, self._sql())[0])
        except RefusedError as refusal:
            self._wrong.append(str(refusal))
        self._slowest = max(self._slowest, time.perf_counter() - begun)
        self._count += 2

    def judge_chart(self, chart: Chart) -> None:
        """The chart must be that of one generation, and none older than the last one seen."""
        known = {answer: generation for generation, answer in dict(self._publisher.charts).items()}
        if chart not in known:
            self._wrong.append(f"a chart of no release: {dict(chart)}")
        else:
            self._see(known[chart])

    def judge_tables(self, row: dict[str, Any]) -> None:
        """Each marked table must be of the generation dim_program names."""
        generation = int(re.sub(r"\D", "", row["program_name"]))
        self._see(generation)
        for table, mark in self._publisher.marks.items():
            if int(row[table]) != mark["start"] + generation * mark["step"]:
                self._wrong.append(f"{table} is not of generation {generation}")

    def finding(self, last: int, what: str) -> Finding:
        """All answers together: passed when none was wrong and the last generation was seen."""
        figure = (
            f"{self._count} answers, {len(self._seen) - 1} generations seen, slowest pair {self._slowest:.1f} s, "
            f"{len(self._wrong)} wrong {' '.join(self._wrong[:3])}"
        )
        return Finding(NAME, what, figure, passed=not self._wrong and self._seen[-1] == last)

    def _see(self, generation: int) -> None:
        if generation < self._seen[-1]:
            self._wrong.append(f"generation {generation} after {self._seen[-1]}")
        elif generation > self._seen[-1]:
            self._seen.append(generation)

    def _sql(self) -> str:
        tables = {table: f"marts.{table}" for table in self._publisher.marks}
        columns = [f"({mark['sql'].format(**tables)}) as {name}" for name, mark in self._publisher.marks.items()]
        return f"select program_name, {', '.join(columns)} from marts.dim_program"
