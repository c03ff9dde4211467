"""Reads a finished release back, in a process of its own, and compares every table with the manifest.

By marks where the release was written by the version of DuckDB that reads it, else by content hashes, which take ten
times as long.

Run as `python -m routing_jobs.publish.audit RELEASE_FOLDER`; exit code 0 when all of it is as promised.
"""

import json
import sys
from pathlib import Path

import duckdb

from routing_jobs.warehouse.fingerprint import table_fingerprint, table_mark


def differences(release: Path) -> list[str]:
    """What in the folder `release` is not as its manifest says; empty when all is well."""
    manifest = json.loads((release / "manifest.json").read_text())
    promised = manifest["tables"]
    has_marks = manifest["duckdb"] == duckdb.__version__
    connection = duckdb.connect(str(release / "leadroute.duckdb"), read_only=True)
    reader = duckdb.connect()
    try:
        held = {row[0] for row in connection.execute("select table_name from duckdb_tables()").fetchall()}
        found = [f"table {name} is missing or not promised" for name in sorted(held ^ promised.keys())]
        for name, expected in promised.items():
            if name not in held:
                continue
            mark = table_mark(connection, f"marts.{name}")
            if has_marks and "mark" in expected:
                is_as_promised = mark == expected["mark"]
            else:
                hashed = table_fingerprint(connection, f"marts.{name}")
                is_as_promised = hashed == (expected["rows"], expected["content_sha256"])
            if not is_as_promised:
                found.append(f"table {name} differs from the manifest")
            path = str(release / "parquet" / f"{name}.parquet").replace("'", "''")
            reader.execute(f"create or replace view parquet_file as select * from read_parquet('{path}')")  # noqa: S608
            if table_mark(reader, "parquet_file") != mark:
                found.append(f"parquet file {name} differs from the table")
    finally:
        connection.close()
        reader.close()
    return found


if __name__ == "__main__":
    problems = differences(Path(sys.argv[1]))
    for problem in problems:
        print(problem, file=sys.stderr)
    sys.exit(1 if problems else 0)
