"""Lead scores: points worked by hand, bounds, and that a lead's score is its own."""

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing_jobs.program.rulebook import ScoringRules
from routing_jobs.scoring import needed_columns, score

AS_OF = datetime(2026, 6, 15, 12, tzinfo=UTC)
RULES = ScoringRules.model_validate(
    {
        "version": "1",
        "qualified_at": 60,
        "grades": {"A": 80, "B": 60, "D": 0},
        "fit": [
            {"name": "company", "when": {"column": "company", "is": "present"}, "points": 30},
            {"name": "free_mail", "when": {"column": "is_free_mail", "is": "true"}, "points": -20},
            {"name": "size", "when": {"column": "employee_count", "at_least": 50, "below": 250}, "points": 15},
            {"name": "industry", "when": {"column": "industry", "in": ["Retail", "finance"]}, "points": 10},
        ],
        "engagement": [
            {"name": "wants", "when": {"column": "product_interest", "in": ["firewall"]}, "points": 40},
            {"name": "touches", "per": "touch_count", "points": 4, "at_most": 20, "idle_half_life_days": 30},
        ],
        "disqualify": [
            {"reason": "rival", "when": {"column": "email_domain", "in": ["rival.example"]}},
            {"reason": "student", "when": {"column": "segment", "is": "student"}},
        ],
    }
)


def frame(*leads: dict[str, Any]) -> pd.DataFrame:
    columns = {
        "company": "str", "is_free_mail": "bool", "employee_count": "Int64", "industry": "str",
        "product_interest": "object", "touch_count": "int64", "last_touched_at": "datetime64[us]",
        "email_domain": "str", "segment": "str",
    }  # fmt: skip
    nothing: dict[str, Any] = dict.fromkeys(columns) | {"is_free_mail": False, "touch_count": 0}
    return pd.DataFrame([{**nothing, **lead} for lead in leads], columns=list(columns)).astype(columns)


def only(**lead: Any) -> dict[str, Any]:
    result: dict[str, Any] = score(frame(lead), RULES, AS_OF).iloc[0].to_dict()
    return result


def test_points_add_up_with_their_parts() -> None:
    found = only(company="Acme", employee_count=50, industry=" RETAIL ", product_interest=["Router", "Firewall "])
    assert (found["fit_points"], found["engagement_points"], found["score"], found["grade"]) == (55, 40, 95, "A")
    assert json.loads(found["parts"]) == {"company": 30, "size": 15, "industry": 10, "wants": 40}


@pytest.mark.parametrize(
    ("lead", "fit"),
    [
        ({"company": "  "}, 0),
        ({"employee_count": 49}, 0),
        ({"employee_count": 249}, 15),
        ({"employee_count": 250}, 0),
        ({"employee_count": None}, 0),
        ({"company": "x", "is_free_mail": True}, 10),
    ],
)
def test_conditions_at_their_edges(lead: dict[str, Any], fit: int) -> None:
    assert only(**lead)["fit_points"] == fit


def test_a_score_is_never_below_0_and_a_grade_begins_at_its_lowest_score() -> None:
    assert only(is_free_mail=True)["score"] == 0
    found = only(company="x", industry="finance", touch_count=9, last_touched_at=datetime(2026, 6, 15, 6))
    assert (found["score"], found["grade"]) == (60, "B")  # 30 + 10 + at most 20


@pytest.mark.parametrize(
    ("touched_at", "points"),
    [
        ("2026-06-15 11:00", 16),
        ("2026-06-16 00:00", 16),  # later than as_of: not idle
        ("2026-05-16 23:59", 8),  # 30 days, whatever the hour
        ("2026-05-17 00:00", 8),  # 29 days: 16 x 0.5 ^ (29 / 30) = 8.19
        ("2026-03-17 12:00", 2),  # 90 days
        ("2025-06-15 12:00", 0),
    ],
)
def test_touches_halve_every_thirty_idle_days(touched_at: str, points: int) -> None:
    assert only(touch_count=4, last_touched_at=datetime.fromisoformat(touched_at))["engagement_points"] == points


def test_idle_days_are_days_of_the_programs_zone() -> None:
    daily = RULES.engagement[1].model_copy(update={"idle_half_life_days": 1.0})
    rules = RULES.model_copy(update={"engagement": (daily,)})
    touched = frame({"touch_count": 4, "last_touched_at": datetime.fromisoformat("2026-06-14 22:30")})
    assert score(touched, rules, AS_OF)["score"].tolist() == [8]  # yesterday
    assert score(touched, rules, AS_OF.astimezone(ZoneInfo("Europe/Berlin")))["score"].tolist() == [16]  # 0:30 today


def test_the_first_reason_that_holds_disqualifies() -> None:
    reasons = score(
        frame(
            {"email_domain": "rival.example", "segment": "student"},
            {"segment": "Student"},
            {"email_domain": "rival.exampl"},
        ),
        RULES,
        AS_OF,
    )["disqualify_reason"]
    assert reasons[:2].tolist() == ["rival", "student"] and pd.isna(reasons[2])


def test_the_index_is_kept_and_no_leads_give_no_scores() -> None:
    two = frame({"company": "x"}, {"industry": "retail"}).set_axis([7, 3])
    assert score(two, RULES, AS_OF)[["score", "parts"]].to_dict("index") == {
        7: {"score": 30, "parts": '{"company": 30}'},
        3: {"score": 10, "parts": '{"industry": 10}'},
    }
    assert score(two.iloc[:0], RULES, AS_OF).empty


def test_only_the_columns_of_the_rules_are_needed() -> None:
    assert needed_columns(RULES) == sorted(frame().columns)
    with pytest.raises(ValueError, match="segment"):
        score(frame({}).drop(columns="segment"), RULES, AS_OF)


def test_bounds_need_numbers_and_as_of_a_zone() -> None:
    with pytest.raises(ValueError, match="employee_count"):
        score(frame({}).astype({"employee_count": "str"}).assign(employee_count="many"), RULES, AS_OF)
    with pytest.raises(ValueError, match="time zone"):
        score(frame({}), RULES, AS_OF.replace(tzinfo=None))


leads = st.lists(
    st.fixed_dictionaries(
        {
            "company": st.sampled_from([None, "", "Acme"]),
            "is_free_mail": st.booleans(),
            "employee_count": st.none() | st.integers(0, 1000),
            "industry": st.sampled_from([None, "retail", "health"]),
            "product_interest": st.none() | st.lists(st.sampled_from(["Firewall", "Router"]), max_size=2),
            "touch_count": st.integers(0, 50),
            "last_touched_at": st.none()
            | st.datetimes(datetime.fromisoformat("2025-01-01"), datetime.fromisoformat("2026-07-01")),
            "segment": st.sampled_from([None, "student"]),
        }
    ),
    min_size=1,
    max_size=8,
)


@settings(deadline=None, max_examples=60)
@given(leads)
def test_scores_are_bounded_whole_and_independent_of_other_leads(records: list[dict[str, Any]]) -> None:
    all_at_once = score(frame(*records), RULES, AS_OF)
    assert all_at_once["score"].between(0, 100).all() and all_at_once["score"].dtype == "int64"
    one_by_one = pd.concat([score(frame(record), RULES, AS_OF) for record in records], ignore_index=True)
    pd.testing.assert_frame_equal(all_at_once, one_by_one)


@settings(deadline=None, max_examples=60)
@given(leads)
def test_more_touches_never_lower_a_score(records: list[dict[str, Any]]) -> None:
    before = score(frame(*records), RULES, AS_OF)["score"]
    more = [record | {"touch_count": record["touch_count"] + 3} for record in records]
    assert (score(frame(*more), RULES, AS_OF)["score"] >= before).all()
