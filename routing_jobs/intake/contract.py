"""A feed's contract with everything it refers to: `select`, lookups, reference tables, aliases; and its hash.

When the hash changes, what the feed's files say has changed: intake reads them all again.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from routing_jobs.intake.archive import Archived, NotSettledError, find, take_in, wait_until_settled
from routing_jobs.intake.csv_reader import CsvReader
from routing_jobs.intake.mapping import pairs_table
from routing_jobs.intake.records import RECORD, Limits, Reading, Reject
from routing_jobs.intake.sandbox import one_select
from routing_jobs.program.config import ProgramConfig
from routing_jobs.program.entities import ENTITIES
from routing_jobs.program.loading import Program
from routing_jobs.program.reference import read_aliases, read_table
from routing_jobs.program.source import Dialect, Lookup, Source
from routing_jobs.program.workspace import Workspace

READER_VERSION = 2  # raised when the same bytes and contract give other records: then every file is read again

# What a contract says about a feed as a whole, not about what its records mean.
_NOT_HASHED = {"required", "expected_every", "max_quarantined", "consent_when_blank"}


@dataclass(frozen=True)
class Contract:
    """A feed's contract, ready to read files by.

    Attributes:
        source: The model of sources/<feed>.yaml.
        statement: The SQL of `select`, or None.
        lookups: The feed's lookup tables by name, all text.
        tables: key -> value tables by the name that `map` gives them.
        country_aliases: The program's own names of countries.
        limits: What a file may at most be.
        sha256: Over all that decides what a file's records become.
        rejects: Broken records of lookup files, by their path: left out of the tables.
    """

    source: Source
    statement: str | None
    lookups: Mapping[str, pa.Table]
    tables: Mapping[str, pa.Table]
    country_aliases: Mapping[str, str]
    limits: Limits
    sha256: str
    rejects: Mapping[str, list[Reject]] = field(default_factory=dict)


def file_limits(config: ProgramConfig) -> Limits:
    """The limits of program.yaml in bytes, columns and records."""
    limits = config.limits
    return Limits(limits.max_file_mb << 20, limits.max_record_kb << 10, limits.max_columns, limits.max_rows)


class ContractLoader:
    """Loads the contracts of one program; lookup files are archived like landed ones."""

    def __init__(self, workspace: Workspace, program: Program, archive: Path | None = None):
        self._workspace = workspace
        self._archive = archive or workspace.archive
        self._program = program
        self._aliases = read_aliases(workspace).get("country", {})
        self._limits = file_limits(program.config)

    def load(self, source: Source) -> Contract:
        """The contract of one feed.

        Raises:
            ConfigurationError: `select` is not one SELECT, or a reference table cannot be read.
            NotSettledError: A lookup has no file yet, or it is being written.
            FileRefusedError: A lookup file cannot be read.
        """
        statement = self._statement(source)
        lookups, digests = {}, {}
        rejects: dict[str, list[Reject]] = {}
        for name, lookup in source.lookup.items():
            lookups[name], digests[name] = self._lookup(source, name, lookup, rejects)
        tables = {name: self._map_table(name, lookups) for name in _named_tables(source)}
        has_country = any(ENTITIES[source.entity].columns[name].role == "country" for name in source.columns)
        aliases = self._aliases if has_country else {}
        decisive = {
            "reader": READER_VERSION,
            "source": source.model_dump(mode="json", exclude=_NOT_HASHED),
            "select": statement,
            "lookups": digests,
            "tables": {name: table.to_pylist() for name, table in tables.items() if name not in lookups},
            "country_aliases": aliases,
            "limits": [self._limits.record_bytes, self._limits.columns, self._limits.rows],
        }
        sha256 = hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()
        return Contract(source, statement, lookups, tables, aliases, self._limits, sha256, rejects)

    def _statement(self, source: Source) -> str | None:
        if source.select is None:
            return None
        text = (self._workspace.sources / source.select).read_text(encoding="utf-8")
        return one_select(text, f"sources/{source.select}")

    def _lookup(
        self, source: Source, name: str, lookup: Lookup, rejects: dict[str, list[Reject]]
    ) -> tuple[pa.Table, list[str]]:
        """The rows of all the lookup's files, one under the other, and the files' hashes."""
        folder = self._workspace.reference if lookup.is_reference else self._workspace.landing
        paths = find(folder, lookup.glob)
        if not paths:
            raise NotSettledError(f"lookup {name} has no file yet ({lookup.files})")
        wait_until_settled(paths)
        files = [take_in(path, folder, self._archive, self._limits.file_bytes) for path in paths]
        parts = [self._rows(source, lookup.dialect, file, rejects) for file in files]
        return pa.concat_tables(parts, promote_options="default"), [file.file_sha256 for file in files]

    def _rows(self, source: Source, dialect: Dialect, file: Archived, rejects: dict[str, list[Reject]]) -> pa.Table:
        lookup = source.model_copy(update={"dialect": dialect, "where": None})
        chunks = list(CsvReader(Reading(self._archive / file.file_sha256, lookup, self._limits)).chunks())
        broken = [reject for chunk in chunks for reject in chunk.rejects]
        if broken:
            rejects[file.path] = broken
        return pa.concat_tables(chunk.records for chunk in chunks).drop_columns(RECORD)

    def _map_table(self, name: str, lookups: Mapping[str, pa.Table]) -> pa.Table:
        """The table's first column as key, its second as value; of a key that stands twice, the last."""
        if name in lookups:
            columns = lookups[name].columns[:2]
            rows: Iterator[tuple[str, str]] = zip(*(column.to_pylist() for column in columns), strict=True)
        else:
            rows = ((row[0], row[1]) for row in read_table(self._workspace.reference / f"{name}.csv")[1])
        return pairs_table({key: value or "" for key, value in rows if key is not None})


def _named_tables(source: Source) -> list[str]:
    return sorted({mapping.map for mapping in source.columns.values() if isinstance(mapping.map, str)})
