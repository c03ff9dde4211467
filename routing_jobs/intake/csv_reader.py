"""Reads CSV by its declared dialect: the scanner finds the records, pyarrow reads the values of the sound ones.

Every value is text. The two count independently, and a block on which they disagree refuses the file.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
from pyarrow import csv

from routing_jobs.intake import scan as structure
from routing_jobs.intake.blocks import BLOCK_BYTES, Block, Blocks, count_records, csv_layout, flawed_record, raw_record
from routing_jobs.intake.header import check_header, repeats_header
from routing_jobs.intake.records import (
    RECORD,
    Chunk,
    FileRefusedError,
    Reading,
    Reject,
    spent,
)

# A record that does not decode is a bad record. Where several do not, more than this share, and none beyond ASCII
# does, the whole file is in another encoding than declared.
MOST_UNDECODABLE = 0.01


class CsvReader:
    """One CSV file; memory is bounded by the block and by the longest record allowed."""

    def __init__(self, reading: Reading, block_bytes: int = BLOCK_BYTES):
        self._reading = reading
        self._blocks = Blocks(reading, csv_layout(reading.source.dialect), block_bytes)
        self.tally = self._blocks.tally
        self._header: list[str] = list(reading.source.dialect.names)
        self._names: list[str] = []
        self._undecodable = self._beyond_ascii = 0

    def chunks(self) -> Iterator[Chunk]:
        """The file's records in order; FileRefusedError if the file as a whole does not fit its contract."""
        for block in self._blocks:
            if not self._names:
                self._read_header()
            self._undecodable += int(np.count_nonzero(block.records.flaw == structure.NOT_UTF8))
            self._beyond_ascii += int(np.count_nonzero(block.records.flaw == structure.SOUND_BEYOND_ASCII))
            yield self._chunk(block)
        if not self._names:
            self._read_header()
            yield Chunk(self._numbered(self._parsed([]), np.empty(0, np.int64)), [], lambda _: [])
        if not self._beyond_ascii and self._undecodable > max(1, MOST_UNDECODABLE * self.tally.records):
            encoding = self._reading.source.dialect.encoding
            raise FileRefusedError("INVALID_ENCODING", subject="The file", encoding=encoding)

    def count_refused(self) -> int:
        """Physical records of the file after it was refused, by structure alone."""
        return count_records(self._reading, csv_layout(self._reading.source.dialect))

    def _read_header(self) -> None:
        if self._blocks.header:
            self._header = [""] * self._blocks.header_fields
            row = self._parsed([self._blocks.header], has_inner_newline=True, is_data=False)
            self._header = [column[0].as_py() for column in row.columns]
        self._names = check_header(self._header, self._reading)

    def _chunk(self, block: Block) -> Chunk:
        records = block.records
        is_sound = (records.flaw <= structure.SOUND_BEYOND_ASCII) & (records.fields == len(self._header))
        table = self._parsed(_sound_parts(block, is_sound), records.has_inner_newline)
        if table.num_rows != np.count_nonzero(is_sound):
            detail = "two independent counts of its records disagree"
            raise FileRefusedError("UNREADABLE_FILE", expected="CSV text", detail=detail)
        numbers = block.first_number + np.flatnonzero(is_sound)
        table, repeated = self._without_headers(self._numbered(table, numbers))
        rejects = [self._reject(block, int(index)) for index in np.flatnonzero(~is_sound)]
        rejects += [Reject(number, "REPEATED_HEADER", {}, raw_record(block, number)) for number in repeated]
        if block.too_long:
            rejects.append(block.too_long)
        return Chunk(table, rejects, lambda chosen: [raw_record(block, number) for number in chosen])

    def _parsed(
        self, parts: Sequence[bytes | np.ndarray], has_inner_newline: bool = False, is_data: bool = True
    ) -> pa.Table:
        """The values of sound records, columns f0, f1, ...; a declared missing value is null in data."""
        dialect = self._reading.source.dialect
        names = [f"f{index}" for index in range(len(self._header))]
        if not parts:
            return pa.table({name: pa.array([], pa.string()) for name in names})
        text = (
            parts[0] if len(parts) == 1 else b"".join(part if isinstance(part, bytes) else part.data for part in parts)
        )
        block_bytes = max(1 << 20, 2 * self._reading.limits.record_bytes)
        missing_values = self._reading.source.missing_values if is_data else ()
        with spent(self._reading.seconds, "parse"):
            return csv.read_csv(
                pa.BufferReader(pa.py_buffer(text)),
                csv.ReadOptions(column_names=names, block_size=block_bytes),
                csv.ParseOptions(
                    delimiter=dialect.delimiter,
                    quote_char=dialect.quote or False,
                    newlines_in_values=has_inner_newline,
                ),
                csv.ConvertOptions(
                    check_utf8=False,  # the scanner did
                    column_types=dict.fromkeys(names, pa.string()),
                    null_values=missing_values,
                    strings_can_be_null=bool(missing_values),
                ),
            )

    def _numbered(self, table: pa.Table, numbers: np.ndarray) -> pa.Table:
        return pa.Table.from_arrays([pa.array(numbers, pa.int64()), *table.columns], [RECORD, *self._names])

    def _without_headers(self, table: pa.Table) -> tuple[pa.Table, list[int]]:
        """The table without the records that repeat the header, and those records' numbers."""
        if not self._blocks.header:
            return table, []
        is_header = repeats_header(table, self._header, self._reading.source.missing_values)
        repeated = table.column(RECORD).filter(pa.array(is_header)).to_pylist()
        return table.filter(pa.array(~is_header)), repeated

    def _reject(self, block: Block, index: int) -> Reject:
        if block.records.flaw[index] > structure.SOUND_BEYOND_ASCII:
            return flawed_record(block, index, self._reading)
        number = block.first_number + index
        raw, dialect = raw_record(block, number), self._reading.source.dialect
        found, expected = int(block.records.fields[index]), len(self._header)
        if found == 1 and dialect.quote and raw.startswith(dialect.quote) and dialect.delimiter in raw:
            return Reject(number, "QUOTED_TWICE", {}, raw)
        counted = f"{found} field{'' if found == 1 else 's'}"
        return Reject(number, "RAGGED_ROW", {"found": counted, "expected": expected}, raw)


def _sound_parts(block: Block, is_sound: np.ndarray) -> list[np.ndarray]:
    """The stretches of the block's bytes that hold sound records, each with its line end."""
    records = block.records
    if not is_sound.any():
        return []
    if is_sound.all():
        return [block.data[records.start[0] : records.consumed]]
    following = np.append(records.start[1:], records.consumed)
    first = is_sound & ~np.concatenate([[False], is_sound[:-1]])
    last = is_sound & ~np.concatenate([is_sound[1:], [False]])
    begins, ends = records.start[first], following[last]
    return [block.data[begin:end] for begin, end in zip(begins, ends, strict=True)]
