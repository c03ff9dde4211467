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
    def value(self) -> float | None:
        """Successes / trials."""
        return self.successes / self.trials if self.trials else None

    @property
    def lower(self) -> float | None:
        """Lower end; exactly 0 without a success."""
        return (0.0 if self.successes == 0 else self._end(-1)) if self.trials else None

    @property
    def upper(self) -> float | None:
        """Upper end; exactly 1 without a failure."""
        return (1.0 if self.successes == self.trials else self._end(+1)) if self.trials else None

    def _end(self, sign: int) -> float:
        spread = Z * sqrt(self.successes * (self.trials - self.successes) / self.trials + Z * Z / 4)
        return (self.successes + Z * Z / 2 + sign * spread) / (self.trials + Z * Z)


def difference(now: Rate, before: Rate) -> tuple[float, float, float] | None:
    """Now - before with its interval (Newcombe 1998, method 10, from the two Wilson intervals); None without trials."""
    if not now.trials or not before.trials:
        return None
    gap = now.value - before.value
    return (
        gap,
        gap - sqrt((now.value - now.lower) ** 2 + (before.upper - before.value) ** 2),
        gap + sqrt((now.upper - now.value) ** 2 + (before.value - before.lower) ** 2),
    )
