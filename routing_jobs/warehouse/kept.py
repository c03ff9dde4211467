"""What models keep from the run before, and when it is thrown away.

A model that is dear to work out keeps its rows for as long as what they were worked out from stays the same, row by
row; which rows those are is the model's own matter (dbt/models: `kept_rows` in Python, dbt/macros/kept_rows.sql in
SQL). All else their rows rest on is the basis: code, libraries, rulebook, program. On another basis the kept tables go
before any model runs, and the run builds them anew. A warehouse that is rebuilt has none. Not here: exchange rates,
which change with every week and reach no kept row but through the amounts its key holds.
"""

import hashlib
import re
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import duckdb

from routing_jobs.program.tables import TABLES

KEPT = (
    "intermediate.int_attribution__credits",
    "intermediate.int_clocks__due",
    "intermediate.int_companies__parsed",
    "intermediate.int_domains__parsed",
    "intermediate.int_offers__waits",
    "intermediate.int_touches__resolved",
)
_OF_ONE_RUN = ("run_id", "as_of")
_ROOT = Path(__file__).resolve().parents[2]
_CODE = ("routing_jobs/**/*.py", "dbt/models/**/*", "dbt/macros/**/*", "dbt/*.yml")


def kept_rows(dbt: Any, session: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation | None:
    """The rows the dbt Python model that is running has from the run before; None where it has none to go by."""
    name = f"{dbt.this.schema}.{dbt.this.identifier}"
    if name not in KEPT:
        raise ValueError(f"{name} is not listed in KEPT: its rows would outlive their basis")
    held = session.execute("select 1 from duckdb_tables() where schema_name || '.' || table_name = ?", [name])
    return session.table(name) if held.fetchone() else None


def forget_other_basis(connection: duckdb.DuckDBPyConnection) -> bool:
    """Drop the kept tables unless they rest on the present code, libraries and program; whether they were dropped.

    Both happen in one transaction: a run killed at any instant leaves tables and the hash of their basis in agreement.
    """
    present = _basis_sha256(connection)
    connection.begin()
    try:
        connection.execute("create table if not exists program.basis (sha256 varchar)")
        noted = connection.execute("select sha256 from program.basis").fetchall()
        if noted != [(present,)]:
            for table in KEPT:
                connection.execute(f"drop table if exists {table}")
            connection.execute("delete from program.basis")
            connection.execute("insert into program.basis values (?)", [present])
    except BaseException:
        connection.rollback()
        raise
    connection.commit()
    return noted != [(present,)]


def _basis_sha256(connection: duckdb.DuckDBPyConnection) -> str:
    """One hash (hex) over everything but data that a kept row rests on."""
    digest = hashlib.sha256(sys.version.encode())
    for requirement in sorted(metadata.requires("leadroute") or []):
        name = re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]
        if "extra ==" not in requirement:
            digest.update(f"{name} {metadata.version(name)}\n".encode())
    for path in sorted({path for pattern in _CODE for path in _ROOT.glob(pattern) if path.is_file()}):
        if path.suffix != ".pyc":
            digest.update(f"{path.relative_to(_ROOT)}\n".encode() + path.read_bytes())
    for table in sorted(TABLES.keys() - {"exchange_rate"}):
        kept = [column.split()[0] for column in re.split(r",\s+(?=[a-z_]+ [a-z])", TABLES[table].strip())]
        columns = ", ".join(name for name in kept if name not in _OF_ONE_RUN)
        rows = connection.execute(f"select {columns} from program.{table} order by all").fetchall()  # noqa: S608
        digest.update(f"{table}: {rows!r}\n".encode())
    return digest.hexdigest()
