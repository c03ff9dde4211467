"""The ledger's state as tables beside the raw ones, after file reports about our own assignments became events.

Every job comes by here before dbt: what models kept on another basis goes here too.
"""

import duckdb
import pyarrow as pa

from routing_jobs.ledger import Ledger
from routing_jobs.ledger.activity import record_activity
from routing_jobs.ledger.export import export_to_warehouse
from routing_jobs.release.suppression import SuppressedAddresses
from routing_jobs.warehouse.kept import forget_other_basis
from routing_jobs.warehouse.schema import LEDGER

# A lead reference may be a lead_ref, an assignment id, the source's own key, or an e-mail (SPEC section 3).
_REPORTS = """
with leads as (
    select
        'lead-' || substr(md5(source_system || chr(31) || source_record_id), 1, 20) as lead_id,
        source_system,
        source_record_id,
        email_normalized
    from raw.leads
    where is_current and not is_closed
),

assignments as (
    select
        assignments.assignment_id,
        assignments.lead_id,
        assignments.partner_id,
        assignments.released_at,
        'LR-' || upper(substr(md5('lead_ref' || assignments.lead_id), 1, 14)) as lead_ref,
        leads.source_system,
        leads.source_record_id,
        leads.email_normalized
    from ledger.assignment as assignments
    left join leads on assignments.lead_id = leads.lead_id
)

select distinct on (reports.record_key)
    reports.source_system,
    reports.activity_id,
    assignments.assignment_id,
    reports.partner_id,
    reports.activity_type,
    reports.occurred_at,
    coalesce(reports.reported_at, reports.arrived_at) as reported_at,
    reports.reason
from raw.partner_activity as reports
inner join assignments
    on
        reports.partner_id = assignments.partner_id
        and reports.occurred_at >= assignments.released_at
        and case
            when reports.lead_ref is not null then reports.lead_ref = assignments.lead_ref
            when reports.assignment_id is not null then reports.assignment_id = assignments.assignment_id
            when reports.lead_source_record_id is not null
                then
                    reports.lead_source_record_id = assignments.source_record_id
                    and coalesce(reports.lead_source_system, assignments.source_system) = assignments.source_system
            else lower(trim(reports.lead_email)) = assignments.email_normalized
        end
where reports.is_current and not reports.is_closed
order by reports.record_key, assignments.released_at desc, assignments.assignment_id
"""


def copy_ledger(
    connection: duckdb.DuckDBPyConnection, ledger: Ledger, superseding: str | None = None
) -> dict[str, int]:
    """Fill schema ledger of the warehouse; rows per table. Reports already known are not recorded twice.

    `superseding` is an open batch this run redoes: its leads count as free.
    """
    forget_other_basis(connection)
    export_to_warehouse(ledger, connection, superseding=superseding)
    as_of = connection.execute("select as_of from program.setting").fetchone()[0]
    reports = connection.execute(_REPORTS).to_arrow_table()
    if reports.num_rows and record_activity(ledger, reports.to_pylist(), as_of):
        export_to_warehouse(ledger, connection, superseding=superseding)
    _recognise_erased(connection, ledger)
    return {table: connection.table(table).count("*").fetchone()[0] for table in LEDGER}


def _recognise_erased(connection: duckdb.DuckDBPyConnection, ledger: Ledger) -> None:
    """Fill ledger.suppressed_lead: people who were erased and came back with a later file."""
    connection.execute("delete from ledger.suppressed_lead")
    with ledger.reading() as reading:
        erased = SuppressedAddresses.read(ledger, reading)
    if not erased.digests:
        return
    written = connection.execute(
        "select record_key, email_normalized from raw.leads where is_current and email_normalized is not null"
    ).to_arrow_table()
    keys, addresses = (written[name].to_pylist() for name in written.column_names)
    found = [key for key, address in zip(keys, addresses, strict=True) if erased.contains(address)]
    connection.register("found", pa.table({"record_key": pa.array(found, pa.string())}))
    connection.execute("insert into ledger.suppressed_lead select record_key from found")
    connection.unregister("found")
