"""Lead score by rulebook/scoring.yaml: fit plus engagement, 0-100, with the parts. Pure.

Which leads qualify, and what else ends a lead, lives in dbt's `prepare` models.
"""

from routing_jobs.scoring.score import needed_columns, score

__all__ = ["needed_columns", "score"]
