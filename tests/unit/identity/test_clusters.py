"""Who is one buyer: cases worked by hand, properties, a brute-force twin, and labelled people."""

import os
from itertools import combinations
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing_jobs.identity import EXACT_MATCHERS, cluster, connected_components, merge_unless_contested

PEOPLE = Path(os.environ.get("LEADROUTE_REAL_DATA", "../shared/data")) / "people_duplicates"


def people(*rows: dict[str, str]) -> pd.DataFrame:
    columns = ("email", "phone", "first_name", "last_name", "company", "country")
    return pd.DataFrame([{name: row.get(name) for name in columns} for row in rows])


def together(*rows: dict[str, str]) -> list[int]:
    return cluster(people(*rows)).tolist()


ANN = {"first_name": "Ann", "last_name": "Lee"}
BOB = {"first_name": "Bob", "last_name": "Ray"}
PHONE = {"phone": "+493012345678"}


def test_the_same_address_is_one_buyer_whatever_the_name() -> None:
    assert together({"email": "a@x.com", **ANN}, {"email": "A@X.com "}, {"email": "b@x.com"}) == [0, 0, 2]


def test_blanks_and_placeholders_never_match() -> None:
    assert together({}, {}, {"email": "test@x.com"}, {"email": "test@x.com"}, {"email": "n/a"}, {"email": "n/a"}) == [
        0, 1, 2, 3, 4, 5,
    ]  # fmt: skip


def test_a_desks_address_needs_the_same_name() -> None:
    desk = {"email": "info@x.com"}
    assert together({**desk, **ANN}, {**desk, **BOB}, {**desk, **ANN}, desk) == [0, 1, 0, 3]


def test_a_phone_joins_only_names_that_agree() -> None:
    assert together({**PHONE, **ANN}, {**PHONE, **ANN}, {**PHONE, **BOB}, PHONE) == [0, 0, 2, 3]


def test_a_record_without_name_joins_the_one_person_of_a_phone_unless_its_address_differs() -> None:
    assert together({**PHONE, **ANN, "email": "a@x.com"}, PHONE) == [0, 0]
    assert together({**PHONE, **ANN, "email": "a@x.com"}, {**PHONE, "email": "b@x.com"}) == [0, 1]


def test_a_switchboard_joins_nobody() -> None:
    desks = [{**PHONE, "first_name": f"P{letter}", "last_name": "Q"} for letter in "abcd"]
    assert together(*desks, {**PHONE, "first_name": "Pa", "last_name": "Q"}) == [0, 1, 2, 3, 4]


def test_the_same_name_at_the_same_company_is_one_buyer_unless_two_addresses_there_differ() -> None:
    at_acme = {**ANN, "company": "Acme GmbH", "country": "DE"}
    assert together(at_acme, {**at_acme, "email": "ann@gmail.com"}, {**at_acme, "company": "ACME"}) == [0, 0, 0]
    assert together({**ANN, "email": "a@acme.com"}, {**ANN, "email": "ann2@acme.com"}) == [0, 1]
    assert together({**ANN, "company": "Acme", "country": "DE"}, {**ANN, "company": "Acme", "country": "FR"}) == [0, 1]


def test_the_same_source_record_is_one_buyer() -> None:
    records = pd.DataFrame({"source_system": ["a", "a", "b"], "source_record_id": ["1", "1", "1"], "email": None})
    assert cluster(records).tolist() == [0, 0, 2]


def test_another_matcher_is_one_more_function() -> None:
    def first_and_last(records: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        return np.array([0]), np.array([len(records) - 1])

    assert cluster(people(ANN, BOB, {}), [first_and_last]).tolist() == [0, 1, 0]
    with pytest.raises(ValueError, match="position 7"):
        cluster(people(ANN), [lambda _records: (np.array([0]), np.array([7]))])


rows = st.lists(
    st.fixed_dictionaries(
        {
            "email": st.sampled_from([None, "a@x.com", "b@x.com", "c@gmail.com", "info@x.com", "test@x.com"]),
            "phone": st.sampled_from([None, "+493012345678", "+493087654321"]),
            "first_name": st.sampled_from([None, "Ann", "Bob", "Cy"]),
            "last_name": st.sampled_from([None, "Lee"]),
            "company": st.sampled_from([None, "Acme", "Other Ltd"]),
        }
    ),
    min_size=1,
    max_size=12,
)


def partition(ids: pd.Series) -> set[frozenset[Any]]:
    return {frozenset(ids.index[ids == label]) for label in ids.unique()}


@settings(deadline=None, max_examples=60)
@given(rows, st.randoms(use_true_random=False))
def test_order_changes_neither_clusters_nor_ids(records: list[dict[str, Any]], random: Any) -> None:
    frame = people(*records)
    shuffled = list(range(len(records)))
    random.shuffle(shuffled)
    pd.testing.assert_series_equal(cluster(frame.iloc[shuffled]).sort_index(), cluster(frame), check_names=False)


@settings(deadline=None, max_examples=60)
@given(rows)
def test_an_unrelated_record_changes_no_id(records: list[dict[str, Any]]) -> None:
    stranger = {"email": "stranger@elsewhere.org", "phone": "+33142278186", "first_name": "Zoe", "last_name": "Only"}
    before = cluster(people(*records))
    after = cluster(people(*records, stranger))
    assert after.tolist() == [*before.tolist(), len(records)]


def is_one_buyer(one: dict[str, Any], other: dict[str, Any], everyone: list[dict[str, Any]]) -> bool:
    """The exact rules for two records, written out once more in plain Python."""

    def name(record: dict[str, Any]) -> str | None:
        return f"{record['first_name']} {record['last_name']}" if record["first_name"] and record["last_name"] else None

    def email(record: dict[str, Any]) -> str | None:
        return None if record["email"] == "test@x.com" else record["email"]

    if (
        email(one)
        and email(one) == email(other)
        and (email(one) != "info@x.com" or (name(one) and name(one) == name(other)))
    ):
        return True
    if not one["phone"] or one["phone"] != other["phone"]:
        return False
    on_phone = [record for record in everyone if record["phone"] == one["phone"]]
    names, addresses = ({key(record) for record in on_phone} - {None} for key in (name, email))
    if len(names) > 3 or len(addresses) > 3:
        return False
    if name(one) and name(other):
        return name(one) == name(other)
    nameless = [record for record in (one, other) if not name(record)]
    return len(names) <= 1 and (len(addresses) <= 1 or not any(email(record) for record in nameless))


@settings(deadline=None, max_examples=150)
@given(rows)
def test_exact_clusters_are_the_components_of_the_pairwise_rules(records: list[dict[str, Any]]) -> None:
    graph = nx.Graph()
    graph.add_nodes_from(range(len(records)))
    for one, other in combinations(range(len(records)), 2):
        if is_one_buyer(records[one], records[other], records):
            graph.add_edge(one, other)
    expected = {frozenset(nodes) for nodes in nx.connected_components(graph)}
    assert partition(cluster(people(*records), EXACT_MATCHERS)) == expected


pairs = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=15)


@settings(deadline=None, max_examples=100)
@given(pairs)
def test_components_are_named_by_their_lowest_node(edges: list[tuple[int, int]]) -> None:
    graph = nx.Graph(edges)
    graph.add_nodes_from(range(10))
    found = connected_components(10, *np.array(edges, dtype=np.int64).reshape(-1, 2).T)
    lowest = {node: min(nodes) for nodes in nx.connected_components(graph) for node in nodes}
    assert found.tolist() == [lowest[node] for node in range(10)]


@settings(deadline=None, max_examples=150)
@given(pairs, st.dictionaries(st.integers(0, 9), st.sampled_from(["p", "q"]), max_size=5))
def test_no_identity_is_held_by_two_partners_and_nothing_else_is_kept_apart(
    edges: list[tuple[int, int]], held: dict[int, str]
) -> None:
    left, right = np.array(edges, dtype=np.int64).reshape(-1, 2).T
    holders = pd.Series(list(held.values()), index=list(held), dtype="str")
    identity, waits = merge_unless_contested(10, left, right, holders)
    whole = connected_components(10, left, right)
    for component in set(whole):
        members = np.flatnonzero(whole == component)
        partners = {held[node] for node in members.tolist() if node in held}
        if len(partners) < 2:
            assert (identity[members] == component).all() and not waits[members].any()
        else:
            assert waits[members].all() and len(set(identity[members])) >= 2
        for node in members.tolist():
            same = [held[other] for other in members.tolist() if identity[other] == identity[node] and other in held]
            assert len(set(same)) <= 1


def test_what_was_together_before_the_joining_record_came_stays_together() -> None:
    # 0 and 1 are one buyer at p, 2 and 3 one at q; 4 matches both
    holders = pd.Series(["p", "q"], index=[1, 3], dtype="str")
    identity, waits = merge_unless_contested(5, np.array([0, 2, 0, 2]), np.array([1, 3, 4, 4]), holders)
    assert identity.tolist() == [0, 0, 2, 2, 0]
    assert waits.all()


@pytest.mark.real_data
@pytest.mark.skipif(not PEOPLE.is_dir(), reason=f"no labelled people in {PEOPLE}")
def test_no_false_merge_among_labelled_people() -> None:
    labelled = pd.read_csv(PEOPLE / "fake_1000.csv", dtype=str, keep_default_na=False)
    found = cluster(labelled.rename(columns={"surname": "last_name"})[["first_name", "last_name", "email"]])
    merged = pd.DataFrame({"found": found, "true": labelled["cluster"]})

    def pair_count(columns: list[str]) -> int:
        return int((merged.groupby(columns).size().map(lambda size: size * (size - 1) // 2)).sum())

    right = pair_count(["found", "true"])
    assert right == pair_count(["found"])
    assert right / pair_count(["true"]) > 0.33
