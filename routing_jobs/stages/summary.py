"""What one run came to, read back from the warehouse and the published folder (SPEC section 12, `run --json`)."""

from datetime import datetime
from typing import Any

import duckdb

from routing_jobs.intake.archive import unclaimed
from routing_jobs.program.loading import Program
from routing_jobs.program.workspace import Workspace
from routing_jobs.publish.links import current_target
from routing_jobs.publish.release import read_manifest
from routing_jobs.warehouse.store import opened

_FEEDS = """
select feed, sum(counted), sum(accepted), sum(duplicates), sum(filtered), sum(quarantined)
from raw.landed_file group by feed order by feed
"""
_STAGES = (
    "select current_stage, count(*) from marts.fct_lead group by current_stage order by count(*) desc, current_stage"
)
_BATCHES = """
select batch_id, content_sha256, leads, units, assigned, objective, upper_bound, gap, is_express, outcome, mode
from routing.summary where batch_id is not null order by is_express, batch_id
"""
_EXCEPTIONS = """
select exception_code, count(*) from routing.line
where exception_code is not null and is_express = ? group by exception_code order by exception_code
"""
# What each mode gave up against the best the same slots allow; mode optimal gives up nothing.
_MODES = """
select mode, coalesce(most_units - units, 0), upper_bound - objective
from routing.certificate where is_express = ? order by mode
"""
_GATES = """
select gate, check_name, passed, rows_seen, rows_failed from gates.verdict
where run_id = ? order by gate, check_name
"""


def summarise(workspace: Workspace, program: Program, run_id: str, seconds: dict[str, float]) -> dict[str, Any]:
    """The summary of a finished run.

    `feeds` counts everything landed so far, `unclaimed` names the landed files that no feed takes, `batch` is the main
    batch or null.
    """
    with opened(workspace) as connection:
        as_of = connection.execute("select as_of from program.setting").fetchone()[0]
        batches = [_batch(connection, row) for row in connection.execute(_BATCHES).fetchall()]
        outcome = "proposed" if batches else _outcome(connection)
        summary = {
            "run_id": run_id,
            "as_of": _instant(as_of),
            "feeds": {
                row[0]: dict(
                    zip(
                        ("records", "accepted", "duplicates", "filtered", "quarantined"), map(int, row[1:]), strict=True
                    )
                )
                for row in connection.execute(_FEEDS).fetchall()
            },
            "unclaimed": unclaimed(workspace.landing, program.sources.values()),
            "leads": dict(connection.execute(_STAGES).fetchall()),
            "batch": next((batch for batch in batches if not batch["is_express"]), None),
            "batches": batches,
            "outcome": outcome,
            "gates": [
                dict(zip(("gate", "check", "passed", "rows", "failed"), row, strict=True))
                for row in connection.execute(_GATES, [run_id]).fetchall()
            ],
            "published": _published(workspace),
            "seconds": seconds,
        }
    return summary


def _batch(connection: duckdb.DuckDBPyConnection, row: tuple) -> dict[str, Any]:
    names = (
        "batch_id",
        "content_sha256",
        "leads",
        "units",
        "assigned",
        "objective",
        "upper_bound",
        "gap",
        "is_express",
        "outcome",
        "mode",
    )
    batch = dict(zip(names, row, strict=True))
    batch["exceptions"] = dict(connection.execute(_EXCEPTIONS, [batch["is_express"]]).fetchall())
    modes = connection.execute(_MODES, [batch["is_express"]]).fetchall()
    batch["given_up"] = {mode: {"units": units, "value": value} for mode, units, value in modes}
    return batch


def _outcome(connection: duckdb.DuckDBPyConnection) -> str:
    row = connection.execute("select outcome from routing.summary order by is_express limit 1").fetchone()
    return row[0] if row else "nothing_to_route"


def _published(workspace: Workspace) -> dict[str, str] | None:
    current = current_target(workspace.published)
    if current is None:
        return None
    return {"path": str(workspace.published / "current"), "release_id": read_manifest(current)["release_id"]}


def _instant(value: datetime) -> str:
    return value.isoformat(timespec="seconds") + "Z"
