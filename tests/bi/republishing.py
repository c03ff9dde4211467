"""Publishes a release again and again, changed a little each time, by the program's own code.

Generation g is written into dim_program's name, adds g minor units to the won amount of every lead and g to every count
of rows a gate saw: a reader that meets two generations at once finds numbers that contradict each other.
"""

import time
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import duckdb

from routing_jobs.program.workspace import Workspace
from routing_jobs.publish.release import ReleaseFacts, mart_tables, publish_release

Mark = dict[str, Any]  # sql: one value of a table; start: what it gives in generation 0; step: by how much it grows
MARKED = {
    "fct_lead": "select cast(coalesce(sum(won_amount_minor), 0) as bigint) from {fct_lead}",
    "rpt_data_quality": "select cast(coalesce(sum(rows_seen), 0) as bigint) from {rpt_data_quality}",
}
STEPS = {
    "fct_lead": "select count(*) from marts.fct_lead",
    "rpt_data_quality": "select count(rows_seen) from marts.rpt_data_quality",
}
ADVANCE = """
update marts.dim_program set program_name = 'generation ' || {generation};
update marts.fct_lead set won_amount_minor = coalesce(won_amount_minor, 0) + 1;
update marts.rpt_data_quality set rows_seen = rows_seen + 1;
"""
WON_BY_CHANNEL = """
select lead_channel, cast(coalesce(sum(won_amount_minor), 0) as bigint) from marts.fct_lead
group by lead_channel order by lead_channel nulls last
"""
KEPT_RELEASES = 5
FACTS = ReleaseFacts(datetime(2026, 1, 1), "bi-check", "none", "none", "none", [])

Chart = tuple[tuple[str | None, int], ...]  # channel, won minor units; by channel


class Republisher:
    """A workspace of its own whose marts are a copy of a release's; generation 0 is published at once."""

    def __init__(self, marts: Path, workspace: Workspace, *, only_marked: bool = False) -> None:
        """Take over the database file `marts`. With `only_marked`, keep only the tables that carry a mark."""
        self.workspace = workspace
        self.charts: dict[int, Chart] = {}
        self._connection = duckdb.connect(str(marts))
        self._generation = 0
        if only_marked:
            for table in set(mart_tables(self._connection)) - {"dim_program", *MARKED}:
                self._connection.execute(f"drop table marts.{table}")
        self._connection.execute("update marts.dim_program set program_name = 'generation 0'")
        self.marks = {
            table: {"sql": sql, "start": self._value(sql.format(**{table: f"marts.{table}"})),
                    "step": self._value(STEPS[table])}
            for table, sql in MARKED.items()
        }  # fmt: skip
        self._publish()

    def __enter__(self) -> Self:
        """The publisher itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the marts."""
        self._connection.close()

    def publish(self, count: int) -> float:
        """Publish `count` more generations; seconds a publish took on average."""
        begun = time.perf_counter()
        for _ in range(count):
            self._generation += 1
            self._connection.execute(ADVANCE.format(generation=self._generation))
            self._publish()
        return (time.perf_counter() - begun) / count

    def _publish(self) -> None:
        self.charts[self._generation] = tuple(self._connection.execute(WON_BY_CHANNEL).fetchall())
        publication = publish_release(self.workspace, self._connection, FACTS, _write_no_report, keep=KEPT_RELEASES)
        assert publication.is_new, "a changed release was not published"

    def _value(self, sql: str) -> int:
        return int(self._connection.execute(sql).fetchone()[0])


def _write_no_report(_: duckdb.DuckDBPyConnection, path: Path) -> None:
    path.touch()  # nobody reads the page here
