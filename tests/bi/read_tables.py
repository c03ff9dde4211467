"""What every table of a release holds, in three numbers, and a reader that holds the file open.

Run by the oldest supported DuckDB in an environment of its own, and imported for the same numbers from the program's
DuckDB: `python read_tables.py DATABASE` prints them once; with `--hold`, once before and once after its input ends.
"""

import json
import sys

import duckdb

Figures = dict[str, list[int]]
WHOLE_NUMBERS = ("BIGINT", "INTEGER", "HUGEINT", "SMALLINT", "TINYINT")


def table_figures(connection: duckdb.DuckDBPyConnection) -> Figures:
    """For each mart: rows, sum over all columns of whole numbers, characters in all columns of text."""
    names = connection.execute("select table_name from duckdb_tables() where schema_name = 'marts'").fetchall()
    return {name: _figures(connection, name) for (name,) in sorted(names)}


def _figures(connection: duckdb.DuckDBPyConnection, table: str) -> list[int]:
    columns = connection.execute(
        "select column_name, data_type from duckdb_columns() where schema_name = 'marts' and table_name = ?", [table]
    ).fetchall()
    numbers = [f'coalesce(sum("{name}"), 0)' for name, kind in columns if kind in WHOLE_NUMBERS]
    texts = [f'coalesce(sum(length("{name}")), 0)' for name, kind in columns if kind == "VARCHAR"]
    totals = f"{' + '.join(['0', *numbers])}, {' + '.join(['0', *texts])}"
    return [int(value) for value in connection.execute(f"select count(*), {totals} from marts.{table}").fetchone()]


def main() -> None:
    """Print the figures as JSON, and again at the end when the file is to be held."""
    with duckdb.connect(sys.argv[1], read_only=True) as connection:
        print(json.dumps({"version": duckdb.__version__, "tables": table_figures(connection)}), flush=True)
        if "--hold" in sys.argv:
            sys.stdin.read()
            print(json.dumps({"version": duckdb.__version__, "tables": table_figures(connection)}), flush=True)


if __name__ == "__main__":
    main()
