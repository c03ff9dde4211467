"""Intervals (95%) of the shares and medians the report takes over several cells of a mart.

The marts give an interval with each rate; a rate over several rows of a mart needs its own, by the same formulas.
"""

from dataclasses import dataclass
from math import sqrt

Z = 1.959963984540054  # the normal quantile of 0.975


@dataclass(frozen=True)
class Rate:
    """A share of successes with its Wilson score interval (Wilson 1927); all None where there were no trials."""

    successes: int
    trials: int

    @property
    def estimate(self) -> tuple[float, float, float] | None:
        """Successes / trials, its lower end, exactly 0 without a success, its upper end, exactly 1 without a failure."""
        if not self.trials:
            return None
        lower = 0.0 if self.successes == 0 else self._end(-1)
        upper = 1.0 if self.successes == self.trials else self._end(+1)
        return self.successes / self.trials, lower, upper

    @property
    def value(self) -> float | None:
        """Successes / trials."""
        return self.estimate[0] if self.estimate else None

    @property
    def lower(self) -> float | None:
        """Lower end of the interval."""
        return self.estimate[1] if self.estimate else None

    @property
    def upper(self) -> float | None:
        """Upper end of the interval."""
        return self.estimate[2] if self.estimate else None

    def _end(self, sign: int) -> float:
        spread = Z * sqrt(self.successes * (self.trials - self.successes) / self.trials + Z * Z / 4)
        return (self.successes + Z * Z / 2 + sign * spread) / (self.trials + Z * Z)


def difference(now: Rate, before: Rate) -> tuple[float, float, float] | None:
    """Now - before with its interval (Newcombe 1998, method 10, from the two Wilson intervals); None without trials."""
    if now.estimate is None or before.estimate is None:
        return None
    (value, lower, upper), (value_before, lower_before, upper_before) = now.estimate, before.estimate
    gap = value - value_before
    return (
        gap,
        gap - sqrt((value - lower) ** 2 + (upper_before - value_before) ** 2),
        gap + sqrt((upper - value) ** 2 + (value_before - lower_before) ** 2),
    )
