"""Bytes of a text file as UTF-8, whatever encoding the contract declares. Nothing is guessed, nothing replaced.

What does not decode comes out as a byte that is never part of UTF-8, so that the scanner finds it in its record.
"""

import codecs
from pathlib import Path
from types import TracebackType

from routing_jobs.intake.records import FileRefusedError

_ALREADY_UTF8 = ("utf-8", "utf-8-sig")
_MARKED_ALWAYS = ("utf-16", "utf-32")  # the mark says which of two bytes comes first
_MARKS = (  # in this order: the mark of UTF-32 begins with the one of UTF-16
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

# What a file begins with when it is no text at all, or not the text it should be.
_SIGNATURES = (
    (b"PK\x03\x04", "a zip archive (an Excel workbook is one)"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls)"),
    (b"PAR1", "a Parquet file"),
    (b"\x1f\x8b", "compressed with gzip"),
    (b"BZh", "compressed with bzip2"),
    (b"\xfd7zXZ", "compressed with xz"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"%PDF", "a PDF document"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"<!doctype html", "a web page"),
    (b"<html", "a web page"),
    (b"<?xml", "an XML document"),
)


def signature(head: bytes) -> str | None:
    """What a file is by its first bytes, if they are a known signature."""
    lowered = head.lstrip(b" \t\r\n").lower()
    for magic, name in _SIGNATURES:
        if head.startswith(magic) or (magic.startswith(b"<") and lowered.startswith(magic)):
            return name
    return None


def _mark(head: bytes) -> str | None:
    return next((encoding for mark, encoding in _MARKS if head.startswith(mark)), None)


def _mark_undecodable(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return "\udcff", error.end


codecs.register_error("leadroute-mark", _mark_undecodable)


class TextStream:
    """A file opened by its declared encoding, to be read as UTF-8 bytes without byte order mark.

    Raises:
        FileRefusedError: EMPTY_FILE, WRONG_FILE_TYPE by its first bytes, or INVALID_ENCODING by its byte order
            mark or the lack of one.
    """

    def __init__(self, path: Path, encoding: str, expected: str):
        self._file = path.open("rb", buffering=0)
        self._decoder: codecs.IncrementalDecoder | None = None
        self._is_done = False
        self._is_begun = False
        try:
            self._open(encoding, expected)
        except BaseException:
            self._file.close()
            raise

    def _open(self, encoding: str, expected: str) -> None:
        head = self._file.read(64)
        if not head:
            raise FileRefusedError("EMPTY_FILE")
        found = signature(head)
        if found is not None:
            raise FileRefusedError("WRONG_FILE_TYPE", found=found, expected=expected)
        codec = codecs.lookup(encoding).name
        marked = _mark(head)
        if marked is not None and not codec.startswith(marked):
            subject = f"The file, which begins with the byte order mark of {marked},"
            raise FileRefusedError("INVALID_ENCODING", subject=subject, encoding=encoding)
        if marked is None and codec in _MARKED_ALWAYS:
            subject = f"The file, which has no byte order mark ({codec}-le and {codec}-be need none),"
            raise FileRefusedError("INVALID_ENCODING", subject=subject, encoding=encoding)
        if codec not in _ALREADY_UTF8:
            self._decoder = codecs.getincrementaldecoder(codec)("leadroute-mark")
        self._file.seek(len(codecs.BOM_UTF8) if marked == "utf-8" else 0)

    def read(self, size: int) -> bytes:
        """About `size` bytes more, at least one; empty only at the end of the file."""
        while not self._is_done:
            block = self._file.read(size)
            self._is_done = not block
            text = self._as_utf8(block)
            if text:
                return text
        return b""

    def _as_utf8(self, block: bytes) -> bytes:
        if self._decoder is None:
            return block
        text = self._decoder.decode(block, final=not block)
        if text and not self._is_begun:
            self._is_begun, text = True, text.removeprefix("\ufeff")
        return text.encode("utf-8", "surrogateescape")

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> "TextStream":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
