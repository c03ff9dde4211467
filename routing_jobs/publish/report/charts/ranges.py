"""What several ways of counting say of the same thing: one row a thing, one dot a way, a line over their range."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from routing_jobs.publish.report.charts.scale import Scale, ticks
from routing_jobs.publish.report.charts.svg import Drawing

PITCH, TOP = 34, 26


@dataclass(frozen=True)
class Range:
    """A row: its name, and the share each way of counting gives it."""

    label: str
    values: Sequence[float]


def dot_ranges(width: int, description: str, rows: Sequence[Range]) -> Markup:
    """Dots on a common percent axis; the range is written at the right end."""
    is_wide = width > 500
    pitch = PITCH if is_wide else PITCH + 14
    drawing = Drawing(width, TOP + pitch * len(rows), description)
    left = 160 if is_wide else 4
    marks = [mark for mark in ticks(100 * max((max(row.values) for row in rows), default=0.0)) if mark <= 100]
    along = Scale(0, marks[-1], left, width - (110 if is_wide else 100))
    for mark in marks:
        drawing.text((along(mark), 12), f"{mark:g}%", "tick", "middle" if is_wide or mark else "start")
        drawing.line((along(mark), 18), (along(mark), drawing.height), "ground" if mark == 0 else "grid")
    for place, row in enumerate(rows):
        middle = TOP + pitch * place + (pitch / 2 if is_wide else pitch - 14)
        drawing.text(
            *(
                ((left - 12, middle + 4), row.label, "label", "end")
                if is_wide
                else ((8, middle - 13), row.label, "label halo")
            )
        )
        low, high = min(row.values), max(row.values)
        drawing.line((along(low * 100), middle), (along(high * 100), middle), "whisker wide")
        for value in row.values:
            drawing.circle((along(value * 100), middle), 4, "one seen-through")
        words = f"{low * 100:.0f}–{high * 100:.0f}%" if round(low * 100) < round(high * 100) else f"{high * 100:.0f}%"
        drawing.text((width, middle + 4), words, "value", "end")
    return drawing.render()
