"""`rulebook diff`, `activate`, `history`: two people, files put in place, runs that refuse what nobody approved."""

import json
import shutil
from datetime import date, datetime

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from routing_jobs.cli.main import run_command
from routing_jobs.cli.understand import rulebook
from routing_jobs.ledger import Ledger
from routing_jobs.ledger import rulebooks as ledger_rulebooks
from routing_jobs.ledger.audit import verify
from routing_jobs.ledger.authority import Decision
from routing_jobs.ledger.backup import write_backup
from routing_jobs.ledger.restore import restore_backup
from routing_jobs.ledger.rulebooks import (
    approve_activation,
    program_in_force,
    read_record,
    request_activation,
    with_rules,
)
from routing_jobs.program.draft import read_draft
from routing_jobs.program.errors import ConfigurationError
from routing_jobs.program.loading import load_program
from routing_jobs.program.starting import write_starter
from routing_jobs.program.workspace import Workspace

FILES = ("routing", "scoring", "sla", "attribution")
NOON = "2026-03-02T12:00:00Z"


@pytest.fixture
def workspace(tmp_path):
    """A starter workspace with two people who may activate and one who may not; its ledger is empty."""
    write_starter(tmp_path / "program")
    found = Workspace(tmp_path / "program")
    text = found.program_file.read_text()
    people = text[text.index("people:") : text.index("owners:")]
    roles = "people:\n" + "".join(
        f"  - {{id: {person}, name: Somebody, roles: [{role}]}}\n"
        for person, role in (("olivia", "approver"), ("ada", "admin"), ("raj", "reviewer"))
    )
    found.program_file.write_text(text.replace(people, roles))
    return found


@pytest.fixture
def draft(workspace, tmp_path):
    return make_draft(workspace, tmp_path / "draft", 12)


def make_draft(workspace, folder, capacity):
    """A copy of the starter's rulebook with another default capacity."""
    shutil.copytree(workspace.rulebook, folder)
    routing = folder / "routing.yaml"
    text = routing.read_text()
    assert "default_capacity: 10" in text
    routing.write_text(text.replace("default_capacity: 10", f"default_capacity: {capacity}"))
    return folder


def call(workspace, *arguments):
    return CliRunner().invoke(rulebook, [str(argument) for argument in arguments], obj=workspace.root)


def activate(workspace, draft, person, *more, as_of=NOON):
    found = call(
        workspace, "activate", draft, "--reason", "more room", "--actor", person, "--as-of", as_of, "--json", *more
    )
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    return json.loads(found.stdout)


def folder_of(workspace):
    return {name: (workspace.rulebook / f"{name}.yaml").read_text() for name in FILES}


def capacity_of(program):
    return program.routing.limits.default_capacity


def test_two_people_put_a_draft_in_force(workspace, draft):
    before = folder_of(workspace)
    asked = activate(workspace, draft, "olivia")
    assert asked["outcome"] == "requested"
    assert "no batch has been proposed" in asked["summary"]["simulation"]["nothing_to_replay"]
    assert folder_of(workspace) == before
    done = activate(workspace, draft, "ada")
    assert (done["outcome"], done["requested_by"], done["approved_by"]) == ("activated", "olivia", "ada")
    assert done["effective_on"] == "2026-03-02"
    assert folder_of(workspace) == {name: (draft / f"{name}.yaml").read_text() for name in FILES}
    with Ledger.open(workspace) as ledger:
        assert verify(ledger).findings == []
        found = program_in_force(ledger, load_program(workspace), datetime(2026, 3, 2, 13))
    assert capacity_of(found) == 12
    (one,) = json.loads(call(workspace, "history", "--as-of", NOON, "--json").stdout)["activations"]
    assert (one["request_reason"], one["approval_reason"], one["is_in_force"]) == ("more room", "more room", True)


def test_one_person_is_not_enough_and_a_reviewer_is_nobody(workspace, draft):
    with pytest.raises(Exception, match="raj may not activate a rulebook: it takes the role approver or admin"):
        activate(workspace, draft, "raj")
    assert activate(workspace, draft, "olivia")["outcome"] == "requested"
    assert activate(workspace, draft, "olivia")["outcome"] == "requested"
    with Ledger.open(workspace) as ledger, ledger.reading() as reading:
        assert read_record(reading).activations == []
    decision = Decision("olivia", datetime(2026, 3, 3), lambda _person: ("approver",))
    rules = read_draft(draft)
    with Ledger.open(workspace) as ledger, pytest.raises(Exception, match="another person has to approve"):
        approve_activation(ledger, rules, rules, date(2026, 3, 2), "why", decision)


def test_what_is_approved_is_what_was_asked_for(workspace, draft, tmp_path):
    activate(workspace, draft, "olivia")
    other = make_draft(workspace, tmp_path / "other", 13)
    assert activate(workspace, other, "ada")["outcome"] == "requested", "another content is another request"
    assert activate(workspace, draft, "olivia")["outcome"] == "requested", "the first request was replaced"
    assert activate(workspace, draft, "ada")["outcome"] == "activated"


def test_a_draft_with_errors_is_refused_with_all_of_them(workspace, draft):
    text = (draft / "scoring.yaml").read_text()
    (draft / "scoring.yaml").write_text(
        text.replace("qualified_at: 60", "qualified_at: 99").replace("points: ", "points: -")
    )
    with pytest.raises(ConfigurationError, match="no lead can qualify"):
        activate(workspace, draft, "olivia")
    (draft / "scoring.yaml").write_text("version: 1\nnonsense: 2\n")
    with pytest.raises(ConfigurationError, match=r"scoring\.yaml"):
        activate(workspace, draft, "olivia")
    with pytest.raises(ConfigurationError, match=r"expected a folder with routing\.yaml"):
        activate(workspace, draft / "nowhere", "olivia")


def test_a_run_refuses_files_nobody_approved_and_says_what_to_do(workspace, draft, capsys):
    edited = workspace.rulebook / "routing.yaml"
    edited.write_text(edited.read_text().replace("default_capacity: 10", "default_capacity: 11"))
    with Ledger.open(workspace) as ledger:
        assert capacity_of(program_in_force(ledger, load_program(workspace), datetime(2026, 3, 2))) == 11
    activate(workspace, draft, "olivia")
    activate(workspace, draft, "ada")
    edited.write_text(edited.read_text() + "# a comment is no change\n")
    with Ledger.open(workspace) as ledger:
        assert capacity_of(program_in_force(ledger, load_program(workspace), datetime(2026, 3, 3))) == 12
    edited.write_text(edited.read_text().replace("default_capacity: 12", "default_capacity: 99"))
    assert run_command(["--workspace", str(workspace.root), "run"]) == 2
    said = capsys.readouterr().err
    assert "say something else" in said
    assert "rulebook activate COPY" in said
    assert "Traceback" not in said
    assert activate(workspace, draft, "ada")["outcome"] == "put_back"
    assert folder_of(workspace)["routing"] == (draft / "routing.yaml").read_text()


def test_until_a_future_day_the_earlier_rulebook_is_used(workspace, draft, tmp_path):
    activate(workspace, draft, "olivia", "--effective", "2026-03-10")
    with pytest.raises(Exception, match="asked for this rulebook from 2026-03-10 on, not 2026-03-11"):
        activate(workspace, draft, "ada", "--effective", "2026-03-11")
    assert activate(workspace, draft, "ada")["effective_on"] == "2026-03-10"

    def capacity_on(day):
        with Ledger.open(workspace) as ledger:
            return capacity_of(program_in_force(ledger, load_program(workspace), datetime(2026, 3, day, 12)))

    assert [capacity_on(day) for day in (2, 9, 10, 11)] == [10, 10, 12, 12]
    assert json.loads(call(workspace, "diff", "active", draft, "--json").stdout)["differences"] == []
    later = make_draft_from(draft, tmp_path / "later", 12, 14)
    activate(workspace, later, "ada", as_of="2026-03-12")
    assert activate(workspace, later, "olivia", as_of="2026-03-13")["effective_on"] == "2026-03-13", "approved later"
    assert [capacity_on(day) for day in (9, 10, 12, 13)] == [10, 12, 12, 14]


def make_draft_from(source, folder, old, new):
    shutil.copytree(source, folder)
    routing = folder / "routing.yaml"
    routing.write_text(routing.read_text().replace(f"default_capacity: {old}", f"default_capacity: {new}"))
    return folder


def test_the_past_stays_as_it_was(workspace, draft):
    activate(workspace, draft, "olivia")
    with pytest.raises(Exception, match="cannot be put in force in the past"):
        activate(workspace, draft, "ada", as_of="2026-03-01")
    with pytest.raises(ConfigurationError, match=r"--effective 2026-03-01: expected 2026-03-02 \(today\) or later"):
        activate(workspace, draft, "olivia", "--effective", "2026-03-01")


class KilledError(Exception):
    """Stands for the end of the process."""


@pytest.mark.parametrize("written", range(9))
def test_killed_at_any_write_and_called_again_it_comes_out_the_same(workspace, draft, monkeypatch, written):
    """KilledError before the n-th file is written, kept or put in place; the ledger's own writes are tested elsewhere."""
    activate(workspace, draft, "olivia")
    shutil.rmtree(workspace.state / "rulebooks")
    writes = iter(range(100))
    whole = ledger_rulebooks.write_atomically

    def dies(path, content, *, mode):
        if next(writes) == written:
            raise KilledError
        whole(path, content, mode=mode)

    monkeypatch.setattr(ledger_rulebooks, "write_atomically", dies)
    if written < 8:
        with pytest.raises(KilledError):
            activate(workspace, draft, "ada")
    else:
        activate(workspace, draft, "ada")
    monkeypatch.undo()
    assert activate(workspace, draft, "ada")["outcome"] == ("activated" if written < 4 else "put_back")
    assert folder_of(workspace) == {name: (draft / f"{name}.yaml").read_text() for name in FILES}
    with Ledger.open(workspace) as ledger:
        assert verify(ledger).findings == []
        with ledger.reading() as reading:
            assert len(read_record(reading).activations) == 1
        assert capacity_of(program_in_force(ledger, load_program(workspace), datetime(2026, 3, 2, 13))) == 12


def test_a_backup_brings_back_what_was_in_force(workspace, draft, tmp_path):
    activate(workspace, draft, "olivia", "--effective", "2026-03-10")
    activate(workspace, draft, "ada")
    with Ledger.open(workspace) as ledger:
        write_backup(ledger, tmp_path / "saved")
    shutil.rmtree(workspace.state)
    restore_backup(workspace, tmp_path / "saved", datetime(2026, 3, 3), actor="ada")
    with Ledger.open(workspace) as ledger:
        for day, capacity in ((9, 10), (10, 12)):
            found = program_in_force(ledger, load_program(workspace), datetime(2026, 3, day, 12))
            assert capacity_of(found) == capacity


@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), min_size=1, max_size=5))
def test_of_those_effective_the_one_approved_last_is_in_force(tmp_path_factory, wishes):
    """Against a table kept by hand: each wish is (days since the last, days ahead it is to take effect)."""
    root = tmp_path_factory.mktemp("history") / "program"
    write_starter(root)
    workspace = Workspace(root)
    program = load_program(workspace)
    base = program.routing.model_dump(mode="json")
    approved = []
    today = 1
    with Ledger.open(workspace) as ledger:
        for number, (later, ahead) in enumerate(wishes):
            today += later
            body = base | {"limits": base["limits"] | {"default_capacity": 100 + number}}
            rules = program.rules | {"routing": type(program.routing).model_validate(body)}
            for person in ("olivia", "ada"):
                decision = Decision(person, datetime(2026, 1, today, 12), lambda _person: ("admin",))
                if person == "olivia":
                    request_activation(ledger, rules, date(2026, 1, today + ahead), "why", {}, decision)
                else:
                    approve_activation(ledger, rules, program.rules, date(2026, 1, today), "why", decision)
            approved.append((today + ahead, 100 + number))
            standing = with_rules(program, rules)
        for day in range(1, 31):
            effective = [capacity for first, capacity in approved if first <= day]
            expected = effective[-1] if effective else base["limits"]["default_capacity"]
            found = program_in_force(ledger, standing, datetime(2026, 1, day, 12))
            assert capacity_of(found) == expected
            if expected == approved[-1][1]:
                assert found.rulebook_sha256 == standing.rulebook_sha256


def test_diff_speaks_of_folders_and_refuses_what_it_does_not_know(workspace, draft):
    found = json.loads(call(workspace, "diff", workspace.rulebook, draft, "--json").stdout)
    assert [one["words"] for one in found["differences"]] == ["default capacity 10 -> 12"]
    assert "default capacity 10 -> 12" in call(workspace, "diff", "active", draft).stdout
    with pytest.raises(ConfigurationError, match=r"B2026-nothing: expected a folder, a batch"):
        raise call(workspace, "diff", "B2026-nothing", draft).exception


def test_check_looks_at_a_draft(workspace, draft):
    text = (draft / "routing.yaml").read_text()
    (draft / "routing.yaml").write_text(text.replace("  tier: {rule: tiebreak, order: 1}", ""))
    warnings = json.loads(call(workspace, "check", "--rulebook", draft, "--json").stdout)["warnings"]
    assert "routing.yaml: tie_band" in [one["subject"] for one in warnings]
    assert json.loads(call(workspace, "check", "--json").stdout)["warnings"] == []


def test_history_is_told_to_people_too(workspace, draft):
    assert "No rulebook was ever activated" in call(workspace, "history").stdout
    activate(workspace, draft, "olivia")
    assert "Waiting for a second person" in call(workspace, "history").stdout
    activate(workspace, draft, "ada")
    lines = call(workspace, "history").stdout.splitlines()
    assert any("olivia: more room" in line and "ada: more room" in line for line in lines)
