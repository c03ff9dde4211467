"""The pen and the scales behind the charts: well-formed, escaped, within the paper."""

from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing_jobs.publish.report.charts.bars import Bar, bar_mark, lying_bars
from routing_jobs.publish.report.charts.columns import Stack, stacked_columns
from routing_jobs.publish.report.charts.curves import Curve, TimeAxis, step_curves
from routing_jobs.publish.report.charts.dots import Estimate, estimates_over_time, interval_mark
from routing_jobs.publish.report.charts.ranges import Range, dot_ranges
from routing_jobs.publish.report.charts.scale import Scale, spread, ticks

WIDTHS = (720, 450, 350)


def elements(drawing, tag):
    root = ElementTree.fromstring(str(drawing))
    return [element for element in root.iter() if element.tag == tag]


def places(drawing):
    """Every x coordinate with a size, as (left, right)."""
    rects = [
        (float(item.get("x")), float(item.get("x")) + float(item.get("width"))) for item in elements(drawing, "rect")
    ]
    dots = [(float(item.get("cx")),) * 2 for item in elements(drawing, "circle")]
    lines = [(float(item.get("x1")), float(item.get("x2"))) for item in elements(drawing, "line")]
    return rects + dots + lines


@given(st.floats(1e-6, 1e12))
@settings(deadline=None, max_examples=80)
def test_ticks_start_at_zero_reach_the_highest_and_are_few(highest):
    marks = ticks(highest)
    assert marks[0] == 0
    assert marks[-1] >= highest * 0.998
    assert 2 <= len(marks) <= 6
    assert marks[-2] < highest


def test_a_scale_maps_ends_to_ends_and_clips():
    scale = Scale(0, 50, 200, 100)
    assert (scale(0), scale(25), scale(50), scale(99), scale(-1)) == (200, 150, 100, 100, 200)


@given(st.lists(st.floats(0, 300), min_size=1, max_size=5))
@settings(deadline=None, max_examples=60)
def test_labels_spread_apart_keep_their_order(found):
    moved = spread(found, 30)
    order = sorted(range(len(found)), key=lambda index: (found[index], index))
    in_order = [moved[index] for index in order]
    assert all(after - before >= 30 - 1e-9 for before, after in pairwise(in_order))


@pytest.mark.parametrize("width", WIDTHS)
def test_columns_stand_on_the_ground_in_proportion(width):
    stacks = [Stack("Q1", "FY1", [30, 10]), Stack("Q2", "", [0, 20], is_unfinished=True), Stack("Q3", "", [0, 0])]
    drawing = stacked_columns(width, "a & b", stacks, ["one", "two"], lambda total: f"{total:.0f}")
    rects = elements(drawing, "rect")
    assert [float(rect.get("height")) for rect in rects] == pytest.approx([127.5, 41.5, 85.0], abs=0.2)
    assert ["pale" in rect.get("class") for rect in rects] == [False, False, True]
    assert [item.text for item in elements(drawing, "text") if item.get("class") == "value"] == ["40", "20", "0"]
    assert ElementTree.fromstring(str(drawing)).get("aria-label") == "a & b"


def test_totals_without_room_leave_only_the_highest_and_the_last():
    stacks = [Stack(str(number), "", [number * 1_000_000]) for number in (1, 9, 3, 4, 5, 6, 7, 2)]
    drawing = stacked_columns(200, "", stacks, ["one"], lambda total: f"{total:,.0f}")
    assert [item.text for item in elements(drawing, "text") if item.get("class") == "value"] == [
        "9,000,000",
        "2,000,000",
    ]


@pytest.mark.parametrize("width", WIDTHS)
def test_every_chart_stays_on_its_paper(width):
    estimates = [
        Estimate("Jan", "2026", (0.5, 0.2, 1.0)),
        Estimate("Feb", "", None),
        Estimate("Mar", "", (0.0, 0.0, 0.4)),
    ]
    curves = [Curve("A", "one", [(60, 0.2), (5000, 1.0)], [(0.1, 0.3), (0.9, 1.0)]), Curve("B", "two", [])]
    drawings = [
        estimates_over_time(width, "", estimates),
        estimates_over_time(width, "", []),
        step_curves(width, "", curves, TimeAxis(2880, [(1440, "1"), (2880, "2 days")])),
        lying_bars(width, "", [Bar("All", 1_000_000, "1,000,000", "100% of the above"), Bar("None", 0, "0")]),
        dot_ranges(width, "", [Range("Web", [0.2, 0.9, 1.0]), Range("None", [0.0])]),
        stacked_columns(width, "", [], ["one"], str),
        interval_mark((0.5, 0.1, 1.0), 0.4),
        interval_mark(None, None),
        bar_mark(3, 4),
        bar_mark(0, 0),
    ]
    for drawing in drawings:
        edge = float(ElementTree.fromstring(str(drawing)).get("width"))
        found = places(drawing)
        assert not found or (min(left for left, _ in found) >= 0 and max(right for _, right in found) <= edge + 0.1)


def test_a_curve_beyond_the_axis_is_cut_there_and_says_what_it_reached():
    drawing = step_curves(720, "", [Curve("Answered", "one", [(60, 0.25), (9999, 1.0)])], TimeAxis(1440, []))
    assert "25%" in [item.text for item in elements(drawing, "text") if item.get("class") == "tick"][-1]


def test_words_from_the_marts_are_escaped():
    drawing = lying_bars(720, '"<b>', [Bar("<script>alert(1)</script>", 1, "1")])
    assert "<script>" not in drawing
    assert elements(drawing, "text")[0].text == "<script>alert(1)</script>"


def test_no_drawing_carries_a_style_of_its_own():
    """The page's content security policy would refuse it."""
    drawing = step_curves(350, "", [Curve("A", "one", [(1, 1.0)])], TimeAxis(10, [(5, "5")]))
    assert "style=" not in drawing
