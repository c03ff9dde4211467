"""The pen: SVG elements with escaped text, rounded coordinates and a description for who does not see them."""

from collections.abc import Sequence

from markupsafe import Markup, escape

Point = tuple[float, float]


class Drawing:
    """A drawing of `width` x `height` units that grows element by element."""

    def __init__(self, width: float, height: float, description: str, css_class: str = "chart") -> None:
        """`description` says in words what the drawing shows."""
        self.width = width
        self.height = height
        self._description = description
        self._class = css_class
        self._elements: list[Markup] = []

    def rectangle(self, x: float, y: float, width: float, height: float, css_class: str) -> None:
        """A filled rectangle; nothing where it has no size."""
        if width > 0 and height > 0:
            self._add("rect", x=_round(x), y=_round(y), width=_round(width), height=_round(height), class_=css_class)

    def line(self, start: Point, end: Point, css_class: str) -> None:
        """A straight line."""
        places = {"x1": _round(start[0]), "y1": _round(start[1]), "x2": _round(end[0]), "y2": _round(end[1])}
        self._add("line", **places, class_=css_class)

    def circle(self, centre: Point, radius: float, css_class: str) -> None:
        """A dot."""
        self._add("circle", cx=_round(centre[0]), cy=_round(centre[1]), r=_round(radius), class_=css_class)

    def path(self, points: Sequence[Point], css_class: str, *, is_closed: bool = False) -> None:
        """A line through `points`, or the area within them."""
        if points:
            steps = " L".join(f"{_round(x)} {_round(y)}" for x, y in points)
            self._add("path", d=f"M{steps}{'Z' if is_closed else ''}", class_=css_class)

    def text(self, place: Point, words: str, css_class: str, anchor: str = "start") -> None:
        """Words at a baseline; `anchor` is start, middle or end."""
        attributes = {"x": _round(place[0]), "y": _round(place[1]), "text_anchor": anchor, "class_": css_class}
        self._elements.append(_element("text", attributes, escape(words)))

    def render(self) -> Markup:
        """The drawing as an SVG element."""
        attributes = {
            "class_": self._class,
            "role": "img",
            "aria_label": self._description,
            "viewBox": f"0 0 {_round(self.width)} {_round(self.height)}",
            "width": _round(self.width),
            "height": _round(self.height),
        }
        return _element("svg", attributes, Markup("").join(self._elements))

    def _add(self, tag: str, **attributes: str) -> None:
        self._elements.append(_element(tag, attributes))


def _element(tag: str, attributes: dict[str, str], content: Markup | None = None) -> Markup:
    named = "".join(f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"' for key, value in attributes.items())
    return Markup(f"<{tag}{named}/>") if content is None else Markup(f"<{tag}{named}>{content}</{tag}>")


def _round(number: float) -> str:
    text = f"{number:.1f}"
    return text.removesuffix(".0").replace("-0", "0") if text in ("-0.0", "0.0") else text.removesuffix(".0")
