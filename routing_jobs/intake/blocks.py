"""Cuts a text file into blocks of whole records, in bounded memory, and counts its records by structure alone."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from routing_jobs.intake import scan as structure
from routing_jobs.intake.records import EXCERPT_BYTES, FileRefusedError, Reading, Reject, Tally, spent
from routing_jobs.intake.text_stream import TextStream
from routing_jobs.program.source import Dialect

BLOCK_BYTES = 32 << 20


@dataclass(frozen=True)
class Layout:
    """What the scanner needs to know of a text format."""

    expected: str  # the format, as a person reads it
    delimiter: int
    quote: int = structure.NO_QUOTE
    has_header: bool = False


LINES = Layout("JSON lines", delimiter=0xFF)  # a byte that UTF-8 never has: every line is one field


@dataclass(frozen=True)
class Block:
    """Some records of the file: `data` holds them, `records` says where; or one record too long to hold."""

    data: np.ndarray
    records: structure.Records
    first_number: int  # physical number of the first of them
    too_long: Reject | None = None


def csv_layout(dialect: Dialect) -> Layout:
    """The layout a CSV dialect declares."""
    quote = structure.NO_QUOTE if dialect.quote is None else ord(dialect.quote)
    return Layout("CSV text", ord(dialect.delimiter), quote, dialect.header)


class Blocks:
    """The blocks of one file. `header` is the record before them as bytes, where the layout has one."""

    def __init__(self, reading: Reading, layout: Layout, block_bytes: int = BLOCK_BYTES, counts_only: bool = False):
        self.tally = Tally()
        self.header = b""
        self.header_fields = 0
        self._reading = reading
        self._layout = layout
        self._counts_only = counts_only  # a refused file is counted even if its header cannot be read
        self._limit = reading.limits.record_bytes
        self._block_bytes = max(block_bytes, 2 * self._limit + 4)

    def __iter__(self) -> Iterator[Block]:
        """Blocks in file order; FileRefusedError for a file without a readable header."""
        encoding = self._reading.source.dialect.encoding
        needs_header = self._layout.has_header
        with TextStream(self._reading.path, encoding, self._layout.expected) as stream:
            pending, is_last = self._without_skipped(*self._filled(stream, np.empty(0, np.uint8), False))
            while pending.size or not is_last:
                data, is_last = self._filled(stream, pending, is_last)
                records = self._scan(data, is_last)
                pending = data[records.consumed :]
                self.tally.blank_lines += records.blank_lines
                if needs_header and records.start.size:
                    records, needs_header = self._take_header(data, records), False
                if records.start.size:
                    yield self._counted(Block(data, records, self.tally.records + 1))
                elif records.consumed == 0 and data.size > self._limit + 2:
                    too_long, pending, is_last = self._long_line(stream, data, is_last)
                    if needs_header and not self._counts_only:
                        raise FileRefusedError("HEADER_MISMATCH", detail="its first line is too long")
                    yield self._counted(Block(data[:0], records, self.tally.records + 1, too_long))
        if needs_header:
            raise FileRefusedError("EMPTY_FILE")

    def _counted(self, block: Block) -> Block:
        self.tally.records += 1 if block.too_long else int(block.records.start.size)
        if self.tally.records > self._reading.limits.rows and not self._counts_only:
            raise FileRefusedError("TOO_MANY_ROWS", limit=f"{self._reading.limits.rows:,}")
        return block

    def _filled(self, stream: TextStream, pending: np.ndarray, is_last: bool) -> tuple[np.ndarray, bool]:
        """`pending` with another block behind it, unless whole records of it are still to be scanned."""
        if is_last or pending.size > self._limit + 2:
            return pending, is_last
        with spent(self._reading.seconds, "read"):
            block = stream.read(self._block_bytes)
            data = np.frombuffer(pending.tobytes() + block if pending.size else block, np.uint8)
        return data, not block

    def _without_skipped(self, data: np.ndarray, is_last: bool) -> tuple[np.ndarray, bool]:
        position = 0
        for _ in range(self._reading.source.dialect.skip_rows):
            position = structure.next_line(data, structure.line_end(data, position))
        return data[position:], is_last

    def _scan(self, data: np.ndarray, is_last: bool) -> structure.Records:
        with spent(self._reading.seconds, "scan"):
            return structure.scan(data, self._layout.delimiter, self._layout.quote, self._limit, is_last)

    def _take_header(self, data: np.ndarray, records: structure.Records) -> structure.Records:
        """The records without the first, which is kept as the header."""
        if self._counts_only:
            return _without_first(records)
        if records.flaw[0] in (structure.NUL, structure.NOT_UTF8):
            encoding = self._reading.source.dialect.encoding
            raise FileRefusedError("INVALID_ENCODING", subject="The header", encoding=encoding)
        if records.flaw[0] > structure.SOUND_BEYOND_ASCII:
            raise FileRefusedError("HEADER_MISMATCH", detail="its quotes are broken")
        self.header = data[records.start[0] : records.end[0]].tobytes()
        self.header_fields = int(records.fields[0])
        return _without_first(records)

    def _long_line(self, stream: TextStream, data: np.ndarray, is_last: bool) -> tuple[Reject, np.ndarray, bool]:
        """The record in `data` whose end is not in sight, as a reject; what follows its line end; whether that is all."""
        excerpt = data[:EXCERPT_BYTES].tobytes()
        length = 0
        while True:
            end = structure.line_end(data, 0)
            length += end
            if end < data.size:
                self.tally.blank_lines -= 1  # the line end that is left will be met as one
                break
            if is_last:
                break
            data = np.frombuffer(stream.read(self._block_bytes), np.uint8)
            is_last = not data.size
        facts = {"found": f"{length:,}", "limit": f"{self._limit:,}"}
        reject = Reject(self.tally.records + 1, "RECORD_TOO_LONG", facts, readable(excerpt))
        return reject, data[end:], is_last


def count_records(reading: Reading, layout: Layout) -> int:
    """Physical records of a file that is refused; one that cannot be cut into records stands for one."""
    blocks = Blocks(replace(reading, seconds={}), layout, counts_only=True)
    try:
        for _ in blocks:
            pass
    except FileRefusedError as refusal:
        return 0 if refusal.code == "EMPTY_FILE" else 1
    return blocks.tally.records


def raw_record(block: Block, number: int) -> str:
    """The text of the record with this number, as it stands in the file; of one that is too long, its beginning."""
    index = number - block.first_number
    start, end = int(block.records.start[index]), int(block.records.end[index])
    if block.records.flaw[index] == structure.TOO_LONG:
        end = min(end, start + EXCERPT_BYTES)
    return readable(block.data[start:end].tobytes())


FLAW_CODES = {
    structure.BAD_QUOTING: "MALFORMED_QUOTING",
    structure.TOO_LONG: "RECORD_TOO_LONG",
    structure.NUL: "NUL_BYTE",
    structure.NOT_UTF8: "INVALID_ENCODING",
}


def flawed_record(block: Block, index: int, reading: Reading) -> Reject:
    """The reject of a record whose structure is broken."""
    number = block.first_number + index
    length = int(block.records.end[index] - block.records.start[index])
    facts = {
        "found": f"{length:,}",
        "limit": f"{reading.limits.record_bytes:,}",
        "subject": "The record",
        "encoding": reading.source.dialect.encoding,
    }
    return Reject(number, FLAW_CODES[int(block.records.flaw[index])], facts, raw_record(block, number))


def _without_first(records: structure.Records) -> structure.Records:
    return records._replace(
        start=records.start[1:], end=records.end[1:], fields=records.fields[1:], flaw=records.flaw[1:]
    )


def readable(raw: bytes) -> str:
    """A record's bytes as text that can be stored and shown: what is not UTF-8, and NUL, comes out escaped."""
    return raw.decode("utf-8", "backslashreplace").replace("\x00", "\\x00")
