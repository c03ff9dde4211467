"""The sample's leads end where their truth says: qualified or not, and planted cases in their exception code or stage."""

import csv
from pathlib import Path

import duckdb
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("sample")]

TRUTH = Path(__file__).parents[2] / "data" / "sample" / "truth" / "leads.csv"


@pytest.fixture(scope="module")
def leads(sample_run) -> list[tuple[dict[str, str], dict[str, object]]]:
    """(truth, row of fct_lead) for every lead that a file brought and the truth knows."""
    names = ("identity_id", "current_stage", "exception_code", "disqualify_reason", "qualified_at")
    published = duckdb.connect(str(sample_run[0] / "published" / "current" / "leadroute.duckdb"), read_only=True)
    rows = published.execute(
        f"select source_system, source_record_id, {', '.join(names)} from marts.fct_lead"
    ).fetchall()
    found = {row[:2]: dict(zip(names, row[2:], strict=True)) for row in rows}
    with TRUTH.open(encoding="utf-8", newline="") as file:
        return [(truth, found[truth["source_system"], truth["source_record_id"]]) for truth in csv.DictReader(file)]


def wrong_ones(leads, expectation, is_met) -> list[tuple[str, str, dict[str, object]]]:
    """The leads with an expectation that is not met."""
    told = [(truth, row) for truth, row in leads if truth[expectation]]
    assert told
    return [(truth["source_record_id"], truth[expectation], row) for truth, row in told if not is_met(truth, row)]


def test_every_planted_exception_is_found_by_its_code(leads):
    assert (
        wrong_ones(leads, "expected_exception", lambda truth, row: row["exception_code"] == truth["expected_exception"])
        == []
    )


def test_what_is_kept_or_exhausted_is_not_offered_again(leads):
    assert wrong_ones(leads, "expected_stage", lambda truth, row: row["current_stage"] == truth["expected_stage"]) == []


def test_leads_qualify_or_not_as_their_traits_demand(leads):
    def is_met(truth, row) -> bool:
        if truth["expected_qualification"] == "qualified":
            return row["qualified_at"] is not None  # a partner may have disqualified it since
        if truth["expected_reason"] and row["disqualify_reason"] != truth["expected_reason"]:
            return False
        return row["current_stage"] == truth["expected_qualification"]

    assert wrong_ones(leads, "expected_qualification", is_met) == []


def test_no_two_buyers_are_taken_for_one(leads):
    buyers: dict[object, set[str]] = {}
    for truth, row in leads:
        buyers.setdefault(row["identity_id"], set()).add(truth["buyer"])
    assert [identity for identity, names in buyers.items() if len(names) > 1] == []


def test_most_buyers_who_came_twice_are_recognised(leads):
    """Some cannot be: a buyer who gives a placeholder the second time leaves nothing to go by."""
    identities: dict[str, set[object]] = {}
    for truth, row in leads:
        identities.setdefault(truth["buyer"], set()).add(row["identity_id"])
    twice = [truth["buyer"] for truth, _ in leads if truth["is_first_of_buyer"] == "no"]
    assert len(twice) > 60
    assert sum(len(identities[buyer]) == 1 for buyer in twice) / len(twice) > 0.95
