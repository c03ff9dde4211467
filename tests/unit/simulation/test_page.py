"""The simulation for people: one page that loads nothing, and the tables of the command."""

import json
import re
from html.parser import HTMLParser

import pytest
from click.testing import CliRunner

from routing_jobs.cli.simulate import show, simulate
from routing_jobs.program.starting import write_starter
from routing_jobs.simulation.page import simulation_page


@pytest.fixture
def found(program):
    program.partner("P1", default=2)
    program.partner("P2", free=1, covers="FR")
    for number in (1, 2, 3):
        program.world.lead(f"L{number}")
    program.world.lead("L4", country="FR", region=None)
    defaults = {"default_capacity": 2, "default_batch_limit": 25}
    program.propose(limits=defaults)
    return program.simulate(limits=defaults | {"default_capacity": 3, "max_hops": 5})


class Tags(HTMLParser):
    """Every attribute that could load something, and whether tags close."""

    def __init__(self):
        super().__init__()
        self.links, self.open = [], []

    def handle_starttag(self, tag, attributes):
        self.links += [value for name, value in attributes if name in ("src", "href") and value]
        if tag not in ("meta", "link", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.links += [value for name, value in attributes if name in ("src", "href") and value]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_whole_and_loads_nothing(found):
    page = simulation_page(found, "Northwind <Devices>", {"P1": "One & <Only>"})
    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    assert [link for link in tags.links if not link.startswith(("#", "data:,"))] == []
    assert "http" not in re.sub(r"http-equiv", "", page)
    assert "<script" not in page
    assert "Northwind &lt;Devices&gt;" in page
    assert "One &amp; &lt;Only&gt;" in page
    assert "default capacity 2 -&gt; 3" in page
    assert "no: decides which leads are offered again before routing reads them" in page


def test_the_page_of_a_draft_that_changes_nothing_says_so(program):
    program.partner("P1")
    program.world.lead("L1")
    program.propose()
    page = simulation_page(program.simulate(), "Test", {})
    assert "Every lead keeps its fate." in page
    assert "No offer with a stored propensity has an outcome yet." in page


def test_the_tables_say_the_same(found, capsys):
    show(found, {"P1": "One"})
    said = capsys.readouterr().out
    assert "each batch comes out as it was: 4 lines the same" in said
    assert re.search(r"placed with a partner +3 +4", said)
    assert re.search(r"without partner: ALL_AT_LIMIT +1 +0", said)
    assert re.search(r"One \(P1\) +2 +3 +2 +3 +2 +3", said)
    assert "no offer with a stored propensity" in said


def test_a_program_without_batches_and_a_wrong_draft_are_told_in_a_sentence(tmp_path):
    write_starter(tmp_path / "w")
    rulebook = tmp_path / "w" / "rulebook"

    def error(*arguments):
        return str(CliRunner().invoke(simulate, [str(one) for one in arguments], obj=tmp_path / "w").exception)

    assert "no batch has been proposed yet" in error("--rulebook", rulebook)
    assert "leave out --from and --to" in error("--rulebook", rulebook, "--batch", "B1", "--from", "2026-01-01")
    assert "expected a folder with routing.yaml" in error("--rulebook", tmp_path / "nowhere")


def test_json_holds_every_change_and_partner(found):
    payload = json.loads(json.dumps(found.as_dict()))
    assert [change["kind"] for change in payload["changes"]] == ["newly_placed"]
    assert [partner["partner_id"] for partner in payload["partners"]] == ["P1", "P2"]
    assert payload["batches"][0]["self_check"]["passed"] is True
