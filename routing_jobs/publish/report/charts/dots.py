"""Estimates as dots with their intervals: over time, and as a small mark in a table cell."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from routing_jobs.publish.report.charts.scale import Scale, ticks
from routing_jobs.publish.report.charts.svg import Drawing

TOP, BOTTOM, LEFT, RIGHT, HEIGHT = 18, 38, 40, 34, 230
CELL_WIDTH, CELL_HEIGHT = 120, 16


@dataclass(frozen=True)
class Estimate:
    """A share with its interval, and what it is of; all None where there is nothing."""

    label: str
    year: str
    value: float | None
    lower: float | None
    upper: float | None


def estimates_over_time(width: int, description: str, estimates: Sequence[Estimate]) -> Markup:
    """Dots joined by a line, upright intervals, a percent axis from 0; the last dot carries its number."""
    drawing = Drawing(width, HEIGHT, description)
    marks = ticks(max((item.upper or 0.0 for item in estimates), default=0.0) * 100)
    marks = [mark for mark in marks if mark <= 100]
    level = Scale(0, marks[-1], HEIGHT - BOTTOM, TOP)
    for mark in marks:
        drawing.line((LEFT, level(mark)), (width, level(mark)), "ground" if mark == 0 else "grid")
        drawing.text((LEFT - 8, level(mark) + 4), f"{mark:g}%", "tick", "end")
    pitch = (width - LEFT - RIGHT) / max(len(estimates), 1)
    known = []
    for place, item in enumerate(estimates):
        middle = LEFT + pitch * (place + 0.5)
        drawing.text((middle, HEIGHT - BOTTOM + 15), item.label, "tick", "middle")
        if item.year:
            drawing.text((middle, HEIGHT - BOTTOM + 30), item.year, "tick faint", "middle")
        if item.value is not None:
            drawing.line((middle, level(item.lower * 100)), (middle, level(item.upper * 100)), "whisker")
            known.append((middle, level(item.value * 100)))
    drawing.path(known, "stroke one thin")
    for point in known:
        drawing.circle(point, 3.5, "one")
    _label_last(drawing, known, estimates)
    return drawing.render()


def _label_last(drawing: Drawing, known: Sequence[tuple[float, float]], estimates: Sequence[Estimate]) -> None:
    if known:
        last = [item for item in estimates if item.value is not None][-1]
        x, y = known[-1]
        drawing.text((x + 9, y + 4), f"{last.value * 100:.1f}%", "value halo")


def interval_mark(value: float | None, lower: float | None, upper: float | None, reference: float | None) -> Markup:
    """A share on a 0-100% track with its interval and a tick at `reference`; an empty track where it is unknown."""
    words = "no estimate" if value is None else f"{value * 100:.0f}%, between {lower * 100:.0f}% and {upper * 100:.0f}%"
    drawing = Drawing(CELL_WIDTH, CELL_HEIGHT, words, "mark")
    along = Scale(0, 1, 4, CELL_WIDTH - 4)
    middle = CELL_HEIGHT / 2
    drawing.line((along(0), middle), (along(1), middle), "grid")
    if reference is not None:
        drawing.line((along(reference), 1), (along(reference), CELL_HEIGHT - 1), "reference")
    if value is not None:
        drawing.line((along(lower), middle), (along(upper), middle), "whisker")
        drawing.circle((along(value), middle), 3.5, "one")
    return drawing.render()
