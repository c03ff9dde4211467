"""Reads Parquet and Excel files: a child process unpacks them into text (see extract), this reads what it wrote."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from routing_jobs.intake import extract
from routing_jobs.intake.header import check_header, repeats_header
from routing_jobs.intake.records import RECORD, Chunk, FileRefusedError, Reading, Reject, Tally, raw_rows, spent
from routing_jobs.intake.text_stream import signature

_WALL_SECONDS = 900
_NAMES = {"parquet": "Parquet", "xlsx": "an Excel workbook (.xlsx)"}
_BEGINNINGS = {"parquet": b"PAR1", "xlsx": b"PK"}


class BinaryReader:
    """One Parquet or Excel file."""

    def __init__(self, reading: Reading):
        self.tally = Tally()
        self._reading = reading
        self._own_count = 1
        self._is_empty = False
        self._header: list[str] = []
        self._expected = _NAMES[reading.source.format]

    def chunks(self) -> Iterator[Chunk]:
        """The file's rows in order; FileRefusedError if the file is no such file, is damaged, or is too large."""
        self._check_beginning()
        with tempfile.TemporaryDirectory(prefix="unpack-", dir=self._reading.scratch) as folder:
            unpacked = Path(folder) / "rows.arrow"
            with spent(self._reading.seconds, "parse"):
                self._own_count = self._unpack(unpacked)
            with pa.memory_map(str(unpacked)) as file, pa.ipc.open_stream(file) as stream:
                self._header = json.loads(stream.schema.metadata[b"header"])
                names = check_header(self._header, self._reading)
                for batch in stream:
                    yield self._chunk(pa.Table.from_batches([batch]), names)
        if self._own_count != self.tally.records:
            detail = "two independent counts of its records disagree"
            raise FileRefusedError("UNREADABLE_FILE", expected=self._expected, detail=detail)

    def count_refused(self) -> int:
        """Rows of the file after it was refused, by its own count; one that cannot be unpacked stands for one."""
        return 0 if self._is_empty else self._own_count

    def _check_beginning(self) -> None:
        with self._reading.path.open("rb") as file:
            head = file.read(64)
        if not head:
            self._is_empty = True
            raise FileRefusedError("EMPTY_FILE")
        if not head.startswith(_BEGINNINGS[self._reading.source.format]):
            found = signature(head) or ("text" if _is_text(head) else "something else")
            raise FileRefusedError("WRONG_FILE_TYPE", found=found, expected=self._expected)

    def _unpack(self, output: Path) -> int:
        """Run the child; returns the file's own count of its records."""
        source, limits = self._reading.source, self._reading.limits
        request = {
            "format": source.format, "path": str(self._reading.path), "output": str(output),
            "sheet": source.sheet, "skip_rows": source.dialect.skip_rows, "names": list(source.dialect.names),
            "separator": source.split[0] if source.split else ";",
            "rows": limits.rows, "columns": limits.columns, "output_bytes": limits.file_bytes,
        }  # fmt: skip
        command = [sys.executable, "-I", extract.__file__, json.dumps(request)]
        try:
            child = subprocess.run(command, capture_output=True, text=True, timeout=_WALL_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            raise self._unreadable(f"it takes longer than {_WALL_SECONDS} s") from None
        if child.returncode != 0:
            raise self._unreadable(_cause(child))
        answer = json.loads(child.stdout)
        if "code" in answer:
            self._is_empty = answer["code"] == "EMPTY_FILE"
            raise FileRefusedError(answer["code"], **answer["facts"])
        return int(answer["rows"])

    def _unreadable(self, detail: str) -> FileRefusedError:
        return FileRefusedError("UNREADABLE_FILE", expected=self._expected, detail=detail)

    def _chunk(self, rows: pa.Table, names: list[str]) -> Chunk:
        first = self.tally.records + 1
        self.tally.records += rows.num_rows
        numbers = pa.array(np.arange(first, first + rows.num_rows))
        missing = pa.array(self._reading.source.missing_values, pa.string())
        columns = [pc.if_else(pc.is_in(column, missing), pa.scalar(None, pa.string()), column) for column in rows]
        has_nul = np.zeros(rows.num_rows, bool)
        for column in rows.columns:
            has_nul |= pc.fill_null(pc.match_substring(column, "\x00"), False).to_numpy()
        table = pa.Table.from_arrays([numbers, *columns], [RECORD, *names])
        raw = raw_rows(table)
        is_header = repeats_header(table, self._header, self._reading.source.missing_values)
        rejects = [
            Reject(number, code, {}, text)
            for code, is_bad in (("NUL_BYTE", has_nul), ("REPEATED_HEADER", is_header & ~has_nul))
            for number, text in _numbered(raw, first + np.flatnonzero(is_bad))
        ]
        return Chunk(table.filter(pa.array(~has_nul & ~is_header)), rejects, raw)


def _numbered(raw: Callable[[Sequence[int]], list[str]], numbers: np.ndarray) -> Iterator[tuple[int, str]]:
    chosen = numbers.tolist()
    return zip(chosen, raw(chosen), strict=True)


def _is_text(head: bytes) -> bool:
    return b"\x00" not in head and head.decode("utf-8", "ignore").encode()[: len(head) - 3] == head[:-3]


def _cause(child: subprocess.CompletedProcess[str]) -> str:
    """Why the child ended early, without the text of the error, which may quote the file."""
    if child.returncode < 0:
        return f"its parser was stopped by signal {-child.returncode}"
    last = child.stderr.strip().rpartition("\n")[2]
    return f"its parser gave up ({last.partition(':')[0].rpartition('.')[2] or 'no reason given'})"
