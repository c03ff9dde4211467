"""Where a value stands in a drawing, and which values are worth marking."""

from collections.abc import Sequence
from itertools import pairwise
from math import floor, log10


class Scale:
    """From values in [low, high] to places in [start, end], linear, clipped."""

    def __init__(self, low: float, high: float, start: float, end: float) -> None:
        """`low` < `high`; start may lie after end, as heights do."""
        self._low = low
        self._range = (high - low) or 1.0
        self._start = start
        self._length = end - start

    def __call__(self, value: float) -> float:
        """The place of `value`."""
        part = min(1.0, max(0.0, (value - self._low) / self._range))
        return self._start + part * self._length


def ticks(highest: float, about: int = 4) -> list[float]:
    """Round values from 0 to the first at or above `highest`, about `about` steps of 1, 2, 2.5 or 5 times a ten."""
    if highest <= 0:
        return [0.0, 1.0]
    ten = 10.0 ** floor(log10(highest / about))
    step = next(size * ten for size in (1, 2, 2.5, 5, 10) if size * ten * about >= highest * 0.999)
    number = -int(-highest * 0.999 // step)
    return [step * place for place in range(number + 1)]


def spread(places: Sequence[float], gap: float) -> list[float]:
    """Places moved apart, as little as a pass in order allows, so that labels `gap` high do not cover each other."""
    order = sorted(range(len(places)), key=lambda index: (places[index], index))
    moved = list(places)
    for before, after in pairwise(order):
        moved[after] = max(moved[after], moved[before] + gap)
    return moved
