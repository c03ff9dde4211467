"""rulebook/attribution.yaml: who earns the credit. How lives in `routing_jobs.attribution`."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from routing_jobs.program.model import Distinct, Model, PositiveCount, PositiveNumber, Text, expected, one_of
from routing_jobs.program.vocabulary import ATTRIBUTION_MILESTONES, ATTRIBUTION_MODELS

Weight = Annotated[float, Field(ge=0, le=1_000_000)]


class AttributionRules(Model):
    """rulebook/attribution.yaml."""

    version: Text
    models: Distinct[Annotated[str, one_of(ATTRIBUTION_MODELS)]] = Field(default=ATTRIBUTION_MODELS, min_length=1)
    lookback_days: PositiveCount = 90
    journey: Literal["account", "identity"] = "account"
    half_life_hours: PositiveNumber = 168  # of time_decay
    markov_order: Annotated[int, Field(ge=1, le=3)] = 1  # touches a step remembers; more and the states outgrow data
    # By model and milestone, in place of the model's own shares; they count in proportion.
    weights: dict[Annotated[str, one_of(tuple(ATTRIBUTION_MILESTONES))], dict[str, Weight]] = Field(
        default_factory=dict
    )

    @field_validator("weights")
    @classmethod
    def _check_milestones(cls, weights: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
        for model, shares in weights.items():
            milestones = ATTRIBUTION_MILESTONES[model]
            if set(shares) != set(milestones):
                raise expected(f"a weight for each of {', '.join(milestones)} under {model}, and for nothing else")
            if not any(shares.values()):
                raise expected(f"a weight above 0 under {model}")
        return weights
