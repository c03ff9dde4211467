"""What release and delivery must know beyond the ledger, read from the private serving copy of the last run.

This is the only reader of operations.duckdb here; the warehouse is never opened, so nobody waits for a run. Column
names below are the contract with `publish.serving`.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa

from routing_jobs.program.errors import ConfigurationError
from routing_jobs.program.workspace import Workspace

DATABASE = "operations.duckdb"


class LeadFacts(NamedTuple):
    """One lead as it may be sent: personal data, so never logged and never in an event."""

    lead_id: str
    lead_ref: str
    source_system: str
    source_record_id: str
    first_name: str | None
    last_name: str | None
    company: str | None
    email_normalized: str | None
    phone_e164: str | None
    country: str | None
    region: str | None
    postal_code: str | None
    city: str | None
    product_interest: list[str] | None
    notes: str | None
    grade: str | None
    segment: str | None
    has_consent: bool

    def __repr__(self) -> str:
        return f"LeadFacts({self.lead_id})"


@dataclass(frozen=True, slots=True)
class PartnerFacts:
    """One partner of the standing roster, judged as routing judges it; `calendar` may be missing."""

    partner_id: str
    partner_name: str
    is_active_now: bool
    tier: str | None
    country: str | None
    timezone: str | None
    calendar: str | None
    has_valid_contact: bool


_LEAD_COLUMNS = ["coalesce(has_consent, false)" if name == "has_consent" else name for name in LeadFacts._fields]
_LEADS = "select {columns} from serving.lead where lead_id in (select lead_id from wanted) order by lead_id"

# Whether somebody can receive a lead, and whether the partner takes any, is prepare's to say: one rule, one place.
_PARTNERS = """
select
    partner.partner_id, partner.partner_name, coalesce(standing.is_active_now, false), standing.tier, partner.country,
    standing.timezone, partner.calendar, coalesce(standing.has_valid_contact, false)
from serving.partner as partner
left join serving.partner_limit as standing on partner.partner_id = standing.partner_id
order by partner.partner_id
"""


class Facts:
    """One open serving copy: the same snapshot for all that is read through it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection):
        self._connection = connection

    def leads(self, lead_ids: Sequence[str]) -> dict[str, LeadFacts]:
        """lead_id -> facts; leads the copy does not know are missing."""
        self._connection.register("wanted", pa.table({"lead_id": pa.array(list(lead_ids), pa.string())}))
        query = _LEADS.format(columns=", ".join(_LEAD_COLUMNS))
        rows = self._connection.execute(query).fetchall()
        self._connection.unregister("wanted")
        return {row[0]: LeadFacts(*row) for row in rows}

    def partners(self) -> dict[str, PartnerFacts]:
        """partner_id -> facts, the whole roster."""
        return {row[0]: PartnerFacts(*row) for row in self._connection.execute(_PARTNERS).fetchall()}

    def rows(self, query: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Rows of a query over schema serving, for review pages."""
        return self._connection.execute(query, list(parameters)).fetchall()


@contextmanager
def opened_facts(workspace: Workspace) -> Iterator[Facts]:
    """The current serving copy, read-only; ConfigurationError where no run has made one."""
    database = serving_database(workspace)
    connection = duckdb.connect(str(database), read_only=True)
    try:
        connection.execute("set TimeZone = 'UTC'")
        with explained_by_age(database):
            yield Facts(connection)
    finally:
        connection.close()


@contextmanager
def explained_by_age(database: Path) -> Iterator[None]:
    """ConfigurationError where a table or column asked for is missing: an earlier version wrote the copy without it."""
    try:
        yield
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        missing = str(error).splitlines()[0].split(": ", 1)[-1]
        raise ConfigurationError(
            f"{database}: this serving copy was written by an earlier version of leadroute and lacks what is asked for "
            f"({missing}). `leadroute run` writes it anew."
        ) from error


def serving_database(workspace: Workspace) -> Path:
    """The file the link `current` points to now; it stays whole when a run switches the link."""
    database = (workspace.serving / "current").resolve() / DATABASE
    if not database.is_file():
        raise ConfigurationError(f"{workspace.serving}: no serving copy yet. `leadroute run` makes one.")
    return database
