"""Errors a person is meant to read, each with the command line's exit code for it (SPEC section 12)."""


class LeadrouteError(Exception):
    """Something a person can act on; shown without a traceback."""

    exit_code = 1


class ConfigurationError(LeadrouteError):
    """Usage or configuration is wrong. `problems` holds every finding, not only the first."""

    exit_code = 2

    def __init__(self, *problems: str):
        self.problems = list(problems)
        super().__init__("\n".join(problems))


class GateRefusedError(LeadrouteError):
    """A gate failed, or its verdict is missing."""

    exit_code = 3


class BusyError(LeadrouteError):
    """Another writer holds the workspace; the message names it."""

    exit_code = 4
