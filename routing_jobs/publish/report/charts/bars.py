"""Lying bars with their words beside them, and a small bar for a table cell."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from routing_jobs.publish.report.charts.scale import Scale
from routing_jobs.publish.report.charts.svg import Drawing

PITCH, THICK = 34, 20
CELL_WIDTH, CELL_HEIGHT = 60, 12


@dataclass(frozen=True)
class Bar:
    """A bar: its name, its length, what is written after it, and more in a fainter hand."""

    label: str
    length: float
    value: str
    note: str = ""
    css_class: str = "one"


def lying_bars(width: int, description: str, bars: Sequence[Bar]) -> Markup:
    """One bar below the other from a common left edge; wide drawings write beside the bars, narrow ones above."""
    is_wide = width > 500
    pitch = PITCH if is_wide else PITCH + 16
    drawing = Drawing(width, pitch * len(bars) + 2, description)
    left = 160 if is_wide else 0
    room = 185 if is_wide else 70
    along = Scale(0, max((bar.length for bar in bars), default=0.0) or 1.0, 0, width - left - room)
    for place, bar in enumerate(bars):
        top = pitch * place + (5 if is_wide else 20)
        if is_wide:
            drawing.text((left - 12, top + 15), bar.label, "label", "end")
        else:
            drawing.text((0, top - 6), bar.label, "label")
        length = max(along(bar.length), 1.0) if bar.length else 0.0
        drawing.rectangle(left, top, length, THICK, bar.css_class)
        drawing.text((left + length + 8, top + 15), bar.value, "value")
        if bar.note:
            drawing.text((width, top + (15 if is_wide else -6)), bar.note, "tick", "end")
    return drawing.render()


def bar_mark(length: float, longest: float, css_class: str = "one") -> Markup:
    """A bar in a table cell, against the longest of its column."""
    words = f"{length / longest * 100:.0f}% of the longest" if longest else "nothing"
    drawing = Drawing(CELL_WIDTH, CELL_HEIGHT, words, "mark")
    drawing.rectangle(0, 1, CELL_WIDTH * length / longest if longest else 0, CELL_HEIGHT - 2, css_class)
    return drawing.render()
