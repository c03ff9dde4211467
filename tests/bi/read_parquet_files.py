"""The numbers of read_tables from the parquet files, by polars and by pyarrow: `python read_parquet_files.py FOLDER`."""

import json
import sys
from pathlib import Path

import polars
import pyarrow
import pyarrow.compute
import pyarrow.parquet


def polars_figures(path: Path) -> list[int]:
    """Rows, sum over all columns of whole numbers, characters in all columns of text, as polars reads them."""
    frame = polars.read_parquet(path)
    numbers = [frame[name].sum() for name, kind in frame.schema.items() if kind.is_integer()]
    texts = [frame[name].str.len_chars().sum() for name, kind in frame.schema.items() if kind == polars.String]
    return [frame.height, sum(numbers), sum(texts)]


def pyarrow_figures(path: Path) -> list[int]:
    """The same as pyarrow reads them."""
    table = pyarrow.parquet.read_table(path)
    numbers = [column for column in table.columns if pyarrow.types.is_integer(column.type)]
    texts = [pyarrow.compute.utf8_length(column) for column in table.columns if pyarrow.types.is_string(column.type)]
    return [table.num_rows, _total(numbers), _total(texts)]


def _total(columns: list[pyarrow.ChunkedArray]) -> int:
    return sum(pyarrow.compute.sum(column).as_py() or 0 for column in columns)


def main() -> None:
    """Print both readers' numbers as JSON."""
    paths = sorted(Path(sys.argv[1]).glob("*.parquet"))
    readers = {
        f"polars {polars.__version__}": {path.stem: polars_figures(path) for path in paths},
        f"pyarrow {pyarrow.__version__}": {path.stem: pyarrow_figures(path) for path in paths},
    }
    print(json.dumps(readers))


if __name__ == "__main__":
    main()
