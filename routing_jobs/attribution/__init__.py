"""Which touches earned a conversion: ten models over journeys, credit and revenue that sum exactly. Pure."""

from routing_jobs.attribution.attribute import MODELS, attribute, credit_touches
from routing_jobs.attribution.journeys import Journeys, read_journeys
from routing_jobs.attribution.rounding import credit_micros, split_minor

__all__ = [
    "MODELS",
    "Journeys",
    "attribute",
    "credit_micros",
    "credit_touches",
    "read_journeys",
    "split_minor",
]
