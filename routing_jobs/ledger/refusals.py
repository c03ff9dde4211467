"""Why a decision is not taken: errors a person can act on, with the exit codes of SPEC section 12."""

from routing_jobs.program.errors import BusyError, LeadrouteError


class DecisionRefusedError(LeadrouteError):
    """The decision is not open to this person, or not in this state."""

    exit_code = 2


class ConflictError(BusyError):
    """Somebody else decided first; the message says who and what to look at."""
