"""The structure of CSV bytes: where each physical record begins and ends, its fields, and what is wrong with it.

This is the independent counter: it decides what a record is, and shares no code with the parser that reads the
values. As RFC 4180: a quote opens a field only at the field's start, is doubled inside it, and is followed by a
delimiter or the record's end; within an unquoted field it is text like any other. LF, CRLF and CR all end a record;
a line without a byte is blank, not a record.

A record whose quoting is broken, or that runs past the limit, ends where its first line ends, and reading goes on
with the next line: one unclosed quote costs one line, never the rest of the file.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

SOUND, SOUND_BEYOND_ASCII, BAD_QUOTING, TOO_LONG, NUL, NOT_UTF8 = range(6)

NO_QUOTE = -1  # for a dialect that quotes nothing
RECORDS_AT_ONCE = 1 << 17  # bounds what a chunk holds, were every one of its records refused

_LF, _CR = 10, 13
_COMPLETE, _UNFINISHED, _UNCLOSED, _BROKEN = range(4)


class Records(NamedTuple):
    """The records of one stretch of bytes, aligned arrays: data[start:end] is a record without its line end."""

    start: np.ndarray  # int64
    end: np.ndarray  # int64
    fields: np.ndarray  # int32
    flaw: np.ndarray  # uint8: at most SOUND_BEYOND_ASCII, or what is wrong
    blank_lines: int
    has_inner_newline: bool  # some sound record holds a line break inside quotes
    consumed: int  # where reading must go on; len(data) when everything was read


def scan(data: np.ndarray, delimiter: int, quote: int, limit: int, is_last: bool) -> Records:
    """The records in `data`, which begins at a record's start; at most RECORDS_AT_ONCE.

    Args:
        data: uint8, UTF-8 text as it stands in the file.
        delimiter: The byte between fields.
        quote: The byte around fields, or NO_QUOTE.
        limit: Most bytes a record may have.
        is_last: Whether the file ends with `data`. If not, a record whose end is not in sight is left for the next
            call: `consumed` is its start.
    """
    capacity = min(RECORDS_AT_ONCE, data.size + 1)
    start, end = np.empty(capacity, np.int64), np.empty(capacity, np.int64)
    fields, flaw = np.empty(capacity, np.int32), np.empty(capacity, np.uint8)
    count, blank_lines, has_inner_newline, consumed = _scan(
        data, delimiter, quote, limit, is_last, start, end, fields, flaw
    )
    return Records(start[:count], end[:count], fields[:count], flaw[:count], blank_lines, has_inner_newline, consumed)


@njit(cache=True, nogil=True)
def line_end(data, position):  # type: ignore[no-untyped-def]
    """Index of the first line break at or after `position`; len(data) if there is none."""
    while position < data.size and data[position] != _LF and data[position] != _CR:
        position += 1
    return position


@njit(cache=True, nogil=True)
def _scan(data, delimiter, quote, limit, is_last, start, end, fields, flaw):  # type: ignore[no-untyped-def]
    position = count = blank_lines = 0
    any_inner_newline = False
    while position < data.size and count < start.size:
        begin = position
        state, stop, field_count, found, has_inner_newline = _record(data, begin, delimiter, quote, limit)
        if state == _UNFINISHED and is_last and stop - begin <= limit:
            state = _COMPLETE  # the last line needs no line end
        if state != _COMPLETE or stop - begin > limit:
            if state != _BROKEN and not is_last and stop - begin <= limit:
                break
            stop = line_end(data, begin)
            found = TOO_LONG if stop - begin > limit else BAD_QUOTING
        following = next_line(data, stop)
        if following == data.size and not is_last and (stop == following or data[stop] == _CR):
            break  # the line end, or the LF after its CR, is not in sight
        position = following
        if stop == begin:
            blank_lines += 1
            continue
        start[count], end[count], fields[count], flaw[count] = begin, stop, field_count, found
        any_inner_newline = any_inner_newline or (has_inner_newline and found <= SOUND_BEYOND_ASCII)
        count += 1
    return count, blank_lines, any_inner_newline, position


@njit(cache=True, nogil=True)
def next_line(data, stop):  # type: ignore[no-untyped-def]
    """Where the line after the one that ends at `stop` begins."""
    if stop + 1 < data.size and data[stop] == _CR and data[stop + 1] == _LF:
        return stop + 2
    return min(stop + 1, data.size)


@njit(cache=True, nogil=True)
def _record(data, begin, delimiter, quote, limit):  # type: ignore[no-untyped-def]
    """(state, stop, fields, flaw, has an inner newline) of the record at `begin`."""
    furthest = min(data.size, begin + limit + 2)  # past it the record is too long, whatever follows
    position, field_count, flaw, has_inner_newline = begin, 1, SOUND, False
    while True:
        if position < furthest and data[position] == quote:
            position, found, has_newline, is_closed = _quoted(data, position + 1, furthest, quote)
            flaw = max(flaw, found)
            has_inner_newline = has_inner_newline or has_newline
            if not is_closed:
                return _UNCLOSED, position, field_count, flaw, has_inner_newline
            if position < furthest and not _is_end(data[position], delimiter):
                return _BROKEN, position, field_count, flaw, has_inner_newline
        else:
            position, found = _plain(data, position, furthest, delimiter)
            flaw = max(flaw, found)
        if position >= furthest:
            return _UNFINISHED, position, field_count, flaw, has_inner_newline
        if data[position] != delimiter:
            return _COMPLETE, position, field_count, flaw, has_inner_newline
        field_count += 1
        position += 1


@njit(cache=True, nogil=True)
def _is_end(byte, delimiter):  # type: ignore[no-untyped-def]
    return byte in (delimiter, _LF, _CR)


@njit(cache=True, nogil=True)
def _quoted(data, position, furthest, quote):  # type: ignore[no-untyped-def]
    """(position after the closing quote, flaw, has a newline, is closed), from after the opening quote."""
    flaw, has_newline = SOUND, False
    while position < furthest:
        byte = data[position]
        if byte == quote:
            if position + 1 >= data.size or data[position + 1] != quote:
                return position + 1, flaw, has_newline, True
            position += 2
        elif byte >= 128:
            length = _sequence_length(data, position)
            flaw = max(flaw, SOUND_BEYOND_ASCII if length else NOT_UTF8)
            position += max(length, 1)
        else:
            if byte in (_LF, _CR):
                has_newline = True
            elif byte == 0:
                flaw = max(flaw, NUL)
            position += 1
    return position, flaw, has_newline, False


@njit(cache=True, nogil=True)
def _plain(data, position, furthest, delimiter):  # type: ignore[no-untyped-def]
    """(position of what ends the unquoted field: delimiter, line end or `furthest`; flaw)."""
    flaw = SOUND
    while position < furthest:
        byte = data[position]
        if byte >= 128:
            length = _sequence_length(data, position)
            flaw = max(flaw, SOUND_BEYOND_ASCII if length else NOT_UTF8)
            position += max(length, 1)
            continue
        if _is_end(byte, delimiter):
            break
        if byte == 0:
            flaw = max(flaw, NUL)
        position += 1
    return position, flaw


@njit(cache=True, nogil=True)
def _sequence_length(data, position):  # type: ignore[no-untyped-def]
    """Bytes of the well-formed UTF-8 sequence at `position`, 2 to 4; 0 if there is none (Unicode, table 3-7)."""
    lead = data[position]
    if lead < 0xC2 or lead > 0xF4:
        return 0
    length = 2 + (lead >= 0xE0) + (lead >= 0xF0)
    if position + length > data.size:
        return 0
    lower = 0xA0 if lead == 0xE0 else 0x90 if lead == 0xF0 else 0x80
    upper = 0x9F if lead == 0xED else 0x8F if lead == 0xF4 else 0xBF
    if data[position + 1] < lower or data[position + 1] > upper:
        return 0
    for offset in range(2, length):
        if data[position + offset] < 0x80 or data[position + offset] > 0xBF:
            return 0
    return length
