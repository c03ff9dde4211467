"""The page as a whole: always complete, safe, the same for the same marts."""

import base64
import hashlib
import re
from datetime import datetime
from html.parser import HTMLParser

import pytest

from routing_jobs.publish.report import write_report

SECTIONS = [
    "sourcing", "conversion", "follow-up", "speed", "cost", "value-lost", "partners", "funnel", "response",
    "attribution", "scorecards", "data-quality",
]  # fmt: skip
VOID = {"meta", "link", "rect", "line", "circle", "path", "br"}


class Outline(HTMLParser):
    """Sections, headings, tags and unclosed elements of a page."""

    def __init__(self, text):
        super().__init__()
        self.sections, self.open, self.tags, self.headings, self.attributes = [], [], set(), [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes += [(tag, *pair) for pair in attributes]
        if tag == "section":
            self.sections.append(dict(attributes)["id"])
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")

    def write(marts, name="report.html"):
        write_report(marts.connection, folder / name)
        return (folder / name).read_text()

    return write


@pytest.fixture(scope="module")
def empty(new_marts, page):
    return page(new_marts().begin())


@pytest.fixture(scope="module")
def filled(new_marts, page):
    return page(new_marts().fill())


def test_every_section_is_there_in_the_order_leadership_asks(empty, filled):
    assert Outline(empty).sections == SECTIONS
    assert Outline(filled).sections == SECTIONS


def test_a_program_without_anything_says_what_is_missing_and_why(empty):
    assert empty.count("Nothing to show yet.") == len(SECTIONS)
    for reason in (
        "No feed has brought an opportunity yet", "No lead has been offered to a partner yet", "No offer is open",
        "No lead has been captured yet", "No feed has brought campaign spend yet", "No file has landed",
    ):  # fmt: skip
        assert reason in empty


def test_a_filled_program_misses_nothing(filled):
    assert "Nothing to show yet." not in filled
    assert not re.search(r"\bNone\b|\bnan\b|\binf\b", filled)


def test_each_section_has_its_definitions_one_click_away(filled):
    assert filled.count('<details class="definitions">') == len(SECTIONS)


def test_the_page_is_well_formed_and_headings_step_down_one_by_one(filled):
    outline = Outline(filled)
    assert outline.open == []
    assert outline.headings == [1] + [2] * len(SECTIONS)


def test_nothing_is_loaded_and_nothing_runs(filled):
    outline = Outline(filled)
    assert not outline.tags & {"script", "iframe", "img", "object", "embed", "form", "base"}
    assert not [pair for pair in outline.attributes if pair[1].startswith("on") or pair[1] == "style"]
    links = [value for _, name, value in outline.attributes if name in ("href", "src")]
    assert all(value.startswith("#") or value == "data:," for value in links)
    assert "url(" not in filled and "@import" not in filled


def test_the_policy_allows_the_style_of_this_page_only(filled):
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', filled)
    (style,) = re.findall(r"<style>(.*?)</style>", filled, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.replace("&#39;", "'").startswith(f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:")


def test_the_same_marts_give_the_same_bytes(new_marts, page):
    marts = new_marts().fill(300)
    first = page(marts, "first.html")
    shuffled = new_marts().fill(300)
    tables = shuffled.connection.execute(
        "select table_name from duckdb_tables() where schema_name = 'marts'"
    ).fetchall()
    for (table,) in tables:
        source = f"select * from marts.{table} order by hash({table}::varchar)"
        shuffled.connection.execute(f"create or replace table marts.{table} as {source}")
    assert first == page(marts, "again.html") == page(shuffled, "shuffled.html")


def test_words_from_the_marts_are_escaped(filled):
    assert "Networks &lt;&amp;&gt; Söhne" in filled
    assert "Networks <&>" not in filled


def test_every_table_has_a_caption_and_header_cells(filled):
    assert filled.count("<table>") == filled.count("<caption>") > 15
    assert filled.count('scope="col"') > filled.count("<caption>")


def test_every_drawing_has_words_for_who_does_not_see_it(filled):
    drawings = re.findall(r"<svg [^>]*>", filled)
    assert len(drawings) > 20
    assert all(re.search(r'role="img" aria-label="[^"]{3,}"', drawing) for drawing in drawings)


def test_the_program_its_money_and_its_clock_are_named(new_marts, page):
    text = page(
        new_marts().begin(program_name="Nord & Süd", currency="JPY", currency_exponent=0, timezone="Asia/Tokyo")
    )
    assert "<h1>Nord &amp; Süd</h1>" in text
    assert "As of 15 Jun 2026, 21:00 (Asia/Tokyo). Money in JPY." in text


def test_a_program_without_its_row_is_refused(new_marts, page):
    with pytest.raises(ValueError, match=r"dim_program holds 0 rows"):
        page(new_marts())


def test_the_first_days_of_a_program_have_nothing_to_compare_with(new_marts, page):
    marts = new_marts().begin()
    at = datetime.fromisoformat("2026-06-10 09:00")
    marts.add("dim_partner", partner_id="p1", partner_name="One", status="active")
    marts.add(
        "fct_lead",
        lead_id="l1",
        direction="vendor",
        lead_channel="event",
        current_stage="opportunity",
        captured_at=at,
        qualified_at=at,
        first_released_at=at,
        opportunity_at=at,
        furthest_order=9,
    )
    marts.add(
        "fct_assignment",
        assignment_id="a1",
        lead_id="l1",
        partner_id="p1",
        released_at=at,
        follow_up_due_at=at,
        is_followed_up_in_time=True,
        is_left_out=False,
        is_open=False,
        first_follow_up_at=at,
        closed_at=at,
    )
    deal = {"sourcing": "vendor_sourced", "created_at": at, "amount_minor": 5_000}
    marts.add("fct_opportunity", opportunity_id="o1", **deal)
    text = page(marts)
    assert "nothing before to compare with" in text
    assert "Nothing won in FY2027-Q2 so far; €50 open in 1 deal." in text
    assert "younger ones cannot be judged yet" in text  # the conversion of a lead offered five days ago
