"""Candidates written by hand: routing.candidate as a table, in the place of the view over what routing stores."""

import duckdb


def candidates_by_hand(connection: duckdb.DuckDBPyConnection) -> None:
    """Replace the view by an empty table of the same columns."""
    connection.execute("create table routing.candidate_by_hand as from routing.candidate limit 0")
    connection.execute("drop view routing.candidate")
    connection.execute("alter table routing.candidate_by_hand rename to candidate")
