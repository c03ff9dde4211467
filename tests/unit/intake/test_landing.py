"""Whole take-ins: fates, versions, snapshots, changed contracts, derived rows, refused files, idempotence."""

import os
import signal
import subprocess
import sys
import textwrap
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from routing_jobs.intake import quarantine
from routing_jobs.intake.archive import unclaimed
from routing_jobs.intake.records import RECORD
from routing_jobs.intake.versions import Arrival, VersionStore
from routing_jobs.program.errors import ConfigurationError

sys.path.insert(0, str(Path(__file__).parent))
from intake_plant import AS_OF, REPOSITORY, Plant, new_warehouse

LEADS = """
entity: leads
files: web/*.csv
columns: {source_record_id: id, captured_at: at, email: mail, country: land, employee_count: size, notes: note}
"""
ORDERED = LEADS.replace("notes: note}", "notes: note, updated_at: changed}")
PARTNERS = """
entity: partners
files: roster/*.csv
delivery: snapshot
columns: {partner_id: id, partner_name: name, capacity: slots}
"""
HEADER = "id,at,mail,land,size,note\n"


def standing(plant: Plant, table: str = "leads", value: str = "notes") -> dict[str, Any]:
    """Key -> value of the current, open versions."""
    key = {"leads": "source_record_id", "partners": "partner_id"}[table]
    return dict(plant.rows(f"select {key}, {value} from raw.{table} where is_current and not is_closed order by 1"))


def test_each_record_has_one_fate_with_its_reason(plant: Plant) -> None:
    plant.feed("web", LEADS)
    plant.drop("web/a.csv", HEADER + "\n".join([
        "1,2026-01-01T10:00:00Z,A@x.com,Germany,12,ok",
        "2,01.01.2026,,,,",
        "3,2026-01-01,,,many,",
        ",2026-01-01,,,,",
        "5,,,,-3,",
        "6,2026-01-01",
        "7,2026-01-01,,,,\"x",
        "id,at,mail,land,size,note",
        "1,2026-01-01T10:00:00Z,A@x.com,Germany,12,ok",
        "9,2026-01-01,,,,last",
    ]))  # fmt: skip
    report = plant.land()
    assert plant.fates() == {"web/a.csv": (10, 2, 1, 0, 7)}
    assert plant.reasons() == [
        (2, "INVALID_INSTANT"), (3, "INVALID_NUMBER"), (4, "MISSING_REQUIRED"), (5, "MISSING_REQUIRED"), (6, "RAGGED_ROW"),
        (7, "MALFORMED_QUOTING"), (8, "REPEATED_HEADER"),
    ]  # fmt: skip
    assert report.by_feed() == {"web": {"records": 10, "accepted": 2, "duplicates": 1, "filtered": 0, "quarantined": 7}}
    row = plant.rows("select * exclude (content_hash, file_sha256) from raw.leads where source_record_id = '1'")
    names = [column[0] for column in plant.connection.description]
    found = {name: value for name, value in zip(names, row[0], strict=True) if value is not None}
    assert found == {
        "source_system": "web", "source_record_id": "1", "captured_at": datetime(2026, 1, 1, 10), "email": "A@x.com",
        "country": "Germany", "employee_count": 12, "notes": "ok", "email_normalized": "a@x.com", "email_domain": "x.com",
        "country_code": "DE", "record_key": "web\x1f1", "feed": "web", "record_number": 1, "arrival_seq": 1,
        "arrived_at": AS_OF, "is_current": True, "is_closed": False,
    }  # fmt: skip


def test_a_message_names_column_shape_and_format_but_never_the_value(plant: Plant) -> None:
    plant.feed("web", LEADS)
    plant.drop("web/a.csv", HEADER + "2,Erika Muster,,,12 people,\n")
    plant.land()
    ((message, remedy, column, raw),) = plant.rows(
        "select message, remedy, column_name, raw_record from raw.quarantined_record"
    )
    assert (column, raw) == ("captured_at", "2,Erika Muster,,,12 people,")
    assert "aaaaa aaaaaa" in message
    assert "Erika" not in message
    assert "employee_count" in message
    assert "sources/web.yaml" in remedy


def test_unmapped_columns_are_kept_and_decide_about_duplicates(plant: Plant) -> None:
    plant.feed("web", LEADS)
    plant.drop("web/a.csv", HEADER.strip() + ",zone,owner\n1,2026-01-01,,,,,,\n2,2026-01-01,,,,,EU,Ann\n")
    plant.drop("web/b.csv", HEADER.strip() + ",owner,zone\n2,2026-01-01,,,,,Ann,EU\n1,2026-01-01,,,,,Bob,\n")
    plant.land()
    assert dict(plant.rows("select source_record_id, extra from raw.leads where is_current")) == {
        "1": '{"owner":"Bob"}', "2": '{"owner":"Ann","zone":"EU"}',
    }  # fmt: skip
    assert plant.fates()["web/b.csv"] == (2, 1, 1, 0, 0)


def test_the_same_bytes_change_nothing_under_any_name(plant: Plant) -> None:
    plant.feed("web", LEADS)
    plant.drop("web/a.csv", HEADER + "1,2026-01-01,,,,x\n")
    plant.land()
    before = plant.rows("select * from raw.leads")
    plant.drop("web/again.csv", HEADER + "1,2026-01-01,,,,x\n")
    again = plant.land(AS_OF + timedelta(days=1))
    assert (again.files, plant.rows("select * from raw.leads"), len(plant.book.rows)) == ([], before, 1)


def test_without_updated_at_a_value_that_comes_back_is_a_version_and_the_latest_stands(plant: Plant) -> None:
    plant.feed("web", LEADS)
    for number, note in enumerate(("x", "y", "x", "x")):
        plant.drop(f"web/{number}.csv", HEADER + f"1,2026-01-01,,,,{note}\n9,2026-01-01,,,,{number}\n")
    plant.land()
    versions = plant.rows(
        "select notes, arrival_seq, is_current from raw.leads where source_record_id = '1' order by 2"
    )
    assert versions == [("x", 1, False), ("y", 2, False), ("x", 3, True)]
    assert [fates[2] for fates in plant.fates().values()] == [0, 0, 0, 1]


def test_with_updated_at_the_greatest_stands_in_whatever_order_versions_arrive(plant: Plant) -> None:
    plant.feed("web", ORDERED)
    header = HEADER.strip() + ",changed\n"
    plant.drop("web/1.csv", header + "1,2026-01-01,,,,new,2026-02-03\n1,2026-01-01,,,,none,\n")
    plant.drop("web/2.csv", header + "1,2026-01-01,,,,old,2026-02-01\n1,2026-01-01,,,,new,2026-02-03\n")
    plant.land()
    assert standing(plant) == {"1": "new"}
    assert plant.fates() == {"web/1.csv": (2, 2, 0, 0, 0), "web/2.csv": (2, 1, 1, 0, 0)}


def test_a_key_gone_from_the_newest_snapshot_is_closed_and_opens_when_it_is_back(plant: Plant) -> None:
    plant.feed("roster", PARTNERS)
    plant.drop("roster/1.csv", "id,name,slots\nA,a,1\nB,b,1\nC,c,1\n")
    plant.land()
    plant.drop("roster/2.csv", "id,name,slots\nA,a,1\n")
    plant.land()
    assert standing(plant, "partners", "partner_name") == {"A": "a"}
    plant.drop("roster/3.csv", "id,name,slots\nA,a,1\nB,b,1\n")
    plant.land()
    assert standing(plant, "partners", "partner_name") == {"A": "a", "B": "b"}
    assert plant.rows("select count(*) from raw.partners") == [(3,)]


def test_a_snapshots_broken_record_closes_nothing_of_its_key(plant: Plant) -> None:
    plant.feed("roster", PARTNERS)
    plant.drop("roster/1.csv", "id,name,slots\nAA,a,1\nBB,b,1\nCC,c,1\nDD,d,1\n")
    plant.drop("roster/2.csv", "id,name,slots\nAA,a,many\nBB,b\nCC,c,1\n")
    plant.land()
    assert plant.reasons() == [(1, "INVALID_NUMBER"), (2, "RAGGED_ROW")]
    assert set(standing(plant, "partners", "partner_name")) == {"AA", "BB", "CC"}


def test_a_snapshot_set_aside_as_a_whole_closes_nothing(plant: Plant) -> None:
    plant.feed("roster", PARTNERS)
    plant.drop("roster/1.csv", "id,name,slots\nA,a,1\nB,b,1\n")
    plant.drop("roster/2.csv", "id,title,slots\nA,a,1\n")
    plant.drop("roster/3.csv", "")
    plant.land()
    assert set(standing(plant, "partners", "partner_name")) == {"A", "B"}
    assert plant.rows("select path, file_reason, quarantined from raw.landed_file where file_reason is not null") == [
        ("roster/2.csv", "HEADER_MISMATCH", 1), ("roster/3.csv", "EMPTY_FILE", 0),
    ]  # fmt: skip


def test_a_bad_file_leaves_the_other_feeds_alone_and_stands_for_all_its_records(plant: Plant) -> None:
    plant.feed("web", LEADS)
    plant.feed("roster", PARTNERS)
    plant.drop("web/a.csv", HEADER.replace("mail", "email") + "1,2026-01-01,,,,\n" * 4)
    plant.drop("roster/1.csv", "id,name,slots\nA,a,1\n")
    plant.land()
    assert plant.fates() == {"roster/1.csv": (1, 1, 0, 0, 0), "web/a.csv": (4, 0, 0, 0, 4)}
    assert plant.rows("select reason_code, record_count, record_number from raw.quarantined_record") == [
        ("HEADER_MISMATCH", 4, 0)
    ]


def test_quarantined_records_add_up_to_the_files_count(plant: Plant) -> None:
    test_each_record_has_one_fate_with_its_reason(plant)
    plant.drop("web/b.csv", HEADER.replace("mail", "email") + "1,2026-01-01,,,,\n" * 4)
    plant.land()
    assert plant.rows("select sum(record_count) from raw.quarantined_record") == plant.rows(
        "select sum(quarantined) from raw.landed_file"
    )


def test_several_feeds_may_read_one_file_each_its_records(plant: Plant) -> None:
    plant.feed("web", LEADS + "where: {size: ['1', '']}\n")
    plant.feed("big", LEADS + "where: \"try_cast(size as integer) > 1 and land <> 'X'\"\n")
    plant.drop("web/a.csv", HEADER + "1,2026-01-01,,,1,\n2,2026-01-01,,A,5,\n3,2026-01-01,,X,7,\n4,2026-01-01,,,,\n")
    plant.land()
    assert plant.rows("select feed, source_record_id from raw.leads order by 1, 2") == [
        ("big", "2"),
        ("web", "1"),
        ("web", "4"),
    ]
    assert plant.rows("select feed, accepted, filtered from raw.landed_file order by 1") == [
        ("big", 1, 3),
        ("web", 2, 2),
    ]


def test_where_names_a_column_that_is_not_there(plant: Plant) -> None:
    plant.feed("web", LEADS + "where: \"nowhere = '1'\"\n")
    plant.drop("web/a.csv", HEADER + "1,2026-01-01,,,1,\n")
    plant.land()
    assert plant.rows("select file_reason, quarantined from raw.landed_file") == [("HEADER_MISMATCH", 1)]


def test_where_that_takes_a_text_for_a_number_is_the_selections_fault(plant: Plant) -> None:
    plant.feed("web", LEADS + 'where: "size / 2 > 1"\n')
    plant.drop("web/a.csv", HEADER + "1,2026-01-01,,,1,\n")
    plant.land()
    assert plant.rows("select file_reason, quarantined from raw.landed_file") == [("SELECTION_FAILED", 1)]


def test_select_derives_rows_that_are_reconciled_apart(plant: Plant) -> None:
    plant.feed(
        "skills",
        "entity: partner_specializations\nfiles: roster/*.csv\nselect: skills.sql\nwhere: {kind: [p]}\n"
        "columns: {partner_id: partner, kind: {value: vertical}, code: code, valid_from: since}\n",
        "select _record, id as partner, unnest(string_split(codes, '|')) as code, "
        "case when since <> '' then strptime(since, '%d.%m.%Y') end as since from records",
    )
    plant.drop("roster/1.csv", "id,kind,codes,since\nA,p,x|y,01.02.2024\nB,p,x||x,\nC,q,z,\nD,p\n")
    plant.land()
    assert plant.fates() == {"roster/1.csv": (4, 2, 0, 1, 1)}
    rows = plant.rows(
        "select partner_id, code, valid_from::varchar, record_number from raw.partner_specializations order by all"
    )
    assert rows == [("A", "x", "2024-02-01", 1), ("A", "y", "2024-02-01", 1), ("B", "x", None, 2)]
    assert plant.rows("select derived, derived_duplicates, derived_quarantined from raw.landed_file") == [(5, 1, 1)]
    assert plant.rows("select record_number, reason_code, record_count from raw.quarantined_record order by all") == [
        (2, "MISSING_REQUIRED", 0), (4, "RAGGED_ROW", 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "sql",
    [
        "drop table records",
        "select 1; select 2",
        "select from where",
        "copy records to '/tmp/x'",
        "attach ':memory:' as y",
    ],
)
def test_select_must_be_one_select(plant: Plant, sql: str) -> None:
    contract = LEADS.replace("columns:", "select: web.sql\ncolumns:")
    plant.feed("web", contract, sql)
    with pytest.raises(ConfigurationError, match=r"sources/web\.sql"):
        plant.land()


def test_select_reaches_no_file_and_fails_for_its_own_file_only(plant: Plant) -> None:
    plant.feed(
        "web", LEADS.replace("columns:", "select: web.sql\ncolumns:"), "select * from read_text('/etc/hostname')"
    )
    plant.drop("web/a.csv", HEADER + "1,2026-01-01,,,1,\n")
    plant.land()
    assert plant.rows("select file_reason from raw.landed_file") == [("SELECTION_FAILED",)]


def test_lookups_serve_select_and_map_and_a_changed_one_is_read_again(plant: Plant) -> None:
    plant.feed(
        "web",
        LEADS.replace("notes: note", "notes: {column: note, map: names}")
        + "lookup: {names: {files: tables/*.csv, dialect: {delimiter: ';'}}}\n",
    )
    plant.drop("web/a.csv", HEADER + "1,2026-01-01,,,,x\n2,2026-01-01,,,,other\n")
    waiting = plant.land()
    assert [entry.feed for entry in waiting.skipped] == ["web"]
    plant.drop("tables/names.csv", "from;to\nx;the x\n")
    plant.land()
    assert standing(plant) == {"1": "the x", "2": "other"}
    plant.drop("tables/names.csv", "from;to\nx;an x\n")
    assert [file.is_again for file in plant.land(AS_OF + timedelta(days=1)).files] == [True]
    assert standing(plant) == {"1": "an x", "2": "other"}
    assert plant.rows("select count(*), min(arrived_at) from raw.leads") == [(2, AS_OF)]


def test_maps_keep_miss_or_refuse_what_they_do_not_know(plant: Plant) -> None:
    (plant.workspace.reference / "words.csv").write_text("from,to\nx,X\n")
    for name, otherwise in (("keep", "keep"), ("miss", "missing"), ("refuse", "quarantine")):
        mapping = f"notes: {{column: note, map: words, otherwise: {otherwise}}}"
        plant.feed(name, LEADS.replace("notes: note", mapping).replace("web/", "all/"))
    plant.drop("all/a.csv", HEADER + "1,2026-01-01,,,,x\n2,2026-01-01,,,,y\n3,2026-01-01,,,,\n")
    plant.land()
    rows = plant.rows("select feed, source_record_id, notes from raw.leads order by 1, 2")
    assert [row[1:] for row in rows if row[0] == "keep"] == [("1", "X"), ("2", "y"), ("3", None)]
    assert [row[1:] for row in rows if row[0] == "miss"] == [("1", "X"), ("2", None), ("3", None)]
    assert [row[1:] for row in rows if row[0] == "refuse"] == [("1", "X"), ("3", None)]
    assert plant.reasons() == [(2, "UNMAPPED_VALUE")]


def test_expressions_split_join_and_lower(plant: Plant) -> None:
    plant.feed("web", """
        entity: leads
        files: web/*.csv
        formats: {instant: ["%d/%m/%Y %H:%M", "%Y%m%d%z"], true: [ja]}
        timezone: Europe/Berlin
        decimal: ","
        missing_values: ["", "?"]
        columns:
          source_record_id: {join: [a, b], with: "-"}
          captured_at: at
          first_name: {column: name, split: " ", part: 1}
          last_name: {column: name, split: " ", part: -1, lower: true}
          company: {value: "O'Neill; drop table x"}
          estimated_value: value
          consent_to_share: ok
          product_interest: many
          lead_channel: channel
        """.replace("\n        ", "\n"))  # fmt: skip
    plant.drop("web/a.csv", 'a,b,at,name,value,ok,many,channel\n1,2,29/2/2016 07:08,Ann de VRIES,"1.234,50",Ja,a;b|c,Web Form\n'
               "?,3,20240101+0200,?,?,?,?,?\n")  # fmt: skip
    plant.land()
    rows = plant.rows(
        "select source_record_id, captured_at, first_name, last_name, company, estimated_value::varchar, consent_to_share, "
        "product_interest, lead_channel from raw.leads order by 1"
    )
    company = "O'Neill; drop table x"
    assert rows == [
        ("1-2", datetime(2016, 2, 29, 6, 8), "Ann", "vries", company, "1234.5000", True, ["a", "b", "c"], "web_form"),
        ("3", datetime(2023, 12, 31, 22), None, None, company, None, None, None, None),
    ]


def test_a_reference_to_a_lead_is_needed_where_the_entity_needs_one(plant: Plant) -> None:
    plant.feed(
        "offers",
        """
entity: assignment_history
files: offers/*.csv
columns: {lead_source_record_id: lead, lead_email: mail, partner_id: partner, assigned_at: at}
""",
    )
    plant.drop("offers/a.csv", "lead,mail,partner,at\n1,,P,2026-01-01\n,a@b.c,P,2026-01-01\n,,P,2026-01-01\n")
    plant.land()
    assert plant.reasons() == [(3, "MISSING_REQUIRED")]


def test_a_changed_contract_reads_all_files_again_and_keeps_their_arrival(plant: Plant) -> None:
    plant.feed("web", LEADS)
    plant.drop("web/1.csv", HEADER + "1,01.02.2026,,,,x\n2,2026-01-01,,,,y\n")
    plant.drop("web/2.csv", HEADER + "2,2026-01-01,,,,z\n")
    plant.land()
    assert plant.fates()["web/1.csv"] == (2, 1, 0, 0, 1)
    plant.feed("web", LEADS + "formats: {instant: ['%d.%m.%Y', '%Y-%m-%d']}\n")
    (plant.workspace.landing / "web/1.csv").unlink()  # the archive has it
    report = plant.land(AS_OF + timedelta(days=3))
    assert [(file.path, file.is_again) for file in report.files] == [("web/1.csv", True), ("web/2.csv", True)]
    assert plant.fates() == {"web/1.csv": (2, 2, 0, 0, 0), "web/2.csv": (1, 1, 0, 0, 0)}
    assert standing(plant) == {"1": "x", "2": "z"}
    assert plant.rows("select distinct arrival_seq, arrived_at from raw.leads order by 1") == [(1, AS_OF), (2, AS_OF)]
    assert not plant.reasons()


def test_what_does_not_change_the_meaning_reads_nothing_again(plant: Plant) -> None:
    plant.feed("web", LEADS)
    plant.drop("web/1.csv", HEADER + "1,2026-02-01,,,,x\n")
    plant.land()
    plant.feed("web", LEADS + "required: true\nexpected_every: 1d\nmax_quarantined: 0.1\n")
    assert plant.land().files == []


def test_two_feeds_of_one_key_keep_their_versions_apart_when_one_is_read_again(plant: Plant) -> None:
    plant.feed("one", PARTNERS.replace("roster", "one").replace("delivery: snapshot", ""))
    plant.feed("two", PARTNERS.replace("roster", "two").replace("delivery: snapshot", ""))
    plant.drop("one/a.csv", "id,name,slots\nA,first,1\n")
    plant.land()
    plant.drop("two/a.csv", "id,name,slots\nA,second,1\n")
    plant.land()
    assert standing(plant, "partners", "partner_name") == {"A": "second"}
    before = plant.rows("select * exclude (content_hash) from raw.partners order by feed")
    plant.retry("one")
    assert plant.rows("select * exclude (content_hash) from raw.partners order by feed") == before
    plant.retry("two")
    assert plant.rows("select * exclude (content_hash) from raw.partners order by feed") == before


def test_rebuild_from_the_archive_gives_the_same_tables(plant: Plant) -> None:
    plant.feed("web", LEADS)
    plant.feed("roster", PARTNERS)
    for day in range(3):
        plant.drop(f"web/{day}.csv", HEADER + f"1,2026-01-01,,,,{day}\n{day},2026-01-01,,,x,\n")
        plant.drop(f"roster/{day}.csv", f"id,name,slots\nA,a,1\nB{day},b,1\n")
        plant.land(AS_OF + timedelta(days=day))
    other = new_warehouse()
    plant.rebuild(other)
    for table in ("leads", "partners", "landed_file", "quarantined_record"):
        sql = f"select * from raw.{table} order by all"
        assert other.execute(sql).fetchall() == plant.rows(sql), table


def test_files_that_are_no_regular_files_are_refused_and_named(plant: Plant, tmp_path: Path) -> None:
    plant.feed("web", LEADS)
    plant.drop("web/good.csv", HEADER + "1,2026-01-01,,,,x\n")
    folder = plant.workspace.landing / "web"
    os.mkfifo(folder / "pipe.csv")
    (folder / "folder.csv").mkdir()
    (folder / "device.csv").symlink_to("/dev/zero")
    outside = plant.drop("../elsewhere.csv", HEADER + "2,2026-01-01,,,,linked\n")
    (folder / "link.csv").symlink_to(outside)
    report = plant.land()
    assert sorted(file.path for file in report.files) == ["web/good.csv", "web/link.csv"]
    refused = dict(plant.rows("select path, reason_code from raw.quarantined_record"))
    assert refused == dict.fromkeys(("web/pipe.csv", "web/folder.csv", "web/device.csv"), "NOT_A_REGULAR_FILE")
    (folder / "pipe.csv").unlink()
    plant.land()
    assert plant.rows("select count(*) from raw.quarantined_record") == [(2,)]


def test_links_that_go_in_circles_are_refused_and_cost_no_other_file(plant: Plant) -> None:
    plant.feed("web", LEADS.replace("web/*.csv", "web/**/*.csv"))
    plant.drop("web/good.csv", HEADER + "1,2026-01-01,,,,x\n")
    folder = plant.workspace.landing / "web"
    (folder / "a.csv").symlink_to("b.csv")
    (folder / "b.csv").symlink_to("a.csv")
    (folder / "up").symlink_to("..")
    report = plant.land()
    assert [file.path for file in report.files] == ["web/good.csv"]
    assert plant.rows("select path, reason_code from raw.quarantined_record order by 1") == [
        ("web/a.csv", "NOT_A_REGULAR_FILE"), ("web/b.csv", "NOT_A_REGULAR_FILE"),
    ]  # fmt: skip


@pytest.mark.parametrize("closed", ["web/a.csv", "web"])
def test_what_may_not_be_read_is_named_and_costs_no_other_feed(plant: Plant, closed: str) -> None:
    plant.feed("web", LEADS)
    plant.feed("other", LEADS.replace("web/", "other/"))
    plant.drop("web/a.csv", HEADER + "1,2026-01-01,,,,x\n")
    plant.drop("other/a.csv", HEADER + "2,2026-01-01,,,,x\n")
    path = plant.workspace.landing / closed
    path.chmod(0)
    plain_user = _somebody_else(plant.workspace.root)
    try:
        report = plant.land()
    finally:
        if plain_user:
            os.seteuid(0)
        path.chmod(0o700)
    assert [file.path for file in report.files] == ["other/a.csv"]
    assert plant.rows("select feed, path, reason_code from raw.quarantined_record") == [
        ("web", closed, "NOT_PERMITTED")
    ]
    plant.land()
    assert plant.rows("select count(*) from raw.quarantined_record") == [(0,)]
    assert standing(plant) == {"1": "x", "2": "x"}


def _somebody_else(folder: Path) -> bool:
    """Root may read everything: give the folder to a user who is not root, and be that user."""
    if os.geteuid() != 0:
        return False
    for path in (folder, *folder.rglob("*")):
        os.chown(path, 65534, 65534)
    for parent in folder.parents:
        if "pytest-of-" in str(parent):  # pytest's own folders, closed to others
            parent.chmod(parent.stat().st_mode | 0o111)
    os.seteuid(65534)
    return True


def test_a_file_that_cannot_be_decoded_at_all_costs_no_other_file(plant: Plant) -> None:
    plant.feed("web", LEADS + "dialect: {encoding: utf-16}\n")
    content = HEADER + "1,2026-01-01,,,,x\n"
    plant.drop("web/1.csv", content.encode("utf-16-be"))  # no byte order mark
    plant.drop("web/2.csv", content.encode("utf-16"))
    plant.land()
    assert plant.fates() == {"web/1.csv": (1, 0, 0, 0, 1), "web/2.csv": (1, 1, 0, 0, 0)}
    assert plant.reasons() == [(0, "INVALID_ENCODING")]


def test_every_record_of_a_file_may_be_bad(plant: Plant) -> None:
    plant.feed("web", LEADS)
    plant.drop("web/a.csv", HEADER + "".join(f"{number},31/12/2025,,,,x\n" for number in range(40_000)))
    plant.land()
    assert plant.fates() == {"web/a.csv": (40_000, 0, 0, 0, 40_000)}
    assert plant.rows(
        "select reason_code, count(*), count(distinct record_number), count(distinct quarantine_id), max(record_number) "
        "from raw.quarantined_record group by 1"
    ) == [("INVALID_INSTANT", 40_000, 40_000, 40_000, 40_000)]


def test_what_is_refused_unread_is_dated_by_the_data_where_the_data_date_the_run(plant: Plant) -> None:
    from routing_jobs.ledger import Ledger
    from routing_jobs.stages.take_in import take_in
    from routing_jobs.warehouse.store import opened

    assert plant.program.config.as_of == "data"
    plant.feed("web", LEADS)
    plant.drop("web/a.csv", HEADER + "1,2026-01-01T10:00:00Z,,,,x\n")
    (plant.workspace.landing / "web" / "folder.csv").mkdir()
    with Ledger.open(plant.workspace) as ledger:
        taken = take_in(plant.workspace, plant.program, ledger, None, "run", full_refresh=False, say=print)
    with opened(plant.workspace, read_only=True) as connection:
        rows = connection.execute("select reason_code, arrived_at from raw.quarantined_record").fetchall()
    assert taken.as_of == datetime(2026, 1, 1, 10)
    assert rows == [("NOT_A_REGULAR_FILE", taken.as_of)]


def test_the_quarantines_summary_can_be_of_one_feed_or_reason(plant: Plant) -> None:
    for feed in ("one", "two"):
        plant.feed(feed, LEADS.replace("web/", f"{feed}/"))
        plant.drop(f"{feed}/a.csv", HEADER + f"{feed},2026-01-01\n{feed},yesterday,,,,\n{feed},today,,,,\n")
    plant.land()

    def totals(feed: str | None, reason: str | None) -> list[tuple[str, str, int]]:
        found = quarantine.summary(plant.connection, feed, reason)
        return [(row["feed"], row["reason_code"], row["records"]) for row in found]

    ragged, late = ("RAGGED_ROW", 1), ("INVALID_INSTANT", 2)
    assert totals(None, None) == [("one", *late), ("two", *late), ("one", *ragged), ("two", *ragged)]
    assert totals("two", None) == [("two", *late), ("two", *ragged)]
    assert totals("two", "RAGGED_ROW") == [("two", *ragged)]
    assert totals("three", None) == []


def test_a_link_that_another_user_made_is_not_followed(plant: Plant) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a link away")
    plant.feed("web", LEADS)
    link = plant.workspace.landing / "web" / "a.csv"
    link.parent.mkdir()
    link.symlink_to("/etc/passwd")
    os.lchown(link, 12345, 12345)
    plant.land()
    assert plant.rows("select reason_code from raw.quarantined_record") == [("NOT_A_REGULAR_FILE",)]
    assert not any(plant.workspace.archive.glob("*"))


def test_a_file_somebody_is_writing_is_left_for_the_next_run(plant: Plant) -> None:
    plant.feed("web", LEADS)
    path = plant.drop("web/a.csv", HEADER + "1,2026-01-01,,,,x\n")
    with path.open("a") as writer:
        report = plant.land()
        assert ([entry.path for entry in report.skipped], report.files) == (["web/a.csv"], [])
        writer.write("2,2026-01-01,,,,y\n")
    assert plant.land().totals()["accepted"] == 2


def test_unfinished_and_hidden_names_are_passed_over(plant: Plant) -> None:
    plant.feed("web", LEADS.replace("*.csv", "*"))
    for name in ("a.csv.part", ".b.csv", "c.csv.tmp", "d.csv~"):
        plant.drop(f"web/{name}", HEADER + "1,2026-01-01,,,,x\n")
    assert (plant.land().files, len(plant.book.rows)) == ([], 0)


def test_files_that_no_feed_takes_are_named(plant: Plant) -> None:
    for name in ("web/a.csv", "web/a.txt", "other/b c.csv", "other/deep/d.csv", ".hidden/e.csv", "web/f.csv.part"):
        plant.drop(name, HEADER)
    plant.feed("web", LEADS)
    plant.feed("other", LEADS.replace("web/*.csv", "other/*.csv"))
    landing, sources = plant.workspace.landing, plant.program.sources
    assert unclaimed(landing, sources.values()) == ["other/deep/d.csv", "web/a.txt"]
    assert unclaimed(landing, [sources["web"]]) == ["other/b c.csv", "other/deep/d.csv", "web/a.txt"]
    assert unclaimed(landing / "nowhere", sources.values()) == []


@pytest.mark.parametrize(
    "name", ["-rf.csv", "a\nb.csv", "..csv"[1:] + ".csv", "x" * 250 + ".csv", "'; drop table x;--.csv"]
)
def test_a_name_is_only_a_name(plant: Plant, name: str) -> None:
    plant.feed("web", LEADS)
    if name.startswith("."):
        name = "dots..csv"
    plant.drop(f"web/{name}", HEADER + "1,2026-01-01,,,,x\n")
    assert [file.path for file in plant.land().files] == [f"web/{name}"]


def test_a_name_that_is_no_text_is_shown_escaped(plant: Plant) -> None:
    plant.feed("web", LEADS)
    plant.drop(os.fsdecode(b"web/caf\xe9.csv"), HEADER)
    assert [file.path for file in plant.land().files] == ["web/caf\\xe9.csv"]


def test_a_file_beyond_the_size_limit_is_refused_unread(plant: Plant) -> None:
    text = plant.workspace.program_file.read_text().replace("max_file_mb: 4096", "max_file_mb: 1")
    plant.workspace.program_file.write_text(text)
    plant.feed("web", LEADS)
    plant.drop("web/a.csv", b"x" * ((1 << 20) + 1))
    plant.land()
    assert plant.rows("select reason_code, arrival_seq from raw.quarantined_record") == [("FILE_TOO_LARGE", 0)]


def test_killed_at_any_instant_and_run_again_is_as_if_never_killed(tmp_path: Path) -> None:
    script = textwrap.dedent("""
        import sys
        sys.path[:0] = [sys.argv[2], sys.argv[3]]
        from pathlib import Path
        import pickle
        from intake_plant import AS_OF, Book, Plant, make_plant
        from routing_jobs.program.workspace import Workspace
        from routing_jobs.warehouse.store import connect
        root = Path(sys.argv[1])
        class Kept(Book):
            def record_arrivals(self, files, as_of):
                numbers = super().record_arrivals(files, as_of)
                (root / "book.new").write_bytes(pickle.dumps([tuple(vars(row).values()) for row in self.rows]))
                (root / "book.new").replace(root / "book")
                return numbers
        from routing_jobs.intake.versions import Arrival
        book = Kept()
        if (root / "book").exists():
            book.rows = [Arrival(*row) for row in pickle.loads((root / "book").read_bytes())]
        workspace = Workspace(root)
        plant = Plant(workspace, connect(workspace), book)
        print("ready", flush=True)
        plant.land()
        print("done", flush=True)
    """)
    sys.path.insert(0, str(Path(__file__).parent))
    from intake_plant import make_plant

    def prepared(root: Path) -> Plant:
        plant = make_plant(root)
        plant.feed("web", LEADS)
        for number in range(6):
            lines = "".join(f"{row},2026-01-01,,,,{number}\n" for row in range(number, 3000))
            plant.drop(f"web/{number}.csv", HEADER + lines + "bad\n")
        return plant

    whole = prepared(tmp_path / "whole")
    whole.land()
    root = prepared(tmp_path / "killed").workspace.root
    command = [sys.executable, "-c", script, str(root), str(Path(__file__).parent), str(REPOSITORY)]
    for wait in (0.05, 0.2, 0.4, 0.7):
        child = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert child.stdout is not None
        child.stdout.readline()
        try:
            child.wait(wait)
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
        child.wait()
    assert subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout.splitlines()[-1] == b"done"
    import duckdb

    with duckdb.connect(str(root / "state" / "warehouse.duckdb"), read_only=True) as after:
        for table in ("leads", "landed_file", "quarantined_record"):
            sql = f"select * from raw.{table} order by all"
            assert after.execute(sql).fetchall() == whole.rows(sql), table


def test_records_stored_are_not_held_in_memory_until_the_transaction_ends(plant: Plant) -> None:
    plant.feed("web", LEADS)
    arrival = Arrival("web", "0" * 64, "web/a.csv", 1, 1, AS_OF)
    store = VersionStore(plant.connection, plant.program.sources["web"], arrival)
    plant.connection.begin()
    held = []
    for block in range(6):
        numbers = range(block * 20_000, (block + 1) * 20_000)
        keys = pa.array([f"record {number}" for number in numbers])
        columns = {RECORD: pa.array(numbers), "record_key": keys, "content_hash": keys, "source_record_id": keys}
        assert store.add(pa.table(columns)) == len(keys)
        del keys, columns
        held.append(pa.total_allocated_bytes())
    plant.connection.rollback()
    assert held[-1] - held[0] < 1_000_000, held
