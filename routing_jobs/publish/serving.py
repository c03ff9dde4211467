"""The private read copy (state/serving/<id>/operations.duckdb, mode 0600): what review, explain and release look up.

It holds personal data and is never published; readers open it while runs write the warehouse.
"""

import os
import shutil

import duckdb

from routing_jobs.program.workspace import Workspace
from routing_jobs.publish.links import point_current, sync_path

FILE = "operations.duckdb"
KEPT = 2

TABLES = {
    "setting": "select as_of, program_name, currency, timezone from program.setting",
    "lead": """
        select
            captured.lead_id, captured.lead_ref, captured.source_system, captured.source_record_id, enriched.identity_id,
            enriched.account_id, enriched.product, captured.captured_at, captured.first_name, captured.last_name,
            captured.company, captured.website, captured.email_normalized, captured.phone_e164,
            captured.country_code as country, captured.region, captured.postal_code, captured.city,
            captured.product_interest, captured.notes, enriched.has_consent, scored.score, scored.grade, enriched.segment,
            enriched.industry
        from intermediate.int_leads__captured as captured
        left join intermediate.int_leads__enriched as enriched on captured.lead_id = enriched.lead_id
        left join intermediate.int_leads__scored as scored on captured.lead_id = scored.lead_id
        order by captured.lead_id""",
    "partner": """
        select partner_id, partner_name, partner_type, tier, status, country_code as country, timezone, calendar
        from staging.stg_feeds__partners order by partner_id""",
    "partner_contact": """
        select
            partner_id, contact_id, email_normalized, full_name, role, country_code as country, product, verified_at,
            bounced_at, is_active
        from staging.stg_feeds__partner_contacts order by partner_id, contact_id""",
    "partner_limit": "select * from intermediate.int_routing__partners order by partner_id",
    "partner_price": "select * from routing.partner_price order by partner_id",
    "partner_performance": "select * from routing.partner_performance order by partner_id, outcome",
    "partner_turn": """
        select pool, partner_id, credit_nanos from intermediate.int_routing__fairness order by pool, partner_id""",
}

# What the batch gate looks at again when people changed a batch, under the names it has in the warehouse.
JUDGED = {
    "intermediate.int_routing__leads": "select * from intermediate.int_routing__leads",
    "intermediate.int_routing__partners": "select * from intermediate.int_routing__partners",
    "intermediate.int_routing__territories": "select * from intermediate.int_routing__territories",
    "intermediate.int_routing__specializations": "select * from intermediate.int_routing__specializations",
    "intermediate.int_routing__open_units": "select * from intermediate.int_routing__open_units",
    "intermediate.int_routing__refusals": "select * from intermediate.int_routing__refusals",
    "intermediate.int_leads__enriched": "select lead_id, has_consent from intermediate.int_leads__enriched",
    "intermediate.int_offers": """
        select lead_id, identity_id, account_id, product, partner_id, is_open
        from intermediate.int_offers where is_open""",
    "program.rulebook": "select * from program.rulebook",
    "program.setting": "select * from program.setting",
}


def write_serving_copy(workspace: Workspace, connection: duckdb.DuckDBPyConnection) -> None:
    """Write a new copy and switch to it; a reader holding the one before keeps it."""
    workspace.serving.mkdir(parents=True, exist_ok=True)
    workspace.serving.chmod(0o700)
    number = 1 + max((int(folder.name) for folder in _copies(workspace)), default=0)
    building = workspace.serving / f".building-{number}"
    if building.exists():
        shutil.rmtree(building)
    building.mkdir(mode=0o700)
    path = building / FILE
    previous_mask = os.umask(0o077)
    try:
        connection.execute(f"attach '{str(path).replace(chr(39), chr(39) * 2)}' as operations")
        for schema in ("serving", "intermediate", "program"):
            connection.execute(f"create schema operations.{schema}")
        for table, query in ({f"serving.{name}": text for name, text in TABLES.items()} | JUDGED).items():
            connection.execute(f"create table operations.{table} as {query}")
    finally:
        connection.execute("detach database if exists operations")
        os.umask(previous_mask)
    path.chmod(0o600)
    sync_path(path)
    final = workspace.serving / f"{number:06d}"
    building.rename(final)
    point_current(workspace.serving, final)
    for old in _copies(workspace)[:-KEPT]:
        shutil.rmtree(old)


def _copies(workspace: Workspace) -> list:
    return sorted(folder for folder in workspace.serving.iterdir() if folder.is_dir() and folder.name.isdigit())
