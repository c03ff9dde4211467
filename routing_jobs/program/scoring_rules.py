"""rulebook/scoring.yaml: how a lead earns its score. How the rules act lives in `routing_jobs.scoring`."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from routing_jobs.program.entities import ENTITIES
from routing_jobs.program.model import (
    Distinct,
    Entries,
    Model,
    Name,
    Points,
    PositiveNumber,
    Scalar,
    Text,
    expected,
    one_of,
)
from routing_jobs.program.vocabulary import SCORING_DERIVED

SCORING_COLUMNS = (*ENTITIES["leads"].columns, *SCORING_DERIVED)


class Condition(Model):
    """One test of one column; exactly one of is, in, at_least/below."""

    column: Annotated[str, one_of(SCORING_COLUMNS)]
    is_: Scalar | None = Field(default=None, alias="is")  # "present", "missing" or a value, compared in lower case
    in_: Distinct[Scalar] | None = Field(default=None, alias="in", min_length=1)
    at_least: float | None = None
    below: float | None = None

    @model_validator(mode="after")
    def _check_one_test(self) -> "Condition":
        tests = (self.is_ is not None, self.in_ is not None, (self.at_least, self.below) != (None, None))
        if sum(tests) != 1:
            raise expected("exactly one test: is, in, or at_least and/or below")
        if self.at_least is not None and self.below is not None and self.below <= self.at_least:
            raise expected("below greater than at_least")
        return self


class ScoreRule(Model):
    """Points once `when` holds, or for each of a count up to `at_most`, halving while the lead is idle."""

    name: Name
    when: Condition | None = None
    per: Literal["touch_count"] | None = None
    points: Points
    at_most: Points | None = None
    idle_half_life_days: PositiveNumber | None = None

    @model_validator(mode="after")
    def _check_kind(self) -> "ScoreRule":
        if (self.when is None) == (self.per is None):
            raise expected("either when or per")
        if self.per is None and (self.at_most is not None or self.idle_half_life_days is not None):
            raise expected("at_most and idle_half_life_days only beside per")
        return self


class DisqualifyRule(Model):
    """A reason that ends a lead whatever its score."""

    reason: Name
    when: Condition


class ScoringRules(Model):
    """rulebook/scoring.yaml."""

    version: Text
    qualified_at: Annotated[int, Field(ge=0, le=100)]
    grades: dict[Text, Annotated[int, Field(ge=0, le=100)]] = Field(min_length=1)  # grade -> lowest score, best first
    fit: Entries[ScoreRule] = ()
    engagement: Entries[ScoreRule] = ()
    disqualify: Entries[DisqualifyRule] = ()

    @field_validator("grades")
    @classmethod
    def _check_grades(cls, grades: dict[str, int]) -> dict[str, int]:
        if len(set(grades.values())) != len(grades):
            raise expected("a different lowest score for each grade")
        if 0 not in grades.values():
            raise expected("one grade that begins at 0, so that every score has a grade")
        return dict(sorted(grades.items(), key=lambda grade: -grade[1]))

    @field_validator("engagement")
    @classmethod
    def _check_names(cls, engagement: tuple[ScoreRule, ...], info: ValidationInfo) -> tuple[ScoreRule, ...]:
        names = [rule.name for rule in (*info.data.get("fit", ()), *engagement)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise expected(f"each rule name once over fit and engagement; {', '.join(twice)} stands twice")
        return engagement
