"""The structural scanner against Python's csv module, Python's UTF-8 decoder and hand-made files."""

import csv
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing_jobs.intake.scan import BAD_QUOTING, NOT_UTF8, NUL, SOUND, SOUND_BEYOND_ASCII, TOO_LONG, scan

COMMA, QUOTE = ord(","), ord('"')


def scanned(data: bytes, limit: int = 1000) -> list[tuple[bytes, int, int]]:
    found = scan(np.frombuffer(data, np.uint8), COMMA, QUOTE, limit, True)
    assert found.consumed == len(data)
    return [
        (data[start:end], fields, flaw)
        for start, end, fields, flaw in zip(found.start, found.end, found.fields, found.flaw, strict=True)
    ]


def flaws(data: bytes, limit: int = 1000) -> list[tuple[bytes, int]]:
    return [(record, flaw) for record, _, flaw in scanned(data, limit)]


def in_pieces(data: bytes, size: int, limit: int) -> list[tuple[bytes, int]]:
    """What scanning the file `size` bytes at a time gives, carrying over what is not finished."""
    found, pending, position = [], b"", 0
    while True:
        block = data[position : position + size]
        position += size
        pending += block
        records = scan(np.frombuffer(pending, np.uint8), COMMA, QUOTE, limit, not block)
        found += [(pending[a:b], flaw) for a, b, flaw in zip(records.start, records.end, records.flaw, strict=True)]
        pending = pending[records.consumed :]
        if not block:
            return found


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end_ends_a_record(newline: str) -> None:
    data = newline.join(["a,b", '1,"x"', "2,y", ""]).encode()
    assert scanned(data) == [(b"a,b", 2, SOUND), (b'1,"x"', 2, SOUND), (b"2,y", 2, SOUND)]


def test_blank_lines_are_counted_and_are_no_records() -> None:
    found = scan(np.frombuffer(b"\n\na,b\r\n\r\n1,2\n\n", np.uint8), COMMA, QUOTE, 100, True)
    assert (found.start.size, found.blank_lines) == (2, 4)


def test_a_quoted_newline_stays_in_its_record() -> None:
    assert scanned(b'a,"1\n2\r\n3",b\nx,y,z') == [(b'a,"1\n2\r\n3",b', 3, SOUND), (b"x,y,z", 3, SOUND)]


@pytest.mark.parametrize(
    "broken",
    [b'1,"abc,2', b'1,"a"b,2', b'1,"say \\"hi\\"",2', b'"1', b'1,"a" ,2', b'"a""', b'"""'],
)
def test_a_record_with_broken_quotes_costs_its_own_line_only(broken: bytes) -> None:
    data = b"5,6,7\n" + broken + b'\n8,9,10\n"x","y",z\n'
    assert flaws(data) == [(b"5,6,7", SOUND), (broken, BAD_QUOTING), (b"8,9,10", SOUND), (b'"x","y",z', SOUND)]


def test_a_quote_within_an_unquoted_field_is_text() -> None:
    data = b'24" screen,a"b\n 1, "x", 2"\n'
    assert scanned(data) == [(b'24" screen,a"b', 2, SOUND), (b' 1, "x", 2"', 3, SOUND)]


def test_an_unclosed_quote_does_not_swallow_the_file() -> None:
    lines = [b"%d,x" % number for number in range(2000)]
    lines[7] = b'7,"x'
    found = flaws(b"\n".join(lines), limit=1 << 20)
    assert [record for record, _ in found] == lines
    assert [flaw for _, flaw in found] == [BAD_QUOTING if number == 7 else SOUND for number in range(2000)]


def test_an_unclosed_quote_far_from_the_next_one_ends_at_the_limit() -> None:
    lines = [b'1,"x'] + [b"2,y"] * 1000 + [b'3,"z"']
    found = flaws(b"\n".join(lines), limit=50)
    assert [record for record, _ in found] == lines
    assert [flaw for _, flaw in found] == [BAD_QUOTING] + [SOUND] * 1001


def test_a_line_longer_than_the_limit_is_too_long_and_the_next_one_sound() -> None:
    assert flaws(b"a,b\n1," + b"x" * 100 + b"\n2,y", limit=50) == [
        (b"a,b", SOUND), (b"1," + b"x" * 100, TOO_LONG), (b"2,y", SOUND),
    ]  # fmt: skip


def test_the_limit_itself_is_allowed() -> None:
    assert flaws(b"x" * 50 + b"\ny", limit=50) == [(b"x" * 50, SOUND), (b"y", SOUND)]
    assert flaws(b"x" * 51 + b"\ny", limit=50) == [(b"x" * 51, TOO_LONG), (b"y", SOUND)]


def test_nul_and_bytes_that_are_not_utf8_are_found_in_their_record() -> None:
    data = "a,é\n".encode() + b"\x00,b\n\xff,c\n" + 'd,"ü\xa0"\n'.encode() + b'e,"\xc3"\nf,g\n'
    assert [flaw for _, flaw in flaws(data)] == [SOUND_BEYOND_ASCII, NUL, NOT_UTF8, SOUND_BEYOND_ASCII, NOT_UTF8, SOUND]


@settings(deadline=None, max_examples=150)
@given(st.binary(max_size=12).map(lambda raw: bytes(byte for byte in raw if byte not in b'\x00,"\r\n')))
def test_utf8_is_judged_as_python_does(raw: bytes) -> None:
    try:
        expected = SOUND if raw.decode().isascii() else SOUND_BEYOND_ASCII
    except UnicodeDecodeError:
        expected = NOT_UTF8
    assert flaws(b"a," + raw + b"\n") == [(b"a," + raw, expected)]


@settings(deadline=None, max_examples=150)
@given(st.integers(0xD7F0, 0xE010) | st.integers(0, 0x110100), st.integers(1, 4))
def test_surrogates_overlong_and_too_large_sequences_are_judged_as_python_does(point: int, length: int) -> None:
    leads = (0, 0xC0, 0xE0, 0xF0)
    tail = [0x80 | (point >> (6 * shift)) & 0x3F for shift in range(length - 1)]
    raw = bytes([leads[length - 1] | (point >> (6 * (length - 1))) & (0x7F if length == 1 else 0x1F), *reversed(tail)])
    if raw[0] < 0x80:
        return
    try:
        raw.decode()
        expected = SOUND_BEYOND_ASCII
    except UnicodeDecodeError:
        expected = NOT_UTF8
    assert flaws(raw) == [(raw, expected)]


rows = st.lists(st.lists(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=8),
                         min_size=1, max_size=5), max_size=12)  # fmt: skip


@settings(deadline=None, max_examples=100)
@given(rows, st.sampled_from(["\n", "\r\n", "\r"]))
def test_what_csv_writes_has_as_many_records_and_fields(table: list[list[str]], newline: str) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=newline, quoting=csv.QUOTE_ALL).writerows(table)
    found = scanned(text.getvalue().encode(), limit=1 << 16)
    assert [fields for _, fields, _ in found] == [len(row) for row in table]
    assert all(flaw <= SOUND_BEYOND_ASCII for _, _, flaw in found)


@settings(deadline=None, max_examples=150)
@given(st.lists(st.sampled_from([b"a", b",", b'"', b"\n", b"\r", b"\r\n", b'""', b"\x00", b"\xff", "é".encode()]),
                max_size=60).map(b"".join), st.integers(1, 40))  # fmt: skip
def test_cutting_the_file_into_blocks_changes_nothing(data: bytes, size: int) -> None:
    assert in_pieces(data, size, limit=10_000) == flaws(data, limit=10_000)


@settings(deadline=None, max_examples=150)
@given(st.lists(st.sampled_from([b"abc", b",", b'"', b"\n", b"\r", b'""']), max_size=60).map(b"".join))
def test_every_byte_is_in_one_record_or_a_line_end(data: bytes) -> None:
    rest = data
    for record, _ in flaws(data, limit=20):
        gap, _, rest = rest.partition(record)
        assert set(gap) <= set(b"\r\n")
    assert set(rest) <= set(b"\r\n")
