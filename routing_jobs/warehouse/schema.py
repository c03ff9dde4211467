"""The tables rooms hand each other through the warehouse, and their DDL: raw.*, ledger.*, routing.*, gates.*.

dbt reads these as sources; only the room named beside a schema writes it.
"""

import duckdb

from routing_jobs.program.entities import ENTITIES, SQL_TYPES
from routing_jobs.routing.candidates import candidate_query

# What intake adds to every canonical record it accepts.
RAW_METADATA = {
    "record_key": "varchar not null",  # the key columns' values, joined; one record of the source system
    "content_hash": "varchar not null",  # over all canonical values and the unmapped ones
    "feed": "varchar not null",
    "file_sha256": "varchar not null",
    "record_number": "bigint not null",  # physical record in the file, 1 = first after the header
    "arrival_seq": "bigint not null",  # order of arrivals, from the ledger
    "arrived_at": "timestamp not null",  # as_of of the arrival
    "is_current": "boolean not null",
    "is_closed": "boolean not null",  # gone from the newest snapshot of its feed
    "extra": "varchar",  # unmapped columns as a JSON object of texts
}

# Normalised at intake, beside the text as it came.
RAW_NORMALISED = {
    "email": {"email_normalized": "varchar", "email_domain": "varchar"},
    "phone": {"phone_e164": "varchar"},
    "website": {"website_domain": "varchar"},
    "country": {"country_code": "varchar"},  # ISO 3166-1 alpha-2
    "currency": {"currency_code": "varchar"},  # ISO 4217
}

# written by intake
RAW_BOOKKEEPING = {
    # One row per feed and file. Counts are of physical records; rows that `select` derives are counted apart.
    # A file refused as a whole has a file_reason, and all its records are quarantined.
    "raw.landed_file": """
        feed varchar not null, entity varchar not null, file_sha256 varchar not null,
        contract_sha256 varchar not null, path varchar not null, bytes bigint not null,
        arrival_seq bigint not null, arrived_at timestamp not null, counted bigint not null,
        accepted bigint not null, duplicates bigint not null, filtered bigint not null,
        quarantined bigint not null, derived bigint, file_reason varchar, is_snapshot boolean not null,
        blank_lines bigint, derived_duplicates bigint, derived_quarantined bigint""",
    # One row per refused record, derived row or whole file. record_count says how many physical records it
    # stands for (1, 0, all of them), so that it sums up to landed_file.quarantined.
    "raw.quarantined_record": """
        quarantine_id varchar not null, feed varchar not null, entity varchar not null,
        file_sha256 varchar not null, path varchar not null, record_number bigint not null,
        reason_code varchar not null, column_name varchar, message varchar not null, remedy varchar not null,
        raw_record varchar, arrival_seq bigint not null, arrived_at timestamp not null,
        record_count bigint not null default 1""",
}

# copied from the ledger at the start of each run by routing_jobs.ledger.export
LEDGER = {
    "ledger.batch": """
        batch_id varchar, status varchar, as_of timestamp, is_express boolean, proposed_at timestamp,
        reviewed_by varchar, approved_at timestamp, approved_by varchar, released_at timestamp,
        content_sha256 varchar, rulebook_sha256 varchar, rulebook_version varchar, input_sha256 varchar,
        lead_count bigint, unit_count bigint, assigned_count bigint, override_count bigint,
        objective bigint, upper_bound bigint, gap double, band_cost bigint""",
    "ledger.batch_line": """
        batch_id varchar, lead_id varchar, unit_id varchar, identity_id varchar, account_id varchar, product varchar,
        partner_id varchar, hop integer, source varchar, is_held boolean, is_overridden boolean,
        exception_code varchar, remedy varchar, owner varchar, due_at timestamp, rule varchar, score bigint, mode varchar, pool varchar,
        holds_slot boolean""",
    "ledger.batch_fairness": "batch_id varchar, pool varchar, partner_id varchar, expected_nanos bigint, received bigint",
    "ledger.assignment": """
        assignment_id varchar, batch_id varchar, lead_id varchar, unit_id varchar, identity_id varchar,
        account_id varchar, product varchar, partner_id varchar, tier_at_release varchar, hop integer, source varchar,
        status varchar, released_at timestamp, accept_due_at timestamp, follow_up_due_at timestamp,
        responded_at timestamp, response varchar, decline_reason varchar, recall_reason varchar,
        first_follow_up_at timestamp, closed_at timestamp, rulebook_version varchar""",
    "ledger.assignment_event": """
        event_id varchar, assignment_id varchar, lead_id varchar, partner_id varchar, event_type varchar,
        occurred_at timestamp, reported_at timestamp, reason varchar, source varchar""",
    "ledger.gate_verdict": """
        run_id varchar, as_of timestamp, gate varchar, check_name varchar, subject_sha256 varchar, passed boolean,
        rows_seen bigint, rows_failed bigint, message varchar, remedy varchar""",
    "ledger.candidate": """
        batch_id varchar, unit_id varchar, lead_id varchar, partner_id varchar, is_eligible boolean,
        exclusion_reason varchar, p_won_micros bigint, value_minor bigint, age_decay_micros bigint,
        preference_micros bigint, score bigint, banded_score bigint, rank integer, is_assigned boolean,
        propensity_micros bigint""",
    "ledger.suppression": "digest varchar, suppressed_at timestamp",
    # standing leads with an address whose digest is among them; only the ledger's salt can tell
    "ledger.suppressed_lead": "record_key varchar",
}

# written by routing_jobs.proposal, replaced by each run
ROUTING = {
    # routing.candidate is a view over these four: a pair is stored as a few integers, in no order
    "routing.candidate_pair": """
        unit_ix integer, partner_ix integer, exclusion utinyint, preference_micros bigint, banded_score bigint,
        rank integer, is_assigned boolean, stage utinyint, is_claim boolean, propensity_micros integer,
        area_ix integer""",
    "routing.candidate_unit": """
        unit_ix integer, unit_id varchar, lead_id varchar, value_minor bigint, value_source varchar,
        age_decay_micros bigint, worth_micros bigint, is_for_newcomers boolean""",
    "routing.candidate_partner": """
        partner_ix integer, partner_id varchar, p_won_micros bigint, newcomer_p_won_micros bigint""",
    "routing.candidate_area": "area_ix integer, area varchar",
    "routing.line": """
        lead_id varchar, unit_id varchar, identity_id varchar, account_id varchar, product varchar,
        partner_id varchar, hop integer, source varchar, exception_code varchar, remedy varchar, owner varchar,
        due_at timestamp, rule varchar, score bigint, is_express boolean, mode varchar, pool varchar,
        holds_slot boolean""",
    "routing.partner_price": """
        partner_id varchar, capacity bigint, assigned bigint, price bigint, is_express boolean,
        extra_claims bigint, extra_leads bigint, mode varchar""",
    "routing.area_price": """
        partner_id varchar, area varchar, capacity bigint, assigned bigint, price bigint, extra_claims bigint,
        extra_leads bigint, is_express boolean, mode varchar""",
    "routing.certificate": """
        is_express boolean, mode varchar, units bigint, most_units bigint, objective bigint, upper_bound bigint,
        band_cost bigint, certified bigint, score_divisor bigint""",
    "routing.fairness": """
        is_express boolean, pool varchar, partner_id varchar, expected_nanos bigint, received bigint""",
    "routing.exclusion_count": "unit_id varchar, exclusion_reason varchar, partner_count bigint",
    "routing.partner_performance": """
        partner_id varchar, outcome varchar, successes_micros bigint, trials_micros bigint, offers bigint, rate double,
        lower double, upper double, weight_micros bigint, expected_micros bigint, p_won_micros bigint""",
    "routing.summary": """
        run_id varchar, as_of timestamp, is_express boolean, leads bigint, units bigint, assigned bigint,
        objective bigint, upper_bound bigint, gap double, band_cost bigint, input_sha256 varchar,
        rulebook_sha256 varchar, content_sha256 varchar, batch_id varchar, outcome varchar, mode varchar""",
}

CANDIDATES = "routing.candidate"

# written by expectations.runner
GATES = {
    "gates.verdict": """
        run_id varchar, as_of timestamp, gate varchar, check_name varchar, subject_sha256 varchar, passed boolean,
        rows_seen bigint, rows_failed bigint, failing_keys varchar[], message varchar, remedy varchar""",
    "gates.run": "run_id varchar, as_of timestamp, program_currency varchar, program_timezone varchar",
}


def raw_columns(entity_name: str) -> dict[str, str]:
    """Column name -> SQL type of raw.<entity_name>, canonical columns first."""
    entity = ENTITIES[entity_name]
    columns: dict[str, str] = {}
    if "source_system" not in entity.columns:
        columns["source_system"] = "varchar"
    for name, column in entity.columns.items():
        columns[name] = SQL_TYPES[column.kind]
    for column in entity.columns.values():
        for suffix_name, sql_type in RAW_NORMALISED.get(column.role, {}).items():
            columns[suffix_name] = sql_type
    return columns | RAW_METADATA


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create every hand-over table that is missing; existing ones are left as they are."""
    for schema in ("raw", "ledger", "routing", "gates"):
        connection.execute(f"create schema if not exists {schema}")
    for entity_name in ENTITIES:
        columns = ", ".join(f"{name} {sql_type}" for name, sql_type in raw_columns(entity_name).items())
        connection.execute(f"create table if not exists raw.{entity_name} ({columns})")
    for tables in (RAW_BOOKKEEPING, LEDGER, ROUTING, GATES):
        for table, columns in tables.items():
            connection.execute(f"create table if not exists {table} ({columns})")
    _create_candidate_view(connection)


def empty_routing(connection: duckdb.DuckDBPyConnection) -> None:
    """Schema `routing` without a row, for a new proposal."""
    for table, columns in ROUTING.items():
        connection.execute(f"create or replace table {table} ({columns})")
    _create_candidate_view(connection)


def _create_candidate_view(connection: duckdb.DuckDBPyConnection) -> None:
    # an earlier version stored every candidate in full, in a table of that name
    stored = "select count(*) from duckdb_tables() where schema_name || '.' || table_name = ?"
    if connection.execute(stored, [CANDIDATES]).fetchall()[0][0]:
        connection.execute(f"drop table {CANDIDATES}")
    connection.execute(f"create or replace view {CANDIDATES} as {candidate_query('routing')}")
