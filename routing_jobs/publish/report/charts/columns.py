"""Columns over time, stacked by kind, each labelled with its total."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from routing_jobs.publish.report.charts.scale import Scale
from routing_jobs.publish.report.charts.svg import Drawing

TOP, BOTTOM, HEIGHT = 22, 38, 230
LETTER = 7.4  # as wide as a digit of a label is at most
GAP = 1.0  # of paper between the parts of a column, so that they part without colour too


@dataclass(frozen=True)
class Stack:
    """One column: what stands below it (and, where it starts a year, below that), and its parts from the ground up."""

    label: str
    year: str
    parts: Sequence[float]
    is_unfinished: bool = False


def stacked_columns(
    width: int, description: str, stacks: Sequence[Stack], classes: Sequence[str], write: Callable[[float], str]
) -> Markup:
    """Columns side by side; `classes` colour the parts, `write` words a total.

    An unfinished period is drawn paler. Where not every total has room, the highest and the last keep theirs.
    """
    drawing = Drawing(width, HEIGHT, description)
    highest = max((sum(stack.parts) for stack in stacks), default=0.0) or 1.0
    ground = HEIGHT - BOTTOM
    height = Scale(0, highest, 0, ground - TOP)
    pitch = width / max(len(stacks), 1)
    thick = min(pitch * 0.72, 64)
    labels = [write(sum(stack.parts)) for stack in stacks]
    totals = [sum(stack.parts) for stack in stacks]
    fits = pitch >= LETTER * max((len(label) for label in labels), default=0)
    for place, (stack, label) in enumerate(zip(stacks, labels, strict=True)):
        middle = pitch * (place + 0.5)
        _column(drawing, middle - thick / 2, thick, ground, stack, classes, height)
        if fits or place in (totals.index(max(totals)), len(stacks) - 1):
            drawing.text((middle, ground - height(totals[place]) - 6), label, "value", "middle")
        drawing.text((middle, ground + 15), stack.label, "tick", "middle")
        if stack.year:
            drawing.text((middle, ground + 30), stack.year, "tick", "middle")
    drawing.line((0, ground), (width, ground), "ground")
    return drawing.render()


def _column(
    drawing: Drawing, left: float, thick: float, ground: float, stack: Stack, classes: Sequence[str], height: Scale
) -> None:
    below = 0.0
    pale = " pale" if stack.is_unfinished else ""
    for part, css_class in zip(stack.parts, classes, strict=True):
        bottom, top = ground - height(below), ground - height(below + part)
        gap = GAP if below and bottom - top > 2 * GAP else 0
        drawing.rectangle(left, top, thick, bottom - top - gap, css_class + pale)
        below += part
