"""`source infer`: drafts held against contracts written by hand, on files of every kind; what is in doubt is said."""

import json
import shutil
import sys
from pathlib import Path

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from intake_plant import REPOSITORY, Plant

from routing_jobs.cli.main import run_command
from routing_jobs.intake.checking import check
from routing_jobs.intake.column_names import NAMES
from routing_jobs.intake.drafting import DECIDE, draft, scalar
from routing_jobs.program.entities import ENTITIES
from routing_jobs.program.errors import ConfigurationError
from routing_jobs.program.loading import read_source
from routing_jobs.program.yaml_text import read_yaml

SAMPLE = REPOSITORY / "data" / "sample"

# Sample file -> canonical columns that its contract has and no draft can find: constants, and halves of a column.
SAMPLE_FILES = {
    "web_leads/web_leads_2025-03.csv": {"lead_channel"},
    "campaign_leads/campaign_leads_2025-03.csv": {"lead_channel"},
    "event_leads/event_leads_2025-07.csv": {"lead_channel", "first_name"},
    "portal_leads/portal_leads_2025-04.jsonl": set(),
    "crm_leads/crm_export_1.parquet": {"lead_channel"},
    "assignment_history/offers.csv": set(),
    "campaign_spend/spend.csv": set(),
    "certifications/certificates.csv": {"kind"},
    "deal_registrations/registrations.csv": set(),
    "named_accounts/accounts.csv": set(),
    "opportunities/opportunities.tsv": {"is_won"},
    "partner_activity/activity_2025-04.jsonl": set(),
    "partner_contacts/contacts.xlsx": set(),
    "partners/partners_2026-03-01.csv": set(),
    "territories/territories.csv": set(),
    "touches/touches_2025-03.csv": set(),
}


@pytest.mark.parametrize("name", SAMPLE_FILES)
def test_a_draft_finds_what_the_contract_written_by_hand_says(name: str) -> None:
    path = SAMPLE / "landing" / name
    by_hand = read_source(SAMPLE / "sources" / f"{path.parent.name}.yaml", "UTC")
    drafted = draft(path)
    expected = {
        canonical: mapping.column
        for canonical, mapping in by_hand.columns.items()
        if canonical not in SAMPLE_FILES[name]
    }
    assert drafted.entity == by_hand.entity
    assert drafted.mapped == expected


@pytest.mark.parametrize(
    "name",
    [
        "web_leads/web_leads_2025-03.csv",
        "campaign_leads/campaign_leads_2025-03.csv",
        "event_leads/event_leads_2025-07.csv",
        "crm_leads/crm_export_1.parquet",
        "campaign_spend/spend.csv",
        "deal_registrations/registrations.csv",
        "territories/territories.csv",
        "partner_contacts/contacts.xlsx",
    ],
)
def test_a_draft_takes_in_what_the_contract_written_by_hand_takes_in(plant: Plant, name: str) -> None:
    path = SAMPLE / "landing" / name
    plant.feed("by_hand", (SAMPLE / "sources" / f"{path.parent.name}.yaml").read_text(encoding="utf-8"))
    text = (plant.workspace.sources / "by_hand.yaml").read_text().replace("where: {RecordType: Lead}\n", "")
    plant.feed("by_hand", text)
    plant.feed("drafted", draft(path).text)
    found = [check(plant.workspace, plant.program, feed, path).file for feed in ("by_hand", "drafted")]
    by_hand, drafted = [(file.records, file.accepted, file.quarantined) for file in found]
    assert drafted == by_hand
    assert found[0].accepted


def test_what_a_file_lacks_is_asked_for_and_the_answer_makes_a_contract(plant: Plant, tmp_path: Path) -> None:
    path = tmp_path / "people 2026-01.csv"
    path.write_text("Nr;Wer;Mail\n" + "".join(f"00{i};Name {i};n{i}@acme{i}.de\n" for i in range(9)))
    drafted = draft(path, "leads")
    assert (drafted.feed, drafted.mapped) == ("people", {"email": "Mail"})
    asked = [line for line in drafted.text.splitlines() if line.startswith("  # ")]
    assert [line.split(":")[0].strip("# ") for line in asked] == [
        "source_record_id", "captured_at", "lead_channel", "consent_to_share",
    ]  # fmt: skip
    assert "different in every record: Nr, Wer, Mail" in asked[0]
    plant.feed("people", drafted.text)
    with pytest.raises(ConfigurationError, match="source_record_id; captured_at"):
        _ = plant.program
    text = drafted.text.replace("  # source_record_id:", "  source_record_id: Nr")
    plant.feed("people", text.replace("  # captured_at:", '  captured_at: {value: "2026-01-01"}'))
    found = check(plant.workspace, plant.program, "people", path)
    assert (found.file.records, found.file.accepted) == (9, 9)
    assert found.accepted[0]["source_record_id"] == "000"


def drafted_from(tmp_path: Path, content: str | bytes, entity: str = "leads", name: str = "file.csv") -> str:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return draft(path, entity).text


def test_day_and_month_that_could_be_either_are_asked_about(tmp_path: Path) -> None:
    either = drafted_from(tmp_path, "id,created\n1,03/04/2025\n2,05/06/2025\n")
    day_first = drafted_from(tmp_path, "id,created\n1,03/04/2025\n2,25/06/2025\n")
    month_first = drafted_from(tmp_path, "id,created\n1,03/04/2025\n2,05/26/2025\n")
    assert f"{DECIDE} day or month first? created can be read both ways" in either
    assert 'formats: {instant: ["%d/%m/%Y"]}\n' in day_first
    assert 'formats: {instant: ["%m/%d/%Y"]}\n' in month_first


def test_words_of_a_closed_list_are_to_be_translated(tmp_path: Path) -> None:
    text = drafted_from(tmp_path, "id,created,source\n1,2026-01-01,Messe\n2,2026-01-02,event\n3,2026-01-02,Web\n")
    assert "{column: source, map: {Messe: DECIDE, Web: DECIDE, event: event}, otherwise: quarantine}" in text
    known = drafted_from(tmp_path, "id,created,source\n1,2026-01-01,Web Form\n2,2026-01-02,event\n")
    assert "lead_channel: source   " in known


def test_signs_of_a_missing_value_and_of_decimals_are_found(tmp_path: Path) -> None:
    text = drafted_from(
        tmp_path, 'id;created;country;amount;phone\n1;2026-01-01;NA;"1.234,50";?\n2;2026-01-02;DE;?;?\n3;2026-01-03;?;2,5;x\n'
    )  # fmt: skip
    assert 'missing_values: ["", "?"]' in text
    assert 'decimal: ","' in text
    assert "estimated_value: amount" in text
    assert "country: country" in text


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("id,created\n1,2026-01-01\n".encode("utf-16"), "dialect: {encoding: utf-16}"),
        ("id,created\n1,2026-01-01\n".encode("utf-16-le"), "dialect: {encoding: utf-16-le}"),
        ("id,created\n1,2026-01-01\n".encode("utf-16-be"), "dialect: {encoding: utf-16-be}"),
        ("id,created,city\n1,2026-01-01,Köln\n".encode("cp1252"), "dialect: {encoding: cp1252}"),
        (b"id\tcreated\n1\t2026-01-01\n", 'dialect: {delimiter: "\\t"}'),
        (b"Report of May\n\nid;created\n1;2026-01-01\n", 'dialect: {delimiter: ";", skip_rows: 2}'),
        (b"'id','created'\n'1,2','2026-01-01'\n", 'dialect: {quote: "\'"}'),
        (b"1,2026-01-01\n2,2026-01-02\n", "dialect: {header: false, names: [column_1, column_2]}"),
    ],
)
def test_the_dialect_is_found(tmp_path: Path, content: bytes, expected: str) -> None:
    assert f"\n{expected}\n" in drafted_from(tmp_path, content)


def test_one_line_in_another_encoding_does_not_make_the_file_so(tmp_path: Path) -> None:
    content = "id,created,city\n1,2026-01-01,Köln\n2,2026-01-01,Graz\n3,2026-01-01,Köln\n".encode()
    text = drafted_from(tmp_path, content + "4,2026-01-01,Köln\n".encode("cp1252"))
    assert "encoding" not in text.replace("# ", "")
    assert f"{DECIDE} 1 lines are not UTF-8 and would be quarantined; 2 others are." in text


@settings(deadline=None, max_examples=25)
@given(
    delimiter=st.sampled_from(",;\t|"),
    rows=st.lists(
        st.lists(st.text(st.sampled_from("abc ,;|\"'\t\n.é0"), max_size=6), min_size=3, max_size=3),
        min_size=2,
        max_size=30,
    ),
)
@example(delimiter="\t", rows=[["", "", ""], ["", "\n", ";;0"]])
@example(delimiter=",", rows=[["", "", ""], ["\n|", "|", "|0"]])
def test_what_python_writes_is_read_by_the_delimiter_it_was_written_with(
    tmp_path_factory: pytest.TempPathFactory, delimiter: str, rows: list[list[str]]
) -> None:
    import csv
    import io

    written = io.StringIO(newline="")
    csv.writer(written, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([["id", "created", "note"], *rows])
    path = tmp_path_factory.getbasetemp() / "python.csv"
    path.write_bytes(written.getvalue().encode())
    drafted = draft(path, "leads")
    assert drafted.records == len(rows)
    assert drafted.mapped.keys() | set(drafted.unmapped) >= {"source_record_id"}
    assert {"id", "created", "note"} == set(drafted.mapped.values()) | set(drafted.unmapped)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (b" \n\n", "the file is empty"),
        (b"%PDF-1.7", "the file is a PDF document"),
        (b"\x1f\x8b\x08\x00", "the file is compressed with gzip"),
        (b"PAR1 and nothing more", "cannot be read as Parquet"),
        (b"PK\x03\x04 and nothing more", "cannot be read as an Excel workbook"),
    ],
)
def test_what_no_feed_can_read_is_said(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        drafted_from(tmp_path, content)


def test_no_value_of_a_lead_stands_in_a_draft(tmp_path: Path) -> None:
    rows = "".join(f"{i},2026-01-0{i},Erika{i},Muster{i},e{i}@muster.de,+4930{i}\n" for i in range(1, 9))
    text = drafted_from(tmp_path, "id,created,first_name,last_name,email,phone\n" + rows)
    assert "Erika" not in text
    assert "uster" not in text
    assert "+4930" not in text


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12))
def test_a_name_written_into_yaml_is_read_back(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    path = tmp_path_factory.getbasetemp() / "name.yaml"
    path.write_text(f"a: {scalar(name)}\nb: {{c: {scalar(name)}, d: [{scalar(name)}]}}  # {scalar(name)}\n", "utf-8")
    document = read_yaml(path, "name.yaml")
    assert not document.problems
    assert document.data == {"a": name, "b": {"c": name, "d": [name]}}


def test_every_canonical_column_has_names_and_no_name_is_given_in_vain() -> None:
    for entity, names in NAMES.items():
        assert set(names) == set(ENTITIES[entity].columns) - {"source_system"}, entity
    assert set(NAMES) == set(ENTITIES)


def test_the_command_prints_yaml_and_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = shutil.copy(SAMPLE / "landing" / "campaign_spend" / "spend.csv", tmp_path / "spend 2026-Q1.csv")
    assert run_command(["source", "infer", str(path)]) == 0
    out, err = capsys.readouterr()
    assert "entity: campaign_spend" in out
    assert "Save it as sources/spend.yaml" in err
    assert run_command(["source", "infer", str(path), "--json", "--feed", "costs"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["feed"], found["mapped"]["amount"], found["unmapped"]) == ("costs", "Amount", [])
    assert run_command(["source", "infer", str(tmp_path / "none.csv")]) == 2
    assert run_command(["source", "infer", str(path), "--entity", "spendings"]) == 2


@pytest.mark.real_data
def test_real_exports_are_drafted(real_data: Path) -> None:
    pipeline = draft(real_data / "crm_sales" / "sales_pipeline_2017H1.csv")
    assert (pipeline.entity, pipeline.records) == ("opportunities", 4484)
    assert pipeline.mapped == {
        "opportunity_id": "opportunity_id", "created_at": "engage_date", "account": "account", "partner_id": "sales_agent",
        "stage": "deal_stage", "amount": "close_value", "closed_at": "close_date",
    }  # fmt: skip
    log = draft(real_data / "service_queue" / "incident_event_log_slice.csv", "leads")
    assert log.mapped["source_record_id"] == "number"
    assert log.mapped["captured_at"] == "opened_at"
    assert {"category#1", "category#2"} <= set(log.unmapped)
    assert 'formats: {instant: ["%d/%m/%Y %H:%M"]}' in log.text
    assert 'missing_values: ["", "?"]' in log.text


def test_a_workbook_is_drafted(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    assert workbook.active is not None
    for row in (["Lead ID", "Created At", "E-Mail"], ["007", "2026-01-01T10:00:00Z", "a@b.de"]):
        workbook.active.append(row)
    workbook.save(tmp_path / "leads.xlsx")
    drafted = draft(tmp_path / "leads.xlsx", "leads")
    assert drafted.mapped == {"source_record_id": "Lead ID", "captured_at": "Created At", "email": "E-Mail"}
