"""JSON lines as text, and lines that are no JSON object."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from intake_readers import Read, read

from routing_jobs.intake.jsonl_reader import JsonlReader
from routing_jobs.intake.records import Limits


def read_lines(tmp_path: Path, content: bytes | str, **settings: object) -> Read:
    path = tmp_path / "file.jsonl"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read(path, JsonlReader, format="jsonl", **settings)  # type: ignore[arg-type]


def test_every_value_is_the_text_it_was_written_with(tmp_path: Path) -> None:
    line = '{"a":1.10,"b":12345678901234567890123,"c":true,"d":null,"e":"","f":"NA","g":-0,"h":1E5,"i":"\\u00e9\\ud83d\\ude00"}'
    assert read_lines(tmp_path, line).rows == [
        {"a": "1.10", "b": "12345678901234567890123", "c": "true", "d": None, "e": None, "f": "NA", "g": "-0",
         "h": "1E5", "i": "é\U0001f600"}
    ]  # fmt: skip


def test_arrays_of_plain_values_are_joined_and_nested_ones_kept_as_json(tmp_path: Path) -> None:
    line = '{"a": ["x", "y", 3], "b": {"k": [1.10, {"z": null}]}, "c": []}'
    assert read_lines(tmp_path, line).rows == [{"a": "x;y;3", "b": '{"k":[1.10,{"z":null}]}', "c": None}]


def test_a_name_that_a_line_lacks_is_missing_there(tmp_path: Path) -> None:
    found = read_lines(tmp_path, '{"a": 1}\r\n\r\n{"b": 2}\n', required=("a", "c"))
    assert found.rows == [{"a": "1", "c": None, "b": None}, {"a": None, "c": None, "b": "2"}]
    assert (found.records, found.blank_lines) == (2, 1)


def test_names_that_differ_by_case_only_are_told_apart_and_the_mapped_one_keeps_its_name(tmp_path: Path) -> None:
    assert read_lines(tmp_path, '{"Mail": 1, "mail": 2}', required=("mail",)).rows == [{"mail": "2", "Mail#1": "1"}]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b'{"a":1', "INVALID_JSON"),
        (b'{"a":1} x', "INVALID_JSON"),
        (b'{"a":1}{"a":2}', "INVALID_JSON"),
        (b'{"a":1,"a":2}', "INVALID_JSON"),
        (b'{"b":{"a":1,"a":2}}', "INVALID_JSON"),
        (b'{"a":NaN}', "INVALID_JSON"),
        (b'{"a":-Infinity}', "INVALID_JSON"),
        (b"[1]", "INVALID_JSON"),
        (b'"text"', "INVALID_JSON"),
        (b"null", "INVALID_JSON"),
        (b'{"a":' + b"[" * 20_000, "INVALID_JSON"),
        (b'{"a":' + b"[" * 20_000 + b"]" * 20_000 + b"}", "INVALID_JSON"),
        (b'{"a":"\\u0000"}', "NUL_BYTE"),
        (b'{"a":"\x00"}', "NUL_BYTE"),
        (b'{"a":"\\ud800"}', "INVALID_ENCODING"),
        (b'{"\\udfff":"a"}', "INVALID_ENCODING"),
        (b'{"a":"\xff"}', "INVALID_ENCODING"),
        (b'{"a":"' + b"x" * 70_000 + b'"}', "RECORD_TOO_LONG"),
    ],
)
def test_a_line_that_is_no_object_is_set_aside_and_the_others_read(tmp_path: Path, line: bytes, code: str) -> None:
    found = read_lines(tmp_path, b'{"a":"first"}\n' + line + b'\n{"a":"last"}')
    assert found.rejects == {2: code}
    assert found.rows == [{"a": "first"}, {"a": "last"}]


def test_many_names_refuse_the_file(tmp_path: Path) -> None:
    lines = "\n".join(f'{{"name{number}": 1}}' for number in range(30))
    found = read_lines(tmp_path, lines, limits=Limits(1 << 30, 1000, 20, 100))
    assert (found.refused, found.records) == ("TOO_MANY_COLUMNS", 30)


@pytest.mark.parametrize(("content", "code"), [(b"", "EMPTY_FILE"), (b"PK\x03\x04", "WRONG_FILE_TYPE")])
def test_a_file_that_is_no_json_lines_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    assert read_lines(tmp_path, content).refused == code
