"""Shares that grow with time: step curves with bands, named at their right end."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from routing_jobs.publish.report.charts.scale import Scale, spread
from routing_jobs.publish.report.charts.svg import Drawing, Point

TOP, BOTTOM, LEFT, HEIGHT = 14, 40, 42, 280


@dataclass(frozen=True)
class Curve:
    """Steps (time, share) from (0, 0) on; `band` are their (lower, upper), as many as steps, or none."""

    name: str
    css_class: str
    steps: Sequence[tuple[float, float]]
    band: Sequence[tuple[float, float]] = ()


@dataclass(frozen=True)
class TimeAxis:
    """How far the drawing looks, and the times it marks with words."""

    furthest: float
    marks: Sequence[tuple[float, str]]


def step_curves(width: int, description: str, curves: Sequence[Curve], axis: TimeAxis) -> Markup:
    """Curves over a common time axis; the share axis is 0-100%."""
    right = 104
    drawing = Drawing(width, HEIGHT, description)
    along = Scale(0, axis.furthest, LEFT, width - right)
    level = Scale(0, 1, HEIGHT - BOTTOM, TOP)
    for mark in (0.0, 0.25, 0.5, 0.75, 1.0):
        drawing.line((LEFT, level(mark)), (width - right, level(mark)), "grid" if mark else "ground")
        drawing.text((LEFT - 8, level(mark) + 4), f"{mark * 100:.0f}%", "tick", "end")
    for moment, words in axis.marks:
        drawing.line((along(moment), level(0)), (along(moment), level(0) + 5), "ground")
        drawing.text((along(moment), HEIGHT - BOTTOM + 19), words, "tick", "middle")
    for curve in curves:
        _band(drawing, curve, axis.furthest, along, level)
    ends = []
    for curve in curves:
        points = _stairs(curve.steps, axis.furthest, along, level)
        drawing.path(points, f"stroke {curve.css_class}")
        ends.append(points[-1][1])
    for curve, place in zip(curves, spread(ends, 32), strict=True):
        drawing.text((width - right + 8, place + 1), curve.name, f"label words-{curve.css_class}")
        drawing.text((width - right + 8, place + 16), _reached(curve, axis.furthest), "tick")
    return drawing.render()


def _reached(curve: Curve, furthest: float) -> str:
    shares = [share for moment, share in curve.steps if moment <= furthest]
    return f"{(shares[-1] if shares else 0.0) * 100:.0f}%"


def _stairs(steps: Sequence[tuple[float, float]], furthest: float, along: Scale, level: Scale) -> list[Point]:
    points = [(along(0), level(0))]
    for moment, share in steps:
        if moment > furthest:
            break
        points += [(along(moment), points[-1][1]), (along(moment), level(share))]
    return [*points, (along(furthest), points[-1][1])]


def _band(drawing: Drawing, curve: Curve, furthest: float, along: Scale, level: Scale) -> None:
    if not curve.band:
        return
    moments = [moment for moment, _ in curve.steps]
    lower = _stairs(list(zip(moments, (ends[0] for ends in curve.band), strict=True)), furthest, along, level)
    upper = _stairs(list(zip(moments, (ends[1] for ends in curve.band), strict=True)), furthest, along, level)
    drawing.path([*upper, *reversed(lower)], f"band {curve.css_class}", is_closed=True)
