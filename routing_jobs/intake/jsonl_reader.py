"""Reads JSON lines: one object a line, every value as the text it was written with.

A nested value becomes compact JSON, an array of plain values its entries joined by the feed's first `split`.
"""

import json
from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from routing_jobs.intake import scan as structure
from routing_jobs.intake.blocks import BLOCK_BYTES, LINES, Block, Blocks, count_records, flawed_record, raw_record
from routing_jobs.intake.header import first_come_names
from routing_jobs.intake.records import RECORD, Chunk, FileRefusedError, Reading, Reject, spent

_PLAIN = (str, bool, type(None))


class _Number(str):
    """A number by its digits, so that neither 23 digits nor 1.10 lose any."""

    __slots__ = ()


class JsonlReader:
    """One file of JSON lines; memory is bounded by the block and by the longest line allowed."""

    def __init__(self, reading: Reading, block_bytes: int = BLOCK_BYTES):
        self._reading = reading
        self._blocks = Blocks(reading, LINES, block_bytes)
        self.tally = self._blocks.tally
        self._decode = json.JSONDecoder(
            object_pairs_hook=_object, parse_int=_Number, parse_float=_Number, parse_constant=_no_constant
        ).decode

    def chunks(self) -> Iterator[Chunk]:
        """The file's lines in order; FileRefusedError if it is no text, or has too many names or lines."""
        is_empty = True
        for block in self._blocks:
            is_empty = False
            yield self._chunk(block)
        if is_empty:
            yield Chunk(self._table([], []), [], lambda _: [])

    def count_refused(self) -> int:
        """Physical lines of the file after it was refused."""
        return count_records(self._reading, LINES)

    def _chunk(self, block: Block) -> Chunk:
        numbers: list[int] = []
        rows: list[dict[str, str | None]] = []
        rejects = [block.too_long] if block.too_long else []
        with spent(self._reading.seconds, "parse"):
            for index in range(block.records.start.size):
                row = self._row(block, index)
                if isinstance(row, Reject):
                    rejects.append(row)
                else:
                    numbers.append(block.first_number + index)
                    rows.append(row)
            table = self._table(numbers, rows)
        return Chunk(table, rejects, lambda chosen: [raw_record(block, number) for number in chosen])

    def _row(self, block: Block, index: int) -> dict[str, str | None] | Reject:
        """The line's names and texts, or why it has none."""
        records = block.records
        if records.flaw[index] > structure.SOUND_BEYOND_ASCII:
            return flawed_record(block, index, self._reading)
        number = block.first_number + index
        line = block.data[records.start[index] : records.end[index]].tobytes().decode()
        try:
            value = self._decode(line)
            if not isinstance(value, dict):
                raise ValueError("it is no object")
            row = {name: self._text(entry) for name, entry in value.items()}
        except RecursionError:
            return Reject(number, "INVALID_JSON", {"detail": "it is nested too deep"}, raw_record(block, number))
        except ValueError as error:
            return Reject(number, "INVALID_JSON", {"detail": _cause(error)}, raw_record(block, number))
        code = _unstorable(line, row)
        if code is not None:
            facts = {"subject": "The record", "encoding": "Unicode text"}
            return Reject(number, code, facts, raw_record(block, number))
        return row

    def _text(self, value: object) -> str | None:
        if isinstance(value, list) and all(isinstance(entry, _PLAIN) for entry in value):
            separator = self._reading.source.split[0] if self._reading.source.split else ";"
            value = separator.join(_plain(entry) or "" for entry in value)
        text = _plain(value) if isinstance(value, _PLAIN) else _compact(value)
        return None if text in self._reading.source.missing_values else text

    def _table(self, numbers: list[int], rows: list[dict[str, str | None]]) -> pa.Table:
        names = dict.fromkeys(self._reading.required_columns)
        for row in rows:
            names.update(dict.fromkeys(row))
        if len(names) > self._reading.limits.columns:
            raise FileRefusedError("TOO_MANY_COLUMNS", found=len(names), limit=self._reading.limits.columns)
        arrays = [pa.array([row.get(name) for row in rows], pa.string()) for name in names]
        return pa.Table.from_arrays(
            [pa.array(np.array(numbers, np.int64)), *arrays], [RECORD, *first_come_names(names)]
        )


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a name stands twice in an object")
    return value


def _no_constant(_name: str) -> object:
    raise ValueError("NaN and Infinity are no JSON")


def _plain(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


def _compact(value: object) -> str:
    """JSON text of a nested value, its numbers as they were written."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{_compact(name)}:{_compact(entry)}" for name, entry in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_compact, value)) + "]"
    if isinstance(value, _Number):
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def _cause(error: ValueError) -> str:
    return f"{error.msg} at character {error.colno}" if isinstance(error, json.JSONDecodeError) else str(error)


def _unstorable(line: str, row: dict[str, str | None]) -> str | None:
    """The reason code of escaped characters no text column can hold: NUL, half a surrogate pair."""
    if "\\u" not in line:
        return None
    texts = "".join(text for entry in row.items() for text in entry if text)
    if "\x00" in texts:
        return "NUL_BYTE"
    try:
        texts.encode()
    except UnicodeEncodeError:
        return "INVALID_ENCODING"
    return None
