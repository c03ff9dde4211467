"""CSV as text: csv-spectrum's truth, round trips through Python's writer, and files that are wrong as a whole."""

import csv
import io
import json
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from intake_readers import Read, read

from routing_jobs.intake.csv_reader import CsvReader
from routing_jobs.intake.records import Limits
from routing_jobs.program.source import Dialect


def read_csv(tmp_path: Path, content: bytes | str, **settings: object) -> Read:
    path = tmp_path / "file.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    block = settings.pop("block_bytes", 1 << 20)
    return read(path, lambda reading: CsvReader(reading, block), **settings)  # type: ignore[arg-type]


@pytest.mark.real_data
def test_csv_spectrum_reads_as_its_truth_says(real_data: Path) -> None:
    files = sorted((real_data / "csv_spectrum" / "csvs").glob("*.csv"))
    assert len(files) == 12
    for path in files:
        truth = json.loads((path.parents[1] / "json" / f"{path.stem}.json").read_text(encoding="utf-8"))
        truth = truth if isinstance(truth, list) else [truth]
        if path.stem == "location_coordinates":
            truth[0]["Contact Phone Number"] = "2095257564"  # the set's own slip: its CSV has this number
        found = read(path, CsvReader, missing_values=())
        assert found.rows == truth, path.name
        assert not found.rejects, path.name


def test_text_stays_what_it_is(tmp_path: Path) -> None:
    cells = ["0049301", "+49", "NA", "null", "NULL", "None", "1E5", "1.10", "12345678901234567890123", "TRUE", "t", "-0",
             "inf", "NaN", "#N/A", " padded ", "\u00a0", "\U0001f469\u200d\U0001f52c", "=1+1", "O'Brien", "e\u0301"]  # fmt: skip
    found = read_csv(tmp_path, "id,x\n" + "".join(f"{index},{cell}\n" for index, cell in enumerate(cells)))
    assert [row["x"] for row in found.rows] == cells


def test_only_declared_values_are_missing_quoted_or_not(tmp_path: Path) -> None:
    found = read_csv(tmp_path, 'a,b\n,?\n"","?"\nNA,x\n', missing_values=("", "?"))
    assert [list(row.values()) for row in found.rows] == [[None, None], [None, None], ["NA", "x"]]


texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=10)


@settings(deadline=None, max_examples=80)
@given(
    table=st.integers(1, 5).flatmap(
        lambda width: st.lists(st.lists(texts, min_size=width, max_size=width), max_size=8)
    ),
    delimiter=st.sampled_from(",;\t|^\x1f"),
    quote=st.sampled_from("\"'"),
    # QUOTE_MINIMAL quotes only those line breaks that stand in its own line end
    style=st.sampled_from(
        [(csv.QUOTE_ALL, "\n"), (csv.QUOTE_ALL, "\r"), (csv.QUOTE_ALL, "\r\n"), (csv.QUOTE_MINIMAL, "\r\n")]
    ),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
    block_bytes=st.sampled_from([1, 1 << 20]),
)
def test_what_python_writes_is_read_back_exactly(
    tmp_path_factory: pytest.TempPathFactory, table: list[list[str]], delimiter: str, quote: str, style: tuple[int, str],
    encoding: str, block_bytes: int,
) -> None:  # fmt: skip
    width = len(table[0]) if table else 1
    header = [f"column {number}" for number in range(width)]
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, quotechar=quote, quoting=style[0], lineterminator=style[1])
    writer.writerows([header, *table])
    found = read_csv(
        tmp_path_factory.getbasetemp(), text.getvalue().encode(encoding), missing_values=(), block_bytes=block_bytes,
        limits=Limits(1 << 30, 4096, 500, 10**6),
        dialect=Dialect(delimiter=delimiter, quote=quote, encoding=encoding),
    )  # fmt: skip
    assert [list(row.values()) for row in found.rows] == table
    assert not found.rejects


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "shift_jis", "gb18030", "utf-16-le", "utf-16-be", "utf-8"])
def test_the_declared_encoding_decides(tmp_path: Path, encoding: str) -> None:
    word = {"shift_jis": "東京", "gb18030": "北京"}.get(encoding, "Müller")
    found = read_csv(tmp_path, f"name,city\n{word},x\n".encode(encoding), dialect=Dialect(encoding=encoding))
    assert found.rows == [{"name": word, "city": "x"}]


def test_a_byte_order_mark_is_no_part_of_the_header(tmp_path: Path) -> None:
    assert read_csv(tmp_path, b"\xef\xbb\xbfa,b\n1,2\n").rows == [{"a": "1", "b": "2"}]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "EMPTY_FILE"),
        (b"\n\r\n", "EMPTY_FILE"),
        ("a,b\n1,2\n".encode("utf-16"), "INVALID_ENCODING"),
        ("a,b\n1,2\n".encode("utf-16-le"), "INVALID_ENCODING"),
        ("a,b\n1,2\n".encode("utf-32"), "INVALID_ENCODING"),
        ("näme,b\n1,2\n".encode("latin-1"), "INVALID_ENCODING"),
        (("a,b\n" + "é,2\n" * 5).encode("latin-1"), "INVALID_ENCODING"),
        (b"PK\x03\x04\x14\x00", "WRONG_FILE_TYPE"),
        (b"PAR1xxxx", "WRONG_FILE_TYPE"),
        (b"\x1f\x8b\x08", "WRONG_FILE_TYPE"),
        (b"\xd0\xcf\x11\xe0\xa1", "WRONG_FILE_TYPE"),
        (b"%PDF-1.7", "WRONG_FILE_TYPE"),
        (b"  <!DOCTYPE html><html>", "WRONG_FILE_TYPE"),
        (b"a,c\n1,2\n", "HEADER_MISMATCH"),
        (b"A,b\n1,2\n", "HEADER_MISMATCH"),
        ("\u0430,b\n1,2\n".encode(), "HEADER_MISMATCH"),  # a Cyrillic letter that looks like a
        (b"a;b\n1;2\n", "HEADER_MISMATCH"),
        (b"a,b,a\n1,2,3\n", "HEADER_MISMATCH"),
        (b"a,b,A\n1,2,3\n", "HEADER_MISMATCH"),
        (b'"a,b"\n"1,2"\n', "HEADER_MISMATCH"),
        (b'a,"b\n1,2\n', "HEADER_MISMATCH"),
        (b'a,b"\n1,2\n', "HEADER_MISMATCH"),
        (b"1,2\n3,4\n", "HEADER_MISMATCH"),
    ],
)
def test_a_file_that_is_wrong_as_a_whole_is_refused_as_a_whole(tmp_path: Path, content: bytes, code: str) -> None:
    found = read_csv(tmp_path, content, required=("a", "b"))
    assert (found.refused, found.rows) == (code, [])


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (b"a;b\n1;2\n", "the columns are separated by a semicolon; see dialect.delimiter"),
        (b"a\tb\n1\t2\n", "the columns are separated by a tab; see dialect.delimiter"),
        (b'"a,b"\n"1,2"\n', "the header line stands in quotes as a whole"),
        (b"Leads of May\na,b\n1,2\n", "the first line has none of the columns; if they are named further down, see"),
        (b"sep=,\na,b\n1,2\n", "the first line has none of the columns; if they are named further down, see"),
        (b"a,B\n1,2\n", "no column 'b' (it has 'B')"),
        (b"a,c\n1,2\n", "no column 'b'"),
        (b"a,b\n1,2\nb,a\n3,4\n", "record 2 is a header with the columns in another order"),
    ],
)
def test_a_header_that_does_not_fit_is_told_by_its_likeliest_cause(tmp_path: Path, content: bytes, detail: str) -> None:
    found = read_csv(tmp_path, content, required=("a", "b"))
    assert found.refused == "HEADER_MISMATCH"
    assert found.facts["detail"].startswith(detail)


cells = st.sampled_from(["a", "b", "c", "x", "", "?"])


@settings(deadline=None, max_examples=300)
@given(st.lists(st.tuples(cells, cells, cells), max_size=5))
def test_a_header_among_the_records_is_found_whatever_stands_around_it(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]]
) -> None:
    text = "".join(",".join(row) + "\n" for row in [("a", "?", "b"), *rows])
    found = read_csv(tmp_path_factory.getbasetemp(), text, missing_values=("", "?"))
    # a missing value is written in two ways here, and the header's second name is one of them
    sorted_rows = [sorted("" if cell == "?" else cell for cell in row) for row in rows]
    same = [row[0] == "a" and row[1] in ("", "?") and row[2] == "b" for row in rows]
    if any(row == ["", "a", "b"] and not same[index] for index, row in enumerate(sorted_rows)):
        assert found.refused == "HEADER_MISMATCH"
    else:
        assert found.rejects == {index: "REPEATED_HEADER" for index, is_same in enumerate(same, start=1) if is_same}


@pytest.mark.parametrize(
    ("content", "encoding", "subject"),
    [
        ("a,b\n1,2\n".encode("utf-16-le"), "utf-16", "no byte order mark (utf-16-le and utf-16-be need none)"),
        (b"a,b\n1,2\n", "utf-32", "no byte order mark (utf-32-le and utf-32-be need none)"),
        ("a,b\n1,2\n".encode("utf-16"), "utf-8", "the byte order mark of utf-16"),
        (b"\xef\xbb\xbfa,b\n1,2\n", "cp1252", "the byte order mark of utf-8"),
    ],
)
def test_a_byte_order_mark_that_contradicts_the_encoding_is_named(
    tmp_path: Path, content: bytes, encoding: str, subject: str
) -> None:
    found = read_csv(tmp_path, content, required=("a", "b"), dialect=Dialect(encoding=encoding))
    assert found.refused == "INVALID_ENCODING"
    assert subject in found.facts["subject"]


@pytest.mark.parametrize(("content", "count"), [(b"", 0), (b"a,c\n1,2\n\n3,4\n", 2), (b"PK\x03\x04" + b"\n" * 9, 1)])
def test_a_refused_file_counts_its_records(tmp_path: Path, content: bytes, count: int) -> None:
    assert read_csv(tmp_path, content, required=("a", "b")).records == count


def test_a_header_alone_is_a_file_without_records(tmp_path: Path) -> None:
    found = read_csv(tmp_path, b"a,b", required=("a", "b"))
    assert (found.refused, found.records) == (None, 0)


def test_columns_may_stand_in_any_order_and_more_of_them(tmp_path: Path) -> None:
    found = read_csv(tmp_path, b" b ,,new,a\n1,2,3,4\n", required=("a", "b"))
    assert found.rows == [{"b": "1", "column_2": "2", "new": "3", "a": "4"}]


def test_columns_of_one_name_are_told_apart(tmp_path: Path) -> None:
    found = read_csv(tmp_path, b"id,category,Category,category#1\n1,x,y,z\n", required=("id", "category#1"))
    assert list(found.rows[0].items()) == [("id", "1"), ("category#1", "x"), ("Category#2", "y"), ("category#1#1", "z")]


def test_one_record_in_another_encoding_is_one_bad_record(tmp_path: Path) -> None:
    found = read_csv(tmp_path, "a,b\n1,é\n".encode() + b"2,\xe9\n3,x\n4,\xe9\n")
    assert found.rejects == {2: "INVALID_ENCODING", 4: "INVALID_ENCODING"}
    assert [row["a"] for row in found.rows] == ["1", "3"]
    assert found.raws[2] == "2,\\xe9"


def test_each_kind_of_broken_record_is_set_aside_and_the_rest_read(tmp_path: Path) -> None:
    content = b'a,b,c\n1,2,3\n1,2\n1,2,3,4\n"1,2,3"\na,b,c\n"x\n1,\x00,3\n,,\n\n9,8,7'
    found = read_csv(tmp_path, content)
    assert found.rejects == {
        2: "RAGGED_ROW", 3: "RAGGED_ROW", 4: "QUOTED_TWICE", 5: "REPEATED_HEADER", 6: "MALFORMED_QUOTING", 7: "NUL_BYTE",
    }  # fmt: skip
    assert [list(row.values()) for row in found.rows] == [["1", "2", "3"], [None] * 3, ["9", "8", "7"]]
    assert (found.records, found.blank_lines, found.raws[7]) == (9, 1, "1,\\x00,3")


def test_a_doubled_header_is_set_aside_though_its_cells_are_quoted_otherwise(tmp_path: Path) -> None:
    assert read_csv(tmp_path, b'a,b\n"a",b\n1,2\n').rejects == {1: "REPEATED_HEADER"}


@pytest.mark.parametrize("block_bytes", [1, 5_000, 100_000, 1 << 20])
def test_a_line_far_beyond_the_limit_is_one_record_however_the_file_is_cut(tmp_path: Path, block_bytes: int) -> None:
    content = b"a,b\n1,2\r\n3," + b"x" * 300_000 + b"\r\n\r\n4,5\n6," + b"y" * 70_000
    limits = Limits(1 << 30, 1000, 500, 10**6)
    found = read_csv(tmp_path, content, limits=limits, block_bytes=block_bytes)
    assert found.rejects == {2: "RECORD_TOO_LONG", 4: "RECORD_TOO_LONG"}
    assert [list(row.values()) for row in found.rows] == [["1", "2"], ["4", "5"]]
    assert (found.records, found.blank_lines) == (4, 1)
    assert len(found.raws[2]) <= 4096


def test_a_dialect_without_quotes_takes_them_as_text(tmp_path: Path) -> None:
    found = read_csv(tmp_path, b'a\tb\n24" screen\t"x\n', dialect=Dialect(delimiter="\t", quote=None))
    assert found.rows == [{"a": '24" screen', "b": '"x'}]


def test_lines_before_the_header_are_skipped_and_a_header_may_be_declared(tmp_path: Path) -> None:
    assert read_csv(tmp_path, b"Report\r\nof today\r\na,b\r\n1,2\r\n", dialect=Dialect(skip_rows=2)).rows == [
        {"a": "1", "b": "2"}
    ]
    assert read_csv(tmp_path, b"1,2\n3,4\n", dialect=Dialect(header=False, names=("x", "y"))).rows == [
        {"x": "1", "y": "2"}, {"x": "3", "y": "4"},
    ]  # fmt: skip


def test_limits_on_rows_and_columns_refuse_the_file(tmp_path: Path) -> None:
    few = Limits(1 << 30, 1000, 3, 5)
    assert read_csv(tmp_path, b"a,b,c,d\n1,2,3,4\n", limits=few).refused == "TOO_MANY_COLUMNS"
    found = read_csv(tmp_path, b"a\n" + b"1\n" * 6, limits=few)
    assert (found.refused, found.records) == ("TOO_MANY_ROWS", 6)
