"""Unpacks one Parquet or Excel file into text columns, in a process of its own with bounded memory and time.

Run as a script, by binary_reader only; it imports nothing of the program. Both formats are read by native code
that trusts its input: a crafted file may take this process down, and costs the run one quarantined file.

The result is an Arrow stream of text columns f0, f1, ...; the header is in the schema's metadata.
"""

import json
import re
import resource
import sys
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pyarrow as pa

MEMORY_BYTES = 6 << 30  # of address space; what is resident stays far below
CPU_SECONDS = 600
UNPACKED_BYTES = 512 << 20  # of a workbook, which is held in memory as a whole
ROWS_AT_ONCE = 50_000


class RefusedError(Exception):
    """The reason code and facts the parent raises its FileRefusedError with."""

    def __init__(self, code: str, **facts: object):
        self.code, self.facts = code, facts
        super().__init__(code)


def main(arguments: Sequence[str]) -> None:
    """Unpack as the JSON request on the command line says; print {"rows": n} or {"code": ..., "facts": ...}."""
    request = json.loads(arguments[0])
    _bound(request["output_bytes"])
    try:
        unpack = unpack_parquet if request["format"] == "parquet" else unpack_xlsx
        answer: dict[str, object] = {"rows": unpack(request)}
    except RefusedError as refusal:
        answer = {"code": refusal.code, "facts": refusal.facts}
    print(json.dumps(answer))


def _bound(output_bytes: int) -> None:
    for kind, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, output_bytes),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ValueError, OSError):  # a stricter limit is in force already
            resource.setrlimit(kind, (most, most))


def unpack_parquet(request: dict) -> int:
    """Write the file's rows as text; returns how many the file says it has."""
    import duckdb

    path = str(Path(request["path"]).resolve())
    connection = duckdb.connect(":memory:")
    for setting in (
        "set memory_limit = '1GB'",
        "set TimeZone = 'UTC'",
        "set autoinstall_known_extensions = false",
        "set autoload_known_extensions = false",
        "set allow_community_extensions = false",
    ):
        connection.execute(setting)
    connection.execute("set allowed_paths = ?", [[path]])
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    rows = _parquet_rows(connection, path, request)
    described = connection.execute("describe select * from read_parquet($path)", {"path": path}).fetchall()
    header = _parquet_columns(connection, path)
    texts = (f"{text_sql(quoted(name), kind)} as f{index}" for index, (name, kind, *_) in enumerate(described))
    connection.execute(
        f"select {', '.join(texts)}, $separator as separator from read_parquet($path)",  # noqa: S608 - quoted names
        {"path": path, "separator": request["separator"]},
    )
    reader = connection.to_arrow_reader(ROWS_AT_ONCE)
    _write(request["output"], header, reader)
    return rows


def _parquet_columns(connection, path: str) -> list[str]:  # type: ignore[no-untyped-def]
    """The columns' names as the file has them: DuckDB tells equal ones apart in a way of its own."""
    parts = connection.execute(
        "select name, coalesce(num_children, 0) from parquet_schema($path)", {"path": path}
    ).fetchall()
    names, at, inside = [], 1, 0  # the first is the root; what a nested column consists of follows it
    while at < len(parts):
        if inside == 0:
            names.append(parts[at][0])
            inside = 1
        inside += parts[at][1] - 1
        at += 1
    return names


def _parquet_rows(connection, path: str, request: dict) -> int:  # type: ignore[no-untyped-def]
    """The file's row count by its footer, after its limits were checked there."""
    rows = connection.execute("select num_rows from parquet_file_metadata($path)", {"path": path}).fetchone()[0]
    columns, unpacked = connection.execute(
        "select count(distinct column_id), coalesce(sum(total_uncompressed_size), 0) from parquet_metadata($path)",
        {"path": path},
    ).fetchone()
    if columns > request["columns"]:
        raise RefusedError("TOO_MANY_COLUMNS", found=columns, limit=request["columns"])
    if rows > request["rows"]:
        raise RefusedError("TOO_MANY_ROWS", limit=f"{request['rows']:,}")
    if unpacked > request["output_bytes"]:
        raise RefusedError("FILE_TOO_LARGE", found=f"{unpacked:,} bytes unpacked", limit=f"{request['output_bytes']:,}")
    return rows


def quoted(name: str) -> str:
    """An SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def text_sql(column: str, kind: str) -> str:
    """SQL for the text of a column of SQL type `kind`; needs $separator where it joins the entries of an array.

    A whole number stored as a float has no `.0`, bytes are UTF-8 if they can be, nested values become JSON.
    """
    if kind in ("DOUBLE", "FLOAT"):
        return (
            f"case when {column} = trunc({column}) and abs({column}) < 1e15 "
            f"then cast(cast({column} as bigint) as varchar) else cast({column} as varchar) end"
        )
    if kind == "BLOB":
        return f"coalesce(try(decode({column})), cast({column} as varchar))"
    if re.fullmatch(r"(VARCHAR|\w*INT\w*|BOOLEAN)\[\]", kind):
        return f"array_to_string({column}, $separator)"
    if kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "UNION")):
        return f"cast(to_json({column}) as varchar)"
    return f"cast({column} as varchar)"


def unpack_xlsx(request: dict) -> int:
    """Write the sheet's rows as text; returns how many it has without the header and wholly empty rows."""
    from python_calamine import CalamineWorkbook

    with zipfile.ZipFile(request["path"]) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
    if unpacked > UNPACKED_BYTES:
        raise RefusedError("FILE_TOO_LARGE", found=f"{unpacked:,} bytes unpacked", limit=f"{UNPACKED_BYTES:,}")
    workbook = CalamineWorkbook.from_path(request["path"])
    sheet_name = request["sheet"] or workbook.sheet_names[0]
    if sheet_name not in workbook.sheet_names:
        known = ", ".join(workbook.sheet_names)
        raise RefusedError("HEADER_MISMATCH", detail=f"no sheet {sheet_name!r}; the workbook has {known}")
    rows = workbook.get_sheet_by_name(sheet_name).iter_rows()
    for _ in range(request["skip_rows"]):
        next(rows, None)
    texts = (row for row in ([_cell_text(value) for value in row] for row in rows) if any(row))
    header = request["names"] or next(texts, None)
    if header is None:
        raise RefusedError("EMPTY_FILE")
    if len(header) > request["columns"]:
        raise RefusedError("TOO_MANY_COLUMNS", found=len(header), limit=request["columns"])
    return _write_rows(request, [name or "" for name in header], texts)


def _cell_text(value: object) -> str | None:
    """A cell as a person would type it: 12.0 is 12, a date ISO, an empty cell None."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value) if not isinstance(value, timedelta) else str(value.total_seconds())


def _write_rows(request: dict, header: list[str], rows: Iterator[list[str | None]]) -> int:
    schema = pa.schema([(f"f{index}", pa.string()) for index in range(len(header))])
    count = 0

    def batches() -> Iterator[pa.RecordBatch]:
        nonlocal count
        pending: list[list[str | None]] = []
        for row in rows:
            count += 1
            if count > request["rows"]:
                raise RefusedError("TOO_MANY_ROWS", limit=f"{request['rows']:,}")
            pending.append((row + [None] * len(header))[: len(header)] if len(row) != len(header) else row)
            if len(pending) == ROWS_AT_ONCE:
                yield _batch(pending, schema)
                pending = []
        yield _batch(pending, schema)

    _write(request["output"], header, pa.RecordBatchReader.from_batches(schema, batches()))
    return count


def _batch(rows: list[list[str | None]], schema: pa.Schema) -> pa.RecordBatch:
    columns = zip(*rows, strict=True) if rows else ([] for _ in schema)
    return pa.record_batch([pa.array(column, pa.string()) for column in columns], schema=schema)


def _write(path: str, header: Sequence[str], batches: pa.RecordBatchReader) -> None:
    names = [f"f{index}" for index in range(len(header))]
    schema = pa.schema([(name, pa.string()) for name in names], {"header": json.dumps(list(header))})
    with pa.OSFile(path, "wb") as file, pa.ipc.new_stream(file, schema) as stream:
        for batch in batches:
            stream.write_batch(batch.select(names).replace_schema_metadata(schema.metadata))


if __name__ == "__main__":
    main(sys.argv[1:])
