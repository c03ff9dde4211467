"""Differences between rulebooks: the words of each kind, and that nothing is ever missed."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing_jobs.program.loading import load_rulebook
from routing_jobs.program.rulebook import RULEBOOK_FILES, rulebook_hash
from routing_jobs.program.rulebook_diff import diff_rulebooks

SAMPLE = Path(__file__).resolve().parents[3] / "data" / "sample" / "rulebook"


def load(folder: Path) -> dict[str, Any]:
    problems: list[str] = []
    rules = load_rulebook(folder, problems)
    assert problems == []
    return rules


BASE = load(SAMPLE)
BODIES = {name: rules.model_dump(mode="json") for name, rules in BASE.items()}


def with_changes(*changes: tuple[tuple[Any, ...], Any]) -> dict[str, Any]:
    """The sample's rulebook with values replaced at paths (file, key, ...)."""
    bodies = copy.deepcopy(BODIES)
    for path, value in changes:
        place: Any = bodies
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value
    return {name: RULEBOOK_FILES[name].model_validate(body) for name, body in bodies.items()}


def words(*changes: tuple[tuple[Any, ...], Any]) -> list[str]:
    return [difference.words for difference in diff_rulebooks(BASE, with_changes(*changes))]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ((("routing", "limits", "default_capacity"), 12), "default capacity 10 -> 12"),
        (
            (("routing", "criteria", "vertical"), {"rule": "require"}),
            "vertical: preferred with weight 1.25 -> required",
        ),
        ((("routing", "criteria", "language"), None), "language: preferred with weight 1.1 -> no say"),
        (
            (("routing", "criteria", "tier"), {"rule": "require", "at_least": "gold"}),
            "tier: breaks ties as number 1 -> required from tier gold",
        ),
        (
            (("routing", "criteria", "response_commitment", "max_hours"), 8.0),
            "response commitment: preferred with weight 1.05 within 24 hours -> "
            "preferred with weight 1.05 within 8 hours",
        ),
        ((("routing", "fallback"), ["distributor", "widen"]), "new fallback: widen after distributor"),
        ((("routing", "fallback"), []), "no longer fallback: distributor"),
        ((("routing", "fallback"), ["nurture"]), "new fallback: nurture first; no longer fallback: distributor"),
        (
            (("routing", "tiers"), ["gold", "platinum", "silver", "registered"]),
            "order of tiers: platinum, gold, silver, registered -> gold, platinum, silver, registered",
        ),
        ((("routing", "default_partner"), "P-0001"), "default partner not set -> P-0001"),
        ((("routing", "tie_band"), 0.0), "tie band 0.05 -> 0"),
        ((("routing", "express", "max_leads"), 60), "express: max leads 50 -> 60"),
        (
            (("routing", "express"), None),
            "express: grades A, interests demo_request, quote_request, max leads 50 -> not set",
        ),
        (
            (("routing", "product_lines", "storage"), ["Array"]),
            "product lines: storage not set -> Array",
        ),
        ((("scoring", "qualified_at"), 55), "qualified at 60 -> 55"),
        ((("sla", "clocks", "release_to_acceptance"), {"hours": 24.0}), None),
        ((("attribution", "lookback_days"), 30), None),
    ],
)
def test_a_change_in_words(change, sentence):
    said = words(change)
    assert said
    if sentence is not None:
        assert said == [sentence]


def test_rules_of_the_score_are_known_by_name():
    fit = BODIES["scoring"]["fit"]
    changed = [*fit[1:], {**fit[0], "points": fit[0]["points"] + 1}, {**fit[0], "name": "brand_new"}]
    said = words((("scoring", "fit"), changed))
    name = fit[0]["name"]
    assert f"fit: {name.replace('_', ' ')}: points {fit[0]['points']} -> {fit[0]['points'] + 1}" in said
    assert any(sentence.startswith("new fit rule brand_new: ") for sentence in said)
    assert any(sentence.startswith("order of fit rules: ") for sentence in said)
    assert len(said) == 3
    (gone,) = words((("scoring", "fit"), fit[1:]))
    assert gone.startswith(f"fit rule {name} is gone (")


def test_comments_order_of_keys_and_spelled_out_defaults_are_no_differences(tmp_path):
    for name, body in BODIES.items():
        lines = [f"# no comment matters\n{key}: {json.dumps(body[key])}" for key in reversed(body)]
        (tmp_path / f"{name}.yaml").write_text("\n".join(lines))
    other = load(tmp_path)
    assert diff_rulebooks(BASE, other) == []
    assert rulebook_hash(other) == rulebook_hash(BASE)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> dict[tuple[Any, ...], Any]:
    """Every value of a body by its path; a list is a leaf."""
    if isinstance(value, dict) and value:
        return {place: leaf for key, part in value.items() for place, leaf in leaves(part, (*path, key)).items()}
    return {path: value}


NUMBERS = [
    path for path, value in leaves(BODIES).items() if isinstance(value, int | float) and not isinstance(value, bool)
]
LISTS = [path for path, value in leaves(BODIES).items() if isinstance(value, list) and value]
OPTIONAL = [
    ("routing", "criteria", name) for name in BODIES["routing"]["criteria"] if name not in ("territory", "capacity")
]


@st.composite
def changes(draw: Any) -> list[tuple[tuple[Any, ...], Any]]:
    """Random changes of the model: numbers, entries of lists taken out or moved, criteria silenced."""
    found = []
    for path in draw(st.lists(st.sampled_from(NUMBERS + LISTS + OPTIONAL), min_size=1, max_size=5, unique=True)):
        value: Any = BODIES
        for key in path:
            value = value[key]
        if path in NUMBERS:
            found.append((path, value + draw(st.sampled_from([1, 2, 3])) * (0.001 if isinstance(value, float) else 1)))
        elif path in LISTS:
            shorter = list(value)
            if draw(st.booleans()) and len(value) > 1:
                shorter.pop(draw(st.integers(0, len(value) - 1)))
            found.append((path, draw(st.permutations(shorter))))
        else:
            found.append((path, None))
    return sorted(found, key=lambda change: len(change[0]), reverse=True)


@given(changes())
def test_every_value_that_differs_is_covered_by_a_difference_and_nothing_else_is_named(made):
    try:
        other = with_changes(*made)
    except (ValueError, TypeError):
        return  # the change makes no valid rulebook
    other_bodies = {name: rules.model_dump(mode="json") for name, rules in other.items()}
    before, after = leaves(BODIES), leaves(other_bodies)
    unlike = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    found = diff_rulebooks(BASE, other)
    named = {(one.file, *one.path.split(".")) for one in found}
    assert (not found) == (rulebook_hash(other) == rulebook_hash(BASE))
    for path in unlike:
        assert any(path[: len(place)] == place or place[: len(path)] == path for place in named), path
    for place in named:
        assert any(path[: len(place)] == place or place[: len(path)] == path for path in unlike), place
    for one in found:
        assert one.words
        old, arrow, new = one.words.partition(" -> ")
        assert not arrow or old.split(": ")[-1] != new, "the words must not say the same twice"
    backwards = diff_rulebooks(other, BASE)
    assert {(one.file, one.path) for one in backwards} == {(one.file, one.path) for one in found}
