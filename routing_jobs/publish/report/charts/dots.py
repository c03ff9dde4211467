"""Estimates as dots with their intervals: over time, and as a small mark in a table cell."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from routing_jobs.publish.report.charts.scale import Scale, ticks
from routing_jobs.publish.report.charts.svg import Drawing

TOP, BOTTOM, LEFT, RIGHT, HEIGHT = 18, 38, 40, 40, 230
LABEL_WIDTH = 27  # of a month's name and the gap to the next
CELL_WIDTH, CELL_HEIGHT = 104, 16


@dataclass(frozen=True)
class Estimate:
    """A share with its lower and upper end, and what it is of; None where there is nothing."""

    label: str
    year: str
    share: tuple[float, float, float] | None


def estimates_over_time(width: int, description: str, estimates: Sequence[Estimate]) -> Markup:
    """Dots joined by a line, upright intervals, a percent axis from 0; the last dot carries its number.

    Where not every label has room, every other one keeps its place, that of a new year among them.
    """
    drawing = Drawing(width, HEIGHT, description)
    marks = ticks(max((item.share[2] for item in estimates if item.share), default=0.0) * 100)
    marks = [mark for mark in marks if mark <= 100]
    level = Scale(0, marks[-1], HEIGHT - BOTTOM, TOP)
    for mark in marks:
        drawing.line((LEFT, level(mark)), (width, level(mark)), "ground" if mark == 0 else "grid")
        drawing.text((LEFT - 8, level(mark) + 4), f"{mark:g}%", "tick", "end")
    pitch = (width - LEFT - RIGHT) / max(len(estimates), 1)
    middles = [LEFT + pitch * (place + 0.5) for place in range(len(estimates))]
    _label_times(drawing, estimates, middles, every=1 if pitch >= LABEL_WIDTH else 2)
    known = []
    for middle, item in zip(middles, estimates, strict=True):
        if item.share is not None:
            value, lower, upper = item.share
            drawing.line((middle, level(lower * 100)), (middle, level(upper * 100)), "whisker")
            known.append((middle, level(value * 100)))
    drawing.path(known, "stroke one thin")
    for point in known:
        drawing.circle(point, 3.5, "one")
    _label_last(drawing, known, estimates)
    return drawing.render()


def _label_times(drawing: Drawing, estimates: Sequence[Estimate], middles: Sequence[float], every: int) -> None:
    ground = drawing.height - BOTTOM
    new_year = next((place for place, item in enumerate(estimates) if place and item.year), len(estimates) - 1)
    year = ""
    for place, (middle, item) in enumerate(zip(middles, estimates, strict=True)):
        year = item.year or year
        if (place - new_year) % every == 0:
            drawing.text((middle, ground + 15), item.label, "tick", "middle")
            if year:
                drawing.text((middle, ground + 30), year, "tick", "middle")
            year = ""


def _label_last(drawing: Drawing, known: Sequence[tuple[float, float]], estimates: Sequence[Estimate]) -> None:
    if known:
        last = [item.share[0] for item in estimates if item.share][-1]
        x, y = known[-1]
        drawing.text((x + 9, y + 4), f"{last * 100:.1f}%", "value halo")


def interval_mark(share: tuple[float, float, float] | None, reference: float | None) -> Markup:
    """A share on a 0-100% track with its interval and a tick at `reference`; an empty track where it is unknown."""
    words = "no estimate" if share is None else "{:.0f}%, between {:.0f}% and {:.0f}%".format(*(100 * x for x in share))
    drawing = Drawing(CELL_WIDTH, CELL_HEIGHT, words, "mark")
    along = Scale(0, 1, 4, CELL_WIDTH - 4)
    middle = CELL_HEIGHT / 2
    drawing.line((along(0), middle), (along(1), middle), "grid")
    if reference is not None:
        drawing.line((along(reference), 1), (along(reference), CELL_HEIGHT - 1), "reference")
    if share is not None:
        value, lower, upper = share
        drawing.line((along(lower), middle), (along(upper), middle), "whisker")
        drawing.circle((along(value), middle), 3.5, "one")
    return drawing.render()
