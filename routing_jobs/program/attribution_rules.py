"""rulebook/attribution.yaml: who earns the credit. How lives in `routing_jobs.attribution`."""

from typing import Annotated, Literal

from pydantic import Field

from routing_jobs.program.model import Distinct, Model, PositiveCount, Text, one_of
from routing_jobs.program.vocabulary import ATTRIBUTION_MODELS, ATTRIBUTION_MODELS_LATER


class AttributionRules(Model):
    """rulebook/attribution.yaml."""

    version: Text
    models: Distinct[Annotated[str, one_of(ATTRIBUTION_MODELS, later=ATTRIBUTION_MODELS_LATER)]] = Field(
        default=ATTRIBUTION_MODELS, min_length=1
    )
    lookback_days: PositiveCount = 90
    journey: Literal["account", "identity"] = "account"
