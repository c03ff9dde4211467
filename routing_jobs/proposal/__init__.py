"""Runs the routing room on the warehouse: reads what prepare made, writes schema `routing`. One proposal a run."""

from routing_jobs.proposal.propose import Proposal, propose

__all__ = ["Proposal", "propose"]
