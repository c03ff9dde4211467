"""What routing read for a batch, kept beside its candidates, so that the batch can be replayed from its folder alone.

One Parquet file per relation of `routing.steps.Relations`, whole, so that the content hash of the input stored with the
batch can be worked out again from the files; and the instant, zone and currency routing worked with. The relations
hold ids, codes, postal codes and coordinates, no names, addresses of mail or phone numbers. The files are staged here;
`batch_files.seal` hashes them with the others.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from routing_jobs.ledger.event import canonical_json, instant_text, parse_instant
from routing_jobs.routing.steps import Relations

SETTING_FILE = "input_setting.json"
_ROWS_AT_ONCE = 100_000


@dataclass(frozen=True)
class RoutingSetting:
    """What routing was told beside the relations and the rulebook; as_of is naive UTC."""

    as_of: datetime
    timezone: str
    currency: str


def input_file(relation: str) -> str:
    """The file that holds a relation, named by its field in Relations."""
    return f"input_{relation}.parquet"


def stage_inputs(
    connection: duckdb.DuckDBPyConnection, folder: Path, setting: RoutingSetting, relations: Relations | None = None
) -> None:
    """Write every relation (rows in a total order) and the setting into a staging folder; streamed."""
    for name, relation in vars(relations or Relations()).items():
        ordered = f"select * from {relation} order by all"  # noqa: S608 - a name from Relations
        reader = connection.execute(ordered).to_arrow_reader(_ROWS_AT_ONCE)
        with pq.ParquetWriter(folder / input_file(name), reader.schema, compression="zstd") as writer:
            for chunk in reader:
                writer.write_batch(chunk)
    written = {"as_of": instant_text(setting.as_of), "timezone": setting.timezone, "currency": setting.currency}
    (folder / SETTING_FILE).write_text(canonical_json(written) + "\n", encoding="utf-8")


def missing_inputs(folder: Path) -> list[str]:
    """The files a replay needs and the batch does not have: all of them for a batch older than this release."""
    needed = [SETTING_FILE, *(input_file(name) for name in vars(Relations()))]
    return [name for name in needed if not (folder / name).is_file()]


def read_setting(folder: Path) -> RoutingSetting:
    """The setting a batch was made with."""
    kept = json.loads((folder / SETTING_FILE).read_text(encoding="utf-8"))
    return RoutingSetting(parse_instant(kept["as_of"]), kept["timezone"], kept["currency"])
