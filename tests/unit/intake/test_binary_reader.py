"""Parquet and Excel through the child process: values as text, limits, damaged and hostile files."""

import datetime as dt
import sys
import zipfile
from decimal import Decimal
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from intake_readers import Read, read

from routing_jobs.intake.binary_reader import BinaryReader
from routing_jobs.intake.records import Limits


def read_parquet(path: Path, **settings: object) -> Read:
    return read(path, BinaryReader, format="parquet", **settings)  # type: ignore[arg-type]


def read_xlsx(path: Path, **settings: object) -> Read:
    return read(path, BinaryReader, format="xlsx", **settings)  # type: ignore[arg-type]


def test_parquet_values_become_the_text_a_person_would_write(tmp_path: Path) -> None:
    table = pa.table(
        {
            "id": ["0049", "NA", None],
            "whole": [12.0, None, 1.5],
            "money": [Decimal("1.10"), None, Decimal("-3.00")],
            "at": pa.array([dt.datetime(2024, 1, 2, 3, 4, 5, 6)] * 3, pa.timestamp("ns")),
            "zoned": pa.array([dt.datetime(2024, 7, 1, 10)] * 3, pa.timestamp("us", "Europe/Berlin")),
            "day": [dt.date(2024, 2, 29)] * 3,
            "yes": [True, False, None],
            "many": [["a", "b"], [], None],
            "deep": [{"x": 1}] * 3,
            "raw": [b"abc", b"\xff", b""],
            "empty": ["", "?", "x"],
        }
    )
    pq.write_table(table, tmp_path / "f.parquet")
    first, second, third = read_parquet(tmp_path / "f.parquet", missing_values=("", "?")).rows
    assert first == {
        "id": "0049", "whole": "12", "money": "1.10", "at": "2024-01-02 03:04:05.000006", "zoned": "2024-07-01 10:00:00+00",
        "day": "2024-02-29", "yes": "true", "many": "a;b", "deep": '{"x":1}', "raw": "abc", "empty": None,
    }  # fmt: skip
    assert (second["id"], second["whole"], second["many"], second["raw"]) == ("NA", None, None, "\\xFF")
    assert (third["id"], third["whole"], third["money"], third["empty"]) == (None, "1.5", "-3.00", "x")


def test_rows_keep_their_order_and_a_nul_sets_a_row_aside(tmp_path: Path) -> None:
    names = [f"r{number}" for number in range(130_000)]
    names[70_000] = "a\x00b"
    pq.write_table(pa.table({"id": names}), tmp_path / "f.parquet", row_group_size=9_000)
    found = read_parquet(tmp_path / "f.parquet")
    assert found.rejects == {70_001: "NUL_BYTE"}
    assert [row["id"] for row in found.rows] == names[:70_000] + names[70_001:]
    assert found.raws[70_001] == '{"id": "a\\u0000b"}'


def test_a_damaged_or_empty_parquet_file_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": ["a"] * 1000}), tmp_path / "whole.parquet")
    content = (tmp_path / "whole.parquet").read_bytes()
    (tmp_path / "cut.parquet").write_bytes(content[: len(content) // 2])
    (tmp_path / "none.parquet").write_bytes(b"")
    (tmp_path / "text.parquet").write_bytes(b"id\n1\n")
    assert read_parquet(tmp_path / "cut.parquet").refused == "UNREADABLE_FILE"
    assert read_parquet(tmp_path / "none.parquet").refused == "EMPTY_FILE"
    assert read_parquet(tmp_path / "text.parquet").refused == "WRONG_FILE_TYPE"


def test_a_renamed_column_refuses_a_parquet_file_and_its_rows_are_counted(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": ["a"] * 7}), tmp_path / "f.parquet")
    found = read_parquet(tmp_path / "f.parquet", required=("ID",))
    assert (found.refused, found.records) == ("HEADER_MISMATCH", 7)


def test_columns_of_one_name_are_told_apart_in_parquet_as_in_csv(tmp_path: Path) -> None:
    nested = pa.array([{"id": 1, "deep": {"id": [2]}}])
    columns = [pa.array([text]) for text in "abc"]
    table = pa.Table.from_arrays([columns[0], nested, columns[1], columns[2]], ["note", "both", "Note", "id"])
    pq.write_table(table, tmp_path / "f.parquet")
    found = read_parquet(tmp_path / "f.parquet", required=("id", "note#1"))
    assert found.rows == [{"note#1": "a", "both": '{"id":1,"deep":{"id":[2]}}', "Note#2": "b", "id": "c"}]
    unclear = read_parquet(tmp_path / "f.parquet", required=("note",))
    assert unclear.refused == "HEADER_MISMATCH"
    assert unclear.facts["detail"] == "column 'note' stands more than once; map 'note#1' or 'Note#2'"


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (Limits(1 << 30, 1000, 2, 10**6), "TOO_MANY_COLUMNS"),
        (Limits(1 << 30, 1000, 10, 999), "TOO_MANY_ROWS"),
        (Limits(1000, 1000, 10, 10**6), "FILE_TOO_LARGE"),
    ],
)
def test_parquet_limits_hold_before_anything_is_unpacked(tmp_path: Path, limits: Limits, code: str) -> None:
    pq.write_table(pa.table({name: ["x" * 50] * 1000 for name in "abc"}), tmp_path / "f.parquet", use_dictionary=False)
    assert read_parquet(tmp_path / "f.parquet", limits=limits).refused == code


def test_a_parquet_bomb_is_refused_by_what_it_would_unpack_to(tmp_path: Path) -> None:
    table = pa.table({"a": pa.array(["x" * 1000]).take(pa.array([0] * 200_000))})
    pq.write_table(table, tmp_path / "f.parquet", use_dictionary=False, compression="zstd")
    assert (tmp_path / "f.parquet").stat().st_size < 1 << 20
    found = read_parquet(tmp_path / "f.parquet", limits=Limits(100 << 20, 1 << 20, 10, 10**7))
    assert found.refused == "FILE_TOO_LARGE"


def make_workbook(path: Path, rows: list[list[object]], sheet: str = "Data") -> None:
    workbook = openpyxl.Workbook()
    assert workbook.active is not None
    workbook.active.title = sheet
    for row in rows:
        workbook.active.append(row)
    workbook.save(path)


def test_excel_cells_become_the_text_a_person_would_type(tmp_path: Path) -> None:
    make_workbook(tmp_path / "f.xlsx", [
        ["id", "when", "n", "flag", ""],
        ["0049", dt.datetime(2024, 1, 2, 3, 4), 12, True, "x"],
        [None, None, None, None, None],
        ["NA", dt.date(2024, 2, 29), 1.5, False, None],
    ])  # fmt: skip
    found = read_xlsx(tmp_path / "f.xlsx")
    assert found.rows == [
        {"id": "0049", "when": "2024-01-02 03:04:00", "n": "12", "flag": "true", "column_5": "x"},
        {"id": "NA", "when": "2024-02-29", "n": "1.5", "flag": "false", "column_5": None},
    ]


def test_a_sheet_without_a_cell_has_no_records_and_one_without_rows_is_read(tmp_path: Path) -> None:
    make_workbook(tmp_path / "empty.xlsx", [])
    make_workbook(tmp_path / "header.xlsx", [["id", "name"]])
    empty, header = read_xlsx(tmp_path / "empty.xlsx"), read_xlsx(tmp_path / "header.xlsx")
    assert (empty.refused, empty.records) == ("EMPTY_FILE", 0)
    assert (header.refused, header.records) == (None, 0)


def test_a_header_doubled_in_a_sheet_is_set_aside(tmp_path: Path) -> None:
    make_workbook(tmp_path / "f.xlsx", [["id", "name"], ["1", "x"], ["id", "name"], ["2", "name"]])
    found = read_xlsx(tmp_path / "f.xlsx")
    assert (found.rejects, found.rows) == (
        {2: "REPEATED_HEADER"},
        [{"id": "1", "name": "x"}, {"id": "2", "name": "name"}],
    )


def test_text_called_a_workbook_is_said_to_be_text(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes("id;näme\n1;x\n".encode() * 9)
    (tmp_path / "b.xlsx").write_bytes(bytes(range(256)))
    found, other = read_xlsx(tmp_path / "a.xlsx"), read_xlsx(tmp_path / "b.xlsx")
    assert (found.refused, found.facts["found"]) == ("WRONG_FILE_TYPE", "text")
    assert (other.refused, other.facts["found"]) == ("WRONG_FILE_TYPE", "something else")


def test_the_declared_sheet_is_read(tmp_path: Path) -> None:
    make_workbook(tmp_path / "f.xlsx", [["id"], ["1"]], sheet="Leads")
    assert read_xlsx(tmp_path / "f.xlsx", sheet="Leads").rows == [{"id": "1"}]
    missing = read_xlsx(tmp_path / "f.xlsx", sheet="Other")
    assert (missing.refused, "Leads" in missing.facts["detail"]) == ("HEADER_MISMATCH", True)


def test_a_zip_that_is_no_workbook_and_a_zip_bomb_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "other.xlsx", "w") as archive:
        archive.writestr("readme.txt", "hello")
    with (
        zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet,
    ):
        for _ in range(600):
            sheet.write(b" " * (1 << 20))
    assert read_xlsx(tmp_path / "other.xlsx").refused == "UNREADABLE_FILE"
    assert read_xlsx(tmp_path / "bomb.xlsx").refused == "FILE_TOO_LARGE"
