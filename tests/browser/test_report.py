"""report.html in a real browser: loads nothing, says nothing in the console, fits a phone, reads in order."""

import importlib.util
import shutil
from pathlib import Path

import pytest

from routing_jobs.publish.report import write_report

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: no browser test")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed: no browser test"),
    pytest.mark.xdist_group("browser"),
]
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
MARTS = Path(__file__).resolve().parents[1] / "unit" / "publish" / "contract_marts.py"
SECTIONS = [
    "Won and pipeline by sourcing", "From released to pipeline", "Followed up in time", "From capture to first follow-up",
    "Cost per accepted lead", "Value lost to missed deadlines and unplaced leads", "Partners to act on", "The funnel",
    "Response time", "Attribution by model", "Partner scorecards", "Data quality",
]  # fmt: skip
WIDTHS = {"phone": 390, "small phone": 320, "tablet": 768, "desktop": 1280}


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """The page of a filled program and of one that has just begun."""
    specification = importlib.util.spec_from_file_location("contract_marts", MARTS)
    contract_marts = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(contract_marts)
    folder = tmp_path_factory.mktemp("reports")
    for name, marts in (("filled", contract_marts.Marts().fill()), ("begun", contract_marts.Marts().begin())):
        write_report(marts.connection, folder / f"{name}.html")
    return folder


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser, reports):
    """Opens a report at a width and colour scheme; records what it asks for and what it complains about."""
    contexts = []

    def open_page(name="filled", width=1280, scheme="light"):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.asked, page.complaints = [], []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto((reports / f"{name}.html").as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.parametrize("name", ["filled", "begun"])
def test_nothing_is_loaded_and_nothing_complains(visit, reports, name):
    page = visit(name)
    page.wait_for_load_state("networkidle")
    assert [url for url in page.asked if not url.startswith("data:")] == [(reports / f"{name}.html").as_uri()]
    assert page.complaints == []


def test_the_policy_stops_what_anyone_might_add(visit):
    page = visit()
    page.evaluate(
        "() => { const image = new Image(); image.src = 'https://example.com/a.png'; document.body.append(image) }"
    )
    page.wait_for_timeout(200)
    assert any("Content Security Policy" in complaint for complaint in page.complaints)


@pytest.mark.parametrize("name", ["filled", "begun"])
@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
def test_no_page_is_wider_than_its_window(visit, name, width):
    page = visit(name, width)
    page.evaluate("() => document.querySelectorAll('details').forEach(element => { element.open = true })")
    assert page.evaluate("() => document.documentElement.scrollWidth") == width


def test_sections_stand_in_the_order_leadership_asks(visit):
    page = visit()
    headings = page.locator("h2")
    assert headings.all_text_contents() == SECTIONS
    tops = [headings.nth(place).bounding_box()["y"] for place in range(headings.count())]
    assert tops == sorted(tops)


def test_the_numbers_at_a_glance_lead_to_their_sections(visit):
    page = visit()
    links = page.get_by_role("navigation", name="At a glance").get_by_role("link")
    assert links.count() == 7
    links.nth(2).click()
    assert page.url.endswith("#follow-up")
    page.wait_for_function("() => Math.abs(document.getElementById('follow-up').getBoundingClientRect().top) < 40")


def test_definitions_are_one_click_away(visit):
    page = visit()
    page.get_by_text("Definitions: cost per accepted lead").click()
    assert page.get_by_text("Campaign spend of the months divided by the leads").is_visible()


def test_a_phone_gets_drawings_of_its_own(visit):
    for width, expected in ((390, "350"), (1280, "720")):
        page = visit(width=width)
        shown = page.locator("#sourcing svg.chart:visible")
        assert [shown.nth(place).get_attribute("width") for place in range(shown.count())] == [expected]


COLOURS = """
() => [...document.querySelectorAll('p, td, th, h1, h2, dt, dd, summary, span, svg text')]
    .filter(element => element.checkVisibility() && element.textContent.trim())
    .map(element => {
        const style = getComputedStyle(element)
        return [element instanceof SVGElement ? style.fill : style.color, element.textContent.trim().slice(0, 40)]
    })
"""


def luminance(colour):
    channels = [float(part) / 255 for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_the_paper(visit, scheme):
    """WCAG 2.2, 1.4.3: text has a contrast of at least 4.5 to 1."""
    page = visit(scheme=scheme)
    paper = luminance(page.evaluate("() => getComputedStyle(document.body).backgroundColor"))
    assert (paper > 0.5) == (scheme == "light")
    for colour, words in page.evaluate(COLOURS):
        low, high = sorted((paper, luminance(colour)))
        assert (high + 0.05) / (low + 0.05) >= 4.5, f"{words}: {colour}"


def test_tables_too_wide_for_a_phone_scroll_with_the_keyboard(visit):
    page = visit(width=390)
    region = page.get_by_role("region", name="Partners with something to act on")
    region.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("element => element.scrollLeft > 0", arg=region.element_handle())


def test_print_shows_the_definitions_on_white_paper(visit):
    page = visit(scheme="dark")
    page.emulate_media(media="print")
    assert page.evaluate("() => getComputedStyle(document.body).backgroundColor") == "rgb(255, 254, 251)"
    assert page.get_by_text("Campaign spend of the months divided by the leads").is_visible()
