"""Content hashes: the same for the same rows in any order, another for any other content."""

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing_jobs.warehouse.fingerprint import combined_fingerprint, content_mark

ROWS = st.lists(
    st.tuples(st.sampled_from(["a", "b", "", None]), st.integers(0, 2), st.integers(0, 2) | st.none()), max_size=5
)
HASHES = pytest.mark.parametrize("content_hash", [combined_fingerprint, content_mark])


def hashed(content_hash, rows, columns="name varchar, first integer, last integer"):
    with duckdb.connect() as connection:
        connection.execute(f"create table held ({columns})")
        if rows:
            connection.executemany(f"insert into held values ({', '.join('?' * len(rows[0]))})", rows)
        return content_hash(connection, ["held"])


@HASHES
@settings(max_examples=60, deadline=None)
@given(rows=ROWS, other=ROWS)
def test_two_tables_share_a_hash_only_if_they_hold_the_same_rows(content_hash, rows, other):
    same = sorted(rows, key=repr) == sorted(other, key=repr)
    assert (hashed(content_hash, rows) == hashed(content_hash, other)) == same
    assert hashed(content_hash, rows) == hashed(content_hash, rows[::-1])


@HASHES
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([("a", 1, 1), ("b", 2, 2)], [("a", 1, 2), ("b", 2, 1)]),  # last values swapped
        ([("a", 1, 1), ("b", 2, 1)], [("a", 1, 2), ("b", 2, 2)]),  # a last value that all rows share
        ([("a", 1, 1), ("a", 1, 1)], [("b", 1, 1), ("b", 1, 1)]),  # rows in pairs
        ([("", 1, None)], [(None, 1, None)]),
    ],
)
def test_what_rows_share_or_swap_is_not_lost_in_adding_up(content_hash, one, other):
    assert hashed(content_hash, one) != hashed(content_hash, other)


@HASHES
def test_a_column_renamed_is_another_content_and_a_run_id_is_none(content_hash):
    names = "name varchar, first integer, final integer"
    assert hashed(content_hash, [("a", 1, 1)]) != hashed(content_hash, [("a", 1, 1)], names)
    of_a_run = "name varchar, first integer, run_id integer"
    assert hashed(content_hash, [("a", 1, 1)], of_a_run) == hashed(content_hash, [("a", 1, 2)], of_a_run)
