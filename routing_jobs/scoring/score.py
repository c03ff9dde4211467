"""Points of every rule for every lead, added up. A lead's score depends on that lead and as_of alone."""

import json
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
import pandas as pd

from routing_jobs.program.rulebook import ScoreRule, ScoringRules
from routing_jobs.scoring.conditions import holds

Points = npt.NDArray[np.int64]
LOWEST, HIGHEST = 0, 100
LAST_TOUCHED = "last_touched_at"


def needed_columns(rules: ScoringRules) -> list[str]:
    """Columns `score` reads under these rules, sorted."""
    score_rules = (*rules.fit, *rules.engagement)
    conditions = (*(rule.when for rule in score_rules), *(rule.when for rule in rules.disqualify))
    tested = {condition.column for condition in conditions if condition is not None}
    counted = {rule.per for rule in score_rules if rule.per is not None}
    idle = {LAST_TOUCHED for rule in score_rules if rule.idle_half_life_days is not None}
    return sorted(tested | counted | idle)


def score(frame: pd.DataFrame, rules: ScoringRules, as_of: datetime) -> pd.DataFrame:
    """Fit, engagement, score, grade and what they are made of.

    A rule with `when` gives its points once; a rule with `per` gives points for each of the count, up to `at_most`,
    halved for every `idle_half_life_days` since the last touch, in whole local days, rounded to the nearest point
    (halves up).

    Args:
        frame: One row per lead with `needed_columns(rules)`; last_touched_at is naive UTC.
        rules: rulebook/scoring.yaml.
        as_of: The instant to score at, aware, in the program's time zone: its days are the days counted.

    Returns:
        Frame aligned with `frame`: fit_points, engagement_points, score (int, 0 to 100), grade, disqualify_reason
        (null if none; the first rule that holds), parts (JSON text: rule -> points, only rules that gave any).

    Raises:
        ValueError: A column is missing or holds what its rule cannot test, or as_of has no time zone.
    """
    if as_of.tzinfo is None:
        raise ValueError(f"as_of {as_of}: expected an instant with a time zone")
    points = {rule.name: _points(frame, rule, as_of) for rule in (*rules.fit, *rules.engagement)}
    fit = _total(points, rules.fit, len(frame))
    engagement = _total(points, rules.engagement, len(frame))
    total = np.clip(fit + engagement, LOWEST, HIGHEST)
    return pd.DataFrame(
        {
            "fit_points": fit,
            "engagement_points": engagement,
            "score": total,
            "grade": _grades(total, rules.grades),
            "disqualify_reason": _disqualify_reasons(frame, rules),
            "parts": _parts(points, len(frame)),
        },
        index=frame.index,
    ).astype({"grade": "str", "parts": "str"})


def _points(frame: pd.DataFrame, rule: ScoreRule, as_of: datetime) -> Points:
    if rule.when is not None:
        return np.where(holds(frame, rule.when), rule.points, 0).astype(np.int64)
    counted = frame[rule.per].fillna(0).to_numpy(dtype=np.int64) * rule.points
    if rule.at_most is not None:
        counted = np.minimum(counted, rule.at_most)
    if rule.idle_half_life_days is None:
        return counted
    halvings = idle_days(frame[LAST_TOUCHED], as_of) / rule.idle_half_life_days
    return np.floor(counted * 0.5**halvings + 0.5).astype(np.int64)


def idle_days(last_touched_at: pd.Series, as_of: datetime) -> npt.NDArray[np.float64]:
    """Whole local days from the last touch to as_of, 0 where there was none, or it is later."""
    local = last_touched_at.dt.tz_localize(UTC).dt.tz_convert(as_of.tzinfo).dt.tz_localize(None).dt.normalize()
    today = pd.Timestamp(as_of).tz_localize(None).normalize()
    days: npt.NDArray[np.float64] = (today - local).dt.days.fillna(0).clip(lower=0).to_numpy(dtype=np.float64)
    return days


def _total(points: dict[str, Points], rules: tuple[ScoreRule, ...], n: int) -> Points:
    return sum((points[rule.name] for rule in rules), start=np.zeros(n, dtype=np.int64))


def _grades(total: Points, grades: dict[str, int]) -> npt.NDArray[np.object_]:
    names, lowest = zip(*sorted(grades.items(), key=lambda grade: grade[1]), strict=True)
    return np.array(names, dtype=object)[np.searchsorted(lowest, total, side="right") - 1]


def _disqualify_reasons(frame: pd.DataFrame, rules: ScoringRules) -> pd.Series:
    reasons = pd.Series(None, index=frame.index, dtype="str")
    for rule in reversed(rules.disqualify):
        reasons[holds(frame, rule.when)] = rule.reason
    return reasons


def _parts(points: dict[str, Points], n: int) -> npt.NDArray[np.object_]:
    """One JSON text per lead, made once for each distinct combination of points."""
    if not points:
        return np.full(n, "{}", dtype=object)
    which = np.zeros(n, dtype=np.int64)
    for values in points.values():  # one column after the other: sorting whole rows takes ten times as long
        codes, distinct = pd.factorize(values)
        which = pd.factorize(which * len(distinct) + codes)[0]
    example = np.unique(which, return_index=True)[1]
    names = list(points)
    rows = zip(*(values[example] for values in points.values()), strict=True)
    texts = [json.dumps({name: int(value) for name, value in zip(names, row, strict=True) if value}) for row in rows]
    return np.array(texts, dtype=object)[which]
