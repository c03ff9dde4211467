"""One row per cell of demand, kind of lead in it and partner that routing would give such leads to today.

Here: what is read. Who may take what is the rulebook turned into SQL by `routing_jobs.routing`, run here as it stands.
"""

from datetime import UTC
from zoneinfo import ZoneInfo

TAKERS = """
with kinds as (
    select cell_id, kind_ix, count(*) as lead_count, count(*) filter (where is_waiting) as waiting_count
    from route_lead group by cell_id, kind_ix
)

select
    kinds.cell_id,
    kinds.kind_ix as kind_id,
    kinds.lead_count,
    kinds.waiting_count,
    takers.partner_id,
    takers.is_fallback,
    takers.area,
    takers.area_free_slots
from kinds
inner join route_taker as takers on kinds.kind_ix = takers.kind_ix
"""


def model(dbt, session):
    """Demand, roster, rulebook -> takers. The tables in between are temporary, on a cursor of their own."""
    from routing_jobs.program.routing_rules import RoutingRules
    from routing_jobs.routing.steps import Relations
    from routing_jobs.routing.takers import taker_steps

    body = dbt.ref("stg_program__rulebooks").filter("file = 'routing'").project("body").fetchone()[0]
    as_of, timezone = dbt.ref("stg_program__settings").project("as_of, timezone").fetchone()
    relations = Relations(
        leads=_named(dbt.ref("int_coverage__leads")),
        partners=_named(dbt.ref("int_routing__partners")),
        territories=_named(dbt.ref("int_routing__territories")),
        specializations=_named(dbt.ref("int_routing__specializations")),
        open_units=_named(dbt.ref("int_routing__open_units")),
    )
    day = as_of.replace(tzinfo=UTC).astimezone(ZoneInfo(timezone)).date()
    with session.cursor() as cursor:
        for step in taker_steps(RoutingRules.model_validate_json(body), day, relations):
            cursor.execute(step.sql, step.parameters)
        takers = cursor.execute(TAKERS).to_arrow_table()
    return takers


def _named(relation):
    """A relation as SQL that can stand where a table's name does."""
    return f"({relation.sql_query()})"
