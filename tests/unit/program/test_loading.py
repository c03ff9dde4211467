"""The program is read strictly, and everything wrong with it is named at once, at its place."""

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from routing_jobs.program.errors import ConfigurationError
from routing_jobs.program.loading import load_program, load_rulebook
from routing_jobs.program.rulebook import RULEBOOK_FILES, canonical_body
from routing_jobs.program.workspace import Workspace

SAMPLE = Path(__file__).parents[3] / "data" / "sample"

FEED = """\
entity: leads
files: "web/*.csv"
max_quarantined: 0.1
expected_every: 30m
columns:
  source_record_id: ID
  captured_at: {column: Created}
  lead_channel: {value: web_form}
  company: {join: [Firm, Site], with: " - "}
  consent_to_share: {column: OptIn, map: {yes: true, no: false}, otherwise: missing}
"""


@pytest.fixture
def workspace(tmp_path):
    shutil.copy(SAMPLE / "program.yaml", tmp_path)
    shutil.copytree(SAMPLE / "rulebook", tmp_path / "rulebook")
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "web.yaml").write_text(FEED)
    return Workspace(tmp_path)


def problems_of(workspace):
    with pytest.raises(ConfigurationError) as caught:
        load_program(workspace)
    return caught.value.problems


def edit(workspace, file, old, new):
    path = workspace.root / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def line_of(workspace, file, beginning):
    lines = (workspace.root / file).read_text().splitlines()
    return next(number for number, line in enumerate(lines, start=1) if line.startswith(beginning))


def test_the_sample_loads():
    program = load_program(Workspace(SAMPLE))
    assert program.config.currency == "EUR"
    assert list(program.scoring.grades) == ["A", "B", "C", "D"]
    assert program.sla.clock("release_to_acceptance", grade="A").business_days == 1
    assert program.sla.clock("release_to_acceptance", grade="B").business_days == 2


def test_a_feed_takes_its_name_zone_and_source_system_from_around_it(workspace):
    source = load_program(workspace).sources["web"]
    assert (source.source_system, source.timezone, source.delivery) == ("web", "Europe/Berlin", "delta")
    assert source.expected_every_hours == 0.5
    assert source.max_quarantined_is_share
    assert source.columns["consent_to_share"].map == {"yes": "true", "no": "false"}
    assert source.columns["company"].source_columns == ("Firm", "Site")


def test_every_problem_of_every_file_is_named_at_once_with_file_place_value_and_expectation(workspace):
    edit(workspace, "program.yaml", "currency: EUR", "currency: euro")
    edit(workspace, "rulebook/routing.yaml", "tie_band: 0.05", "tie_band: 1")
    edit(workspace, "rulebook/routing.yaml", "weight: 1.25", "weight: 0")
    edit(workspace, "rulebook/sla.yaml", 'open: "09:00"', "open: 9")
    edit(workspace, "sources/web.yaml", "captured_at", "captured_et")
    problems = "\n".join(problems_of(workspace))
    assert f'program.yaml: currency (line {line_of(workspace, "program.yaml", "currency")}): value "euro": ' in problems
    routing = "rulebook/routing.yaml"
    line = line_of(workspace, routing, "tie_band")
    assert f"{routing}: tie_band (line {line}): value 1: expected a number below 1" in problems
    line = line_of(workspace, routing, "  vertical")
    assert f"{routing}: criteria.vertical.weight (line {line}): value 0: expected a number above 0" in problems
    assert "calendars.default.open (line 4): value 9: expected text; put it in quotes" in problems
    assert (
        "sources/web.yaml: columns.captured_et (line 7): unknown column of leads; did you mean `captured_at`?"
        in problems
    )
    assert "sources/web.yaml: expected columns to map captured_at (required for leads)" in problems


# file -> what is written there, what stands there instead, what is said about it
MISTAKES = {
    "rulebook/routing.yaml": [
        ("mode: optimal", "mode: pool", "`pool` is planned, this release does not have it"),
        ("mode: optimal", "mode: best", 'mode: value "best": expected one of optimal, waterfall, round_robin'),
        ("mode: optimal", "mod: optimal", "mod: unknown key; did you mean `mode`?"),
        ("weight: equal", "weight: size", 'fairness.weight: value "size": expected'),
        ("overrides: []", "overrides: [{mode: waterfall}]", "overrides[0]: expected at least one of segment"),
        ("overrides: []", "overrides: [{mode: pool, segment: [smb]}]", "overrides[0].mode: value"),
        ("incumbent, ", "incumbent, incumbent, ", "each entry once; incumbent stands twice"),
        ("{rule: tiebreak, order: 1}", "{rule: tiebreak}", "criteria.tier: expected an order"),
        ("weight: 1.25", "weight: .inf", "criteria.vertical.weight"),
        ("weight: 1.25", "weight: 9999", "criteria: expected weights whose product is at most 10,000"),
        ("{rule: prefer, weight: 1.25}", "{rule: prefer}", "criteria.vertical: expected a weight"),
        (", max_hours: 24", "", "expected max_hours with rule: prefer"),
        ("{rule: require}", "{rule: prefer, weight: 2}", "criteria.territory: expected rule: require"),
        ("fallback: [distributor]", "fallback: [default_partner]", "default_partner: value null"),
        ("[Firewall,", "[Edge router,", "each product in one line; edge router is in routers and security"),
        ("grades: [A]", "grades: [E]", 'express.grades[0]: value "E": expected a grade'),
        ('version: "2026.1"', "version: 2026.1", "version: value 2026.1: expected text; put it in quotes"),
        ("floor: 0.5", "floor: 3", "performance.cap: value 2.0: expected at least the floor (3)"),
    ],
    "rulebook/scoring.yaml": [
        ("D: 0", "D: 10", "grades: expected one grade that begins at 0"),
        ("column: company", "column: compny", 'fit[0].when.column: value "compny"'),
        ("per: touch_count", "when: {column: city, is: present}", "engagement[4]: expected at_most"),
    ],
    "rulebook/sla.yaml": [
        ("default:", "standard:", "calendars: expected a calendar named default"),
        ("[1, 2, 3, 4, 5]", "[0, 1]", "calendars.default.weekdays[0]: value 0: expected a number of at least 1"),
        ('close: "17:00"', 'close: "08:00"', "expected a time after open (09:00)"),
        ("holidays: country", "holidays: all", 'value "all": expected country, none, or a list of dates'),
        ("  A: {release", "  Z: {release", 'by_grade.Z: value "Z": expected a grade of scoring.yaml (A, B, C, D)'),
        ("report_grace", "remind_at: [0.5]\nreport_grace", "remind_at: not available: reminders"),
    ],
    "rulebook/attribution.yaml": [
        ("linear,", "lineal,", 'models[2]: value "lineal": expected one of first_touch'),
        ("markov_order: 1", "markov_order: 0", "markov_order: value 0: expected a number of at least 1"),
        ("half_life_hours: 336", "half_life_hours: 0", "half_life_hours: value 0: expected a number above 0"),
        ("  u_shaped: {first", "  linear: {first", 'value "linear": expected one of u_shaped, position_based'),
        (
            "  u_shaped: {first: 0.4, ",
            "  u_shaped: {",
            "expected a weight for each of first, last, rest under u_shaped",
        ),
        ("  u_shaped: {first", "  u_shaped: {lead: 1, first", "under u_shaped, and for nothing else"),
        ("{first: 0.4, last: 0.4, rest: 0.2}", "{first: 0, last: 0, rest: 0}", "expected a weight above 0 under u_sha"),
    ],
    "program.yaml": [
        ("timezone: Europe/Berlin", "timezone: Berlin", 'timezone: value "Berlin": expected an IANA time zone'),
        ("roles: [reviewer]", "roles: [viewer]", 'people[1].roles[0]: value "viewer": expected one of reviewer'),
        ("id: raj", "id: ada", "people: expected each person's id once"),
        ("  NO_VALID_CONTACT", "  NO_CONTACT", "owners.NO_CONTACT"),
        ("currency: EUR", "currency: EUR\ncurrency: USD", "currency: the key stands twice, first on line 4"),
        ("currency: EUR", "currency: [EUR", "not readable as YAML"),
        ("currency: EUR", "currency: !!python/name:os.system EUR", "line 4: tags such as"),
        ("currency: EUR", "currency: &c EUR\nname2: *c", "line 4: aliases (*name) are not read"),
        ("as_of: data", "as_of: NO", 'as_of: value "NO": expected'),
    ],
    "sources/web.yaml": [
        ('"web/*.csv"', "../secret/*.csv", 'files: value "../secret/*.csv": expected a pattern below'),
        ("entity: leads", "entity: lead", 'entity: value "lead": expected one of leads'),
        ("{column: Created}", "{colunm: Created}", "columns.captured_at.colunm: unknown key; did you mean `column`?"),
        ("{column: Created}", "{column: Created, value: 1}", "columns.captured_at: expected exactly one of"),
        (
            "{column: Created}",
            "{column: Created, map: nope}",
            'columns.captured_at.map: value "nope": expected a table',
        ),
        ("max_quarantined: 0.1", "max_quarantined: 1.5", "max_quarantined: value 1.5: expected a share"),
        ("expected_every: 30m", "expected_every: weekly", 'expected_every: value "weekly": expected a span'),
        ("entity: leads", 'entity: leads\nformats: {date: ["%Q"]}', 'formats.date[0]: value "%Q": expected a strptime'),
        ("entity: leads", "entity: leads\nselect: gone.sql", 'select: value "gone.sql": expected a file in sources/'),
        ("entity: leads", "entity: leads\ndialect: {header: false}", "dialect: expected names without a header"),
        (
            "entity: leads",
            'entity: leads\ndialect: {delimiter: "||"}',
            'dialect.delimiter: value "||": expected one ASCII character',
        ),
        (
            "entity: leads",
            'entity: leads\ndialect: {delimiter: "§"}',
            'dialect.delimiter: value "§": expected one ASCII character',
        ),
        (
            "entity: leads",
            "entity: leads\ndialect: {encoding: hex}",
            'dialect.encoding: value "hex": expected an encoding',
        ),
    ],
}


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"), [(file, *case) for file, cases in MISTAKES.items() for case in cases]
)
def test_one_wrong_thing_is_named_at_its_place(workspace, file, old, new, expected):
    edit(workspace, file, old, new)
    found = [re.sub(r" \(line \d+\)", "", line) for line in problems_of(workspace)]
    assert any(line.startswith(file) and expected in line for line in found), found


def test_a_missing_file_is_named_together_with_other_problems(workspace):
    (workspace.rulebook / "sla.yaml").unlink()
    edit(workspace, "rulebook/routing.yaml", "tie_band: 0.05", "tie_band: -1")
    found = problems_of(workspace)
    assert len(found) == 2
    assert any("rulebook/sla.yaml: the file is missing" in line for line in found)


def test_files_that_are_no_text_or_no_mapping_are_refused_by_name(workspace):
    workspace.program_file.write_bytes(b"\xff\xfe\x00n")
    (workspace.rulebook / "sla.yaml").write_text("- a\n")
    (workspace.rulebook / "scoring.yaml").write_text("# nothing\n")
    found = "\n".join(problems_of(workspace))
    assert "program.yaml: cannot be read as UTF-8 text" in found
    assert "rulebook/sla.yaml: expected keys and values" in found
    assert "rulebook/scoring.yaml: the file is empty" in found


def test_two_feeds_of_one_name_are_refused(workspace):
    (workspace.sources / "other.yaml").write_text("feed: web\n" + FEED)
    assert "sources/web.yaml: feed" in "\n".join(problems_of(workspace))


def shuffled(value, order):
    if isinstance(value, dict):
        items = [(key, shuffled(entry, order)) for key, entry in value.items()]
        order.shuffle(items)
        return dict(items)
    return [shuffled(entry, order) for entry in value] if isinstance(value, list) else value


@settings(deadline=None, max_examples=20)
@given(st.randoms(use_true_random=False))
def test_comments_white_space_and_key_order_do_not_change_the_rulebook_hash(tmp_path_factory, order):
    root = tmp_path_factory.mktemp("shuffled")
    shutil.copy(SAMPLE / "program.yaml", root)
    (root / "rulebook").mkdir()
    for name in RULEBOOK_FILES:
        content = yaml.safe_load((SAMPLE / "rulebook" / f"{name}.yaml").read_text())
        text = json.dumps(shuffled(content, order), indent=order.choice([1, 2, 4]))
        (root / "rulebook" / f"{name}.yaml").write_text("# another comment\n" + text.replace("\n", "\n\n"))
    assert load_program(Workspace(root)).rulebook_sha256 == load_program(Workspace(SAMPLE)).rulebook_sha256


def test_any_value_that_changes_changes_the_rulebook_hash(workspace):
    before = load_program(workspace).rulebook_sha256
    edit(workspace, "rulebook/attribution.yaml", "lookback_days: 90", "lookback_days: 91")
    assert load_program(workspace).rulebook_sha256 != before


def test_a_model_comes_back_from_its_canonical_body():
    for rules in load_program(Workspace(SAMPLE)).rules.values():
        again = type(rules).model_validate_json(canonical_body(rules))
        assert again.model_dump() == rules.model_dump()


# Values of a kind or range that no place holding the named kind accepts.
WRONG = {
    bool: ["perhaps", [], {}],
    int: ["ten", -1_000_000, [], {}, None],
    float: ["much", -1.5, [], {}, None],
    str: [[], {}, True, 7],
    list: ["word", 3, {}],
    dict: ["word", 3, []],
}
# Places whose null, emptiness or free text is allowed, so that a mutation there may be valid.
FREE = {
    ("routing", "default_partner"),
    ("routing", "performance", "prior_strength"),
    ("sla", "calendars", "default", "holidays"),
    ("sla", "calendars", "gulf", "holidays"),
}


def places(value, place=()):
    yield place, value
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, entry in entries:
        yield from places(entry, (*place, key))


def dotted(place):
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).removeprefix(".")


CONTENT = {name: yaml.safe_load((SAMPLE / "rulebook" / f"{name}.yaml").read_text()) for name in RULEBOOK_FILES}
# Every key and entry of the four files.
MUTABLE = sorted(
    ((name, place) for name, content in CONTENT.items() for place, _ in places(content) if place), key=repr
)


def mutated(content, place, wrong):
    """A copy of the content with `wrong` at the place."""
    if not place:
        return wrong
    copy = dict(content) if isinstance(content, dict) else list(content)
    copy[place[0]] = mutated(content[place[0]], place[1:], wrong)
    return copy


def value_at(content, place):
    for part in place:
        content = content[part]
    return content


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_every_invalid_mutation_of_the_sample_rulebook_is_reported_at_its_path(tmp_path_factory, data):
    name, place = data.draw(st.sampled_from([entry for entry in MUTABLE if (entry[0], *entry[1]) not in FREE]))
    before = value_at(CONTENT[name], place)
    wrong = data.draw(st.sampled_from([value for value in WRONG[type(before)] if not may_stand(place, value)]))
    folder = tmp_path_factory.mktemp("mutated")
    for other in RULEBOOK_FILES:
        shutil.copy(SAMPLE / "rulebook" / f"{other}.yaml", folder)
    (folder / f"{name}.yaml").write_text(json.dumps(mutated(CONTENT[name], place, wrong)))  # JSON is YAML
    found = []
    load_rulebook(folder, found)
    # a value that is gone may be missed by what it is part of ("exactly one of ...")
    where = [dotted(place), dotted(place[:-1])] if wrong is None else [dotted(place)]
    assert any(line.startswith(f"rulebook/{name}.yaml: {path} ") for line in found for path in where), found


def may_stand(place, wrong):
    """Whether `wrong` is allowed where it would go: a rule that is off, an empty list, a number compared as text."""
    last = place[-1]
    if wrong is None:
        return last in ("weight", "order", "max_hours", "at_most", "idle_half_life_days", "at_least", "below")
    if wrong in ([], {}):
        return last in ("precedence", "regulated_verticals", "fallback", "fit", "engagement", "disqualify", "by_grade")
    if "product_lines" in place and wrong == []:
        return True
    return "when" in place and last != "column"
