"""The ledger: arrivals, decisions and effects as a hash-chained journal, and the state they add up to."""

from routing_jobs.ledger.ledger import PROGRAM_ACTOR, Head, LandedFile, Ledger

__all__ = ["PROGRAM_ACTOR", "Head", "LandedFile", "Ledger"]
