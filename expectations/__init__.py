"""The four gates: one Great Expectations suite each, and the runner that turns results into a stored verdict.

Gates judge what crosses a boundary; rules inside SQL are dbt tests, rules of decisions are in their rooms.
"""

from expectations.gate import GATES, Verdict, run_gate

__all__ = ["GATES", "Verdict", "run_gate"]
