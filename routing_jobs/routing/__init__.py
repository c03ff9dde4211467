"""How leads find their partner: eligibility, candidate scores, assignment, precedence, explanation. Pure.

Nothing here reads a file, a clock or a database; the proposal room runs it.
"""

from routing_jobs.routing.assignment import Solution, solve

__all__ = ["Solution", "solve"]
