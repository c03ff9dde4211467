"""A rulebook that is valid but cannot do what it says is reported; so is a roster it does not fit."""

from pathlib import Path

import pytest
from roster_world import DAY, config_findings, edit, put, roster_findings

from routing_jobs.program.loading import load_program
from routing_jobs.program.rulebook_check import check_rulebook
from routing_jobs.program.starting import write_starter


def test_the_starter_has_nothing_to_report(workspace):
    assert config_findings(workspace) == {}


def test_a_score_nobody_can_reach_is_an_error(workspace):
    edit(workspace, "rulebook/scoring.yaml", "qualified_at: 60", "qualified_at: 96")
    edit(workspace, "rulebook/scoring.yaml", "points: 4, at_most: 20", "points: 4, at_most: 5")
    edit(workspace, "rulebook/scoring.yaml", "A: 80", "A: 99")
    # 10 + 15 + 10 + 10 + 15 fit, 20 + 15 + 10 + 5 engagement: more than 100 is 100, so take 20 away
    edit(workspace, "rulebook/scoring.yaml", "in: [web_form, event]}, points: 20", "in: [web_form, event]}, points: 1")
    found = config_findings(workspace)
    assert "give 91 points, 96 are needed" in found["error", "scoring.yaml: qualified_at"]
    assert "grade A is out of reach" in found["warning", "scoring.yaml: grades"]


def test_express_for_a_grade_that_never_qualifies_is_a_warning(workspace):
    express = "express: {grades: [A, C], interests: [demo_request], max_leads: 5}"
    edit(workspace, "rulebook/routing.yaml", "express: null", express)
    edit(workspace, "rulebook/scoring.yaml", "qualified_at: 60", "qualified_at: 60")
    assert "leads of grade C never qualify" in config_findings(workspace)["warning", "routing.yaml: express.grades"]


def test_a_criterion_out_of_date_is_a_warning_and_a_hard_one_an_error(workspace):
    edit(
        workspace,
        "rulebook/routing.yaml",
        "{rule: prefer, weight: 1.25}",
        "{rule: prefer, weight: 1.25, valid_to: 2026-02-28}",
    )
    edit(
        workspace,
        "rulebook/routing.yaml",
        "territory: {rule: require}",
        "territory: {rule: require, valid_from: 2026-03-02}",
    )
    found = config_findings(workspace)
    assert "has not been in force since 2026-02-28" in found["warning", "routing.yaml: criteria.vertical"]
    assert "is not in force on 2026-03-01" in found["error", "routing.yaml: criteria.territory"]


def test_a_tie_band_without_tiebreak_is_a_warning(workspace):
    edit(workspace, "rulebook/routing.yaml", "  tier: {rule: tiebreak, order: 1}", "#")
    assert ("warning", "routing.yaml: tie_band") in config_findings(workspace)


def test_feeds_that_routing_needs_are_missed(workspace):
    for feed in ("leads", "partners", "partner_contacts", "partner_specializations"):
        (workspace.sources / f"{feed}.yaml").unlink()
    messages = [finding.message for finding in check_rulebook(load_program(workspace), DAY)]
    assert any(message.startswith("no feed brings leads") for message in messages)
    assert any(message.startswith("no feed brings partners:") for message in messages)
    assert any("partner_specializations, which product_certification, vertical" in message for message in messages)
    assert any("NO_VALID_CONTACT" in message for message in messages)


def test_proximity_without_coordinates_is_an_error(workspace):
    edit(workspace, "rulebook/routing.yaml", "tiers:", "  proximity: {rule: tiebreak, order: 2}\ntiers:")
    found = [finding for finding in check_rulebook(load_program(workspace), DAY) if finding.severity == "error"]
    assert [finding.message for finding in found] == [
        "no feed of leads maps latitude and longitude",
        "no feed of partners maps latitude and longitude",
    ]


def test_a_clock_shorter_than_its_part_and_missing_people_are_warnings(workspace):
    edit(
        workspace,
        "rulebook/sla.yaml",
        "release_to_acceptance: {business_days: 2}",
        "release_to_acceptance: {business_days: 3}",
    )
    edit(workspace, "program.yaml", "[reviewer, approver]", "[reviewer]")
    edit(workspace, "program.yaml", "[reviewer, approver, admin]", "[reviewer]")
    found = config_findings(workspace)
    assert "ends before release_to_acceptance" in found["warning", "sla.yaml: clocks.release_to_follow_up"]
    assert "nobody has the role approver" in found["warning", "program.yaml: people"]


def test_a_roster_that_fits_has_nothing_to_report(roster, workspace):
    assert roster_findings(roster, workspace) == []


def test_tiers_and_calendars_the_rulebook_does_not_know_are_errors(roster, workspace):
    put(roster, "partners", {"partner_id": "p8", "partner_name": "Eight", "tier": "Diamond", "calendar": "moon"})
    put(roster, "partners", {"partner_id": "p4", "partner_name": "Gone", "tier": "Bronze", "status": "terminated"})
    found = roster_findings(roster, workspace)
    assert ("error", "tier diamond of 1 partner is not in routing.yaml: tiers") in found
    assert ("error", "calendar moon of 1 partner is not in sla.yaml: calendars") in found
    assert len(found) == 2


def test_demand_without_cover_is_named_by_country_and_vertical(roster, workspace):
    put(
        roster, "leads",
        {"source_record_id": "3", "country_code": "JP", "industry": "Finance"},
        {"source_record_id": "4", "country_code": "JP"},
    )  # fmt: skip
    put(roster, "leads", {"source_record_id": "5", "country_code": "BR"}, is_current=False)
    found = roster_findings(roster, workspace)
    assert ("warning", "no partner covers JP: 2 leads from there") in found
    assert any(message.startswith("nobody covers finance: 1 lead") for _, message in found)
    assert len(found) == 2


def test_many_spellings_of_a_vertical_are_summed_up_after_the_ten_most_frequent(roster, workspace):
    put(roster, "leads", *({"industry": f"vertical {number:02}"} for number in range(13)), source_record_id="3")
    put(roster, "leads", {"industry": "vertical 12"}, source_record_id="4")
    messages = [message for _, message in roster_findings(roster, workspace)]
    assert len(messages) == 11
    assert messages[0].startswith("nobody covers vertical 12: 2 leads;")
    assert messages[-1].startswith("nobody covers 3 more verticals: 3 leads;")


def test_a_territory_without_country_covers_every_country(roster, workspace):
    put(roster, "leads", {"source_record_id": "3", "country_code": "JP"})
    put(roster, "partner_territories", {"partner_id": "p1"})
    assert roster_findings(roster, workspace) == []


def test_territories_of_partners_that_left_are_named_and_cover_nothing(roster, workspace):
    put(roster, "partners", {"partner_id": "p9", "partner_name": "Gone", "status": "terminated"})
    put(
        roster, "partner_territories",
        {"partner_id": "p9", "country": "JP", "country_code": "JP"},
        {"partner_id": "p0", "country": "JP", "country_code": "JP"},
    )  # fmt: skip
    put(roster, "leads", {"source_record_id": "3", "country_code": "JP"})
    found = roster_findings(roster, workspace)
    assert ("warning", "territories of 2 partners not on the roster or terminated: p0, p9") in found
    assert ("warning", "no partner covers JP: 1 lead from there") in found


def test_an_expired_certification_counts_no_more_and_is_named(roster, workspace):
    roster.execute("update raw.partner_specializations set valid_to = '2026-02-28' where code = 'software'")
    found = roster_findings(roster, workspace)
    assert ("warning", "1 expired certification: p2 (software)") in found
    assert ("warning", "no partner is certified for software or any of its products") in found
    roster.execute("update raw.partner_specializations set valid_to = '2026-03-01' where code = 'software'")
    assert roster_findings(roster, workspace) == []


def test_a_tiebreak_that_never_decided_is_named(roster, workspace):
    def candidates(*pairs):
        roster.execute("delete from routing.candidate")
        for unit, partner, banded in pairs:
            roster.execute(
                "insert into routing.candidate (unit_id, partner_id, is_eligible, banded_score) values (?, ?, true, ?)",
                [unit, partner, banded],
            )

    candidates(("u1", "p1", 10), ("u1", "p2", 9))  # no tie: the tiebreak had no chance
    assert roster_findings(roster, workspace) == []
    candidates(("u1", "p1", 10), ("u1", "p2", 10))  # gold against silver: it decided
    assert roster_findings(roster, workspace) == []
    roster.execute("update raw.partners set tier = 'gold'")
    ((severity, message),) = roster_findings(roster, workspace)
    assert severity == "warning"
    assert message.startswith("never decided in the last run: the best partners of each of 1 tied unit")


def test_findings_name_no_person(roster, workspace):
    put(
        roster, "leads", {"source_record_id": "3", "country_code": "JP", "last_name": "Doe", "email": "doe@example.com"}
    )
    text = " ".join(message for _, message in roster_findings(roster, workspace)).lower()
    assert "jp" in text
    assert "doe" not in text


def test_the_starter_is_refused_where_something_lies(tmp_path):
    from routing_jobs.program.errors import ConfigurationError

    (tmp_path / "file").write_text("x")
    for place in (tmp_path, tmp_path / "file"):
        with pytest.raises(ConfigurationError, match="is not an empty folder"):
            write_starter(Path(place))
