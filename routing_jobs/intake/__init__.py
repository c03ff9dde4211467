"""Intake: lands every feed's files into raw.*, each physical record with exactly one fate.

Reads, counts, maps, types, normalises and versions records. Judges no feed (the gate *arrivals* does) and
joins nothing across feeds (dbt prepare does).
"""

from routing_jobs.intake.landing import ArrivalBook, land, rebuild, retry
from routing_jobs.intake.report import FileReport, IntakeReport

__all__ = ["ArrivalBook", "FileReport", "IntakeReport", "land", "rebuild", "retry"]
