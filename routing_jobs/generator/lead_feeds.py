"""The five feeds leads come in through: how their files are written and what goes wrong in them."""

from collections.abc import Callable
from dataclasses import dataclass

from routing_jobs.generator import lead_columns
from routing_jobs.generator.campaigns import Campaigns
from routing_jobs.generator.lead_columns import Columns
from routing_jobs.generator.mess import Flaw
from routing_jobs.generator.wording import Wording


@dataclass(frozen=True)
class LeadFeed:
    """One feed of leads: what its files look like and what goes wrong in them."""

    name: str
    kind: str  # csv, jsonl, parquet
    columns: Callable[[Wording, Campaigns, tuple[str, ...]], Columns]
    flaws: tuple[Flaw, ...] = ()
    delimiter: str = ","
    encoding: str = "utf-8"
    bare: frozenset[str] = frozenset()  # JSON members written without quotes
    aside: tuple[str, str] | None = None  # column and value of records the feed's `where` leaves out
    line_end: str = "\n"

    @property
    def suffix(self) -> str:
        """What its file names end with."""
        return f".{self.kind}"


LEAD_FEEDS: tuple[LeadFeed, ...] = (
    LeadFeed(
        "web_leads",
        "csv",
        lead_columns.web_columns,
        (
            Flaw("RAGGED_ROW", cut=2),
            Flaw("INVALID_INSTANT", "Submitted", "2025-02-30T10:00:00Z"),
            Flaw("MISSING_REQUIRED", "Id", ""),
            Flaw("INVALID_NUMBER", "Employees", "50-100"),
            Flaw("INVALID_BOOLEAN", "Consent", "perhaps"),
            Flaw("REPEATED_HEADER"),
            Flaw("INVALID_NUMBER", "Budget", "1.200,50"),
            Flaw("RAGGED_ROW", extra="x"),
            Flaw("MALFORMED_QUOTING", "Company", '"Acme" Ltd'),
            Flaw("NUL_BYTE", "Message", "cut\0off"),
        ),
    ),
    LeadFeed(
        "event_leads",
        "csv",
        lead_columns.event_columns,
        (
            Flaw("INVALID_INSTANT", "Scan", "2025-05-04 10:00"),
            Flaw("INVALID_NUMBER", "Breite", "51.5 N"),
            Flaw("MISSING_REQUIRED", "Scan", ""),
            Flaw("RAGGED_ROW", cut=5),
            Flaw("INVALID_INSTANT", "Scan", "31/04/2025 09:15"),
        ),
        delimiter=";",
        encoding="cp1252",
    ),
    LeadFeed(
        "portal_leads",
        "jsonl",
        lead_columns.portal_columns,
        (
            Flaw("INVALID_INSTANT", "created", "yesterday"),
            Flaw("INVALID_JSON", cut=1),
            Flaw("MISSING_REQUIRED", "lead_id", ""),
            Flaw("UNMAPPED_VALUE", "type", "gossip"),
        ),
        bare=frozenset({"employees", "consent"}),
    ),
    LeadFeed(
        "crm_leads",
        "parquet",
        lead_columns.crm_columns,
        (
            Flaw("MISSING_REQUIRED", "CreatedDate", ""),
            Flaw("INVALID_INSTANT", "LastModifiedDate", "0000-00-00"),
            Flaw("INVALID_NUMBER", "NumberOfEmployees", "many"),
        ),
        aside=("RecordType", "Contact"),
    ),
    LeadFeed(
        "campaign_leads",
        "csv",
        lead_columns.campaign_columns,
        (
            Flaw("INVALID_INSTANT", "responded", "13/25/2025 01:00 PM"),
            Flaw("RAGGED_ROW", extra=""),
            Flaw("REPEATED_HEADER"),
            Flaw("MISSING_REQUIRED", "response_id", ""),
        ),
        encoding="utf-8-sig",
        line_end="\r\n",
    ),
)
