"""What partners did, honestly: rates shrunk by what is known, waiting times that count the unanswered."""

from routing_jobs.performance.percentiles import incidence_percentiles, survival_percentiles
from routing_jobs.performance.rates import shrink_rates
from routing_jobs.performance.survival import cumulative_incidence, kaplan_meier

__all__ = [
    "cumulative_incidence",
    "incidence_percentiles",
    "kaplan_meier",
    "shrink_rates",
    "survival_percentiles",
]
