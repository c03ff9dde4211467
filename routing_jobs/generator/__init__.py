"""Writes realistic, messy, seeded synthetic programs of any size, with the truth about every record.

The test bed of the whole project. Nothing here reads landed files or knows how intake works: the truth is what the
contract promises.
"""

from routing_jobs.generator.program import generate

__all__ = ["generate"]
