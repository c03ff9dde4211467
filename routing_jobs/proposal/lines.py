"""The lines of a proposal: each routable lead with its partner, or the exception that says why it has none.

Lives here: the words people read on a line, its owner and due time, and the counts kept for partners that never came
near. Not here: who was chosen (`rounds`).
"""

from datetime import UTC, datetime

import duckdb

from routing_jobs.program.loading import Program
from routing_jobs.routing.candidates import kept_by_vendor
from routing_jobs.routing.exclusions import EXCLUSIONS, REMEDIES
from routing_jobs.sla import calendar_for, due_at


def write_lines(connection: duckdb.DuckDBPyConnection, program: Program, as_of: datetime) -> None:
    """Fill routing.line and routing.exclusion_count from what the rounds left in the route_* tables."""
    connection.execute("create or replace temp table route_code (code varchar, remedy varchar, owner varchar)")
    rows = [(code, remedy, program.config.owner_of(code)) for code, remedy in REMEDIES.items()]
    connection.executemany("insert into route_code values (?, ?, ?)", rows)
    connection.execute("create or replace temp table route_due (grade varchar, due_at timestamp)")
    due = _due_times(program, as_of)
    connection.executemany(
        "insert into route_due values (?, ?)", [[grade, due[grade]] for grade in program.scoring.grades]
    )
    hurdles = {
        "exceptions": [exclusion.exception for exclusion in EXCLUSIONS],
        "sentences": [exclusion.sentence for exclusion in EXCLUSIONS],
    }
    connection.execute(_UNPLACED, {"kept": kept_by_vendor(program.routing)} | hurdles)
    connection.execute(_LINES, {"usual_due": due[None]})
    connection.execute(_EXCLUSION_COUNTS)


def _due_times(program: Program, as_of: datetime) -> dict[str | None, datetime]:
    """Grade -> when an exception should be worked: the program's capture-to-release clock, from as_of."""
    calendar = calendar_for(program.sla, program.config.timezone, None)
    start = as_of.replace(tzinfo=UTC)
    grades: list[str | None] = [None, *program.scoring.grades]
    spans = {grade: program.sla.clock("capture_to_release", grade=grade) for grade in grades}
    return {grade: due_at(start, span, calendar).replace(tzinfo=None) for grade, span in spans.items()}


# What becomes of a unit nobody took: kept by the vendor, or an exception with what stood in the way.
_UNPLACED = """
create or replace temp table route_unplaced as
with hurdles as (
    select unit_ix, max(code) as code, max(claimant_code) as claimant_code from route_hurdle group by unit_ix
),

unplaced as (
    select
        unit.unit_ix,
        unit.gap_code,
        precedence.rule,
        precedence.claimants,
        precedence.partner_id = 'direct' and precedence.exception_code is null as is_named_direct,
        hurdles.claimant_code,
        coalesce(precedence.exception_code, unit.gap_code, case
            when precedence.is_binding then 'EXCLUSIVE_UNAVAILABLE'
            else coalesce($exceptions[nullif(hurdles.code, 0)], 'NO_TERRITORY_MATCH')
        end) as exception_code,
        precedence.exception_code is null and not coalesce(precedence.is_binding, false) as is_free
    from route_unit as unit
    left join route_outcome as outcome on unit.unit_ix = outcome.unit_ix
    left join route_precedence as precedence on unit.unit_ix = precedence.unit_ix
    left join hurdles on unit.unit_ix = hurdles.unit_ix
    where outcome.unit_ix is null
)

select
    unit_ix,
    coalesce(is_named_direct, false) or (is_free and $kept is not distinct from 'direct') as is_direct,
    exception_code,
    case
        when is_named_direct then 'named_account'
        when is_free and $kept is not null then $kept
        when exception_code in ('EXCLUSIVE_UNAVAILABLE', 'REGISTRATION_CONFLICT', 'PRECEDENCE_CONFLICT') then rule
    end as rule,
    case
        when exception_code in ('REGISTRATION_CONFLICT', 'PRECEDENCE_CONFLICT') then ' (' || claimants || ')'
        when exception_code = 'EXCLUSIVE_UNAVAILABLE'
            then ' (' || rule || ': ' || claimants || ' '
                || coalesce($sentences[claimant_code], 'has no territory here') || ')'
    end as detail
from unplaced
"""

_LINES = """
insert into routing.line by name
select
    fate.lead_id,
    fate.unit_id,
    lead.identity_id,
    lead.account_id,
    lead.product_line as product,
    partner.partner_id,
    lead.hop,
    case
        when outcome.unit_ix is not null then case when outcome.is_express then 'express' else 'routed' end
        when unplaced.is_direct then 'direct'
    end as source,
    exceptions.code as exception_code,
    exceptions.remedy || coalesce(unplaced.detail, '') as remedy,
    exceptions.owner,
    case when exceptions.code is not null then coalesce(due.due_at, $usual_due) end as due_at,
    case
        when outcome.rung = 'primary' and outcome.is_claim then precedence.rule
        when outcome.rung = 'primary' and unit.mode = 'optimal' then 'best_score'
        when outcome.rung = 'primary' then unit.mode
        when outcome.unit_ix is not null then outcome.rung
        else unplaced.rule
    end as rule,
    outcome.score,
    coalesce(unit.is_express, false) as is_express,
    unit.mode,
    unit.pool,
    unit.holds_slot
from route_fate as fate
inner join route_lead as lead on fate.lead_id = lead.lead_id
left join route_unit_lead as member on fate.lead_id = member.lead_id
left join route_unit as unit on member.unit_ix = unit.unit_ix
left join route_outcome as outcome on unit.unit_ix = outcome.unit_ix
left join route_partner as partner on outcome.partner_ix = partner.partner_ix
left join route_precedence as precedence on unit.unit_ix = precedence.unit_ix
left join route_unplaced as unplaced on unit.unit_ix = unplaced.unit_ix
left join route_code as exceptions
    on exceptions.code = coalesce(
        fate.exception_code, case when not unplaced.is_direct then unplaced.exception_code end
    )
left join route_due as due on lead.grade = due.grade
"""

# Partners that did not pass territory, by how far off they were; of routed units only.
_EXCLUSION_COUNTS = """
insert into routing.exclusion_count
with present as (
    select distinct places.country, territory.partner_ix
    from (select distinct country from route_unit) as places
    inner join route_territory as territory
        on places.country = territory.country or territory.country is null
),

in_country as (
    select country, count(*) as partners from present group by country
),

considered as (
    select unit_ix, sum(pairs) as partners from route_hurdle group by unit_ix
),

counted as (
    select
        unit.unit_id,
        roster.partners - coalesce(in_country.partners, 0) as outside_country,
        coalesce(in_country.partners, 0) - coalesce(considered.partners, 0) as outside_area
    from route_unit as unit
    cross join (select count(*) as partners from route_partner) as roster
    left join in_country on unit.country is not distinct from in_country.country
    left join considered on unit.unit_ix = considered.unit_ix
)

select unit_id, 'OUTSIDE_COUNTRY' as exclusion_reason, outside_country as partner_count
from counted where outside_country > 0
union all
select unit_id, 'OUTSIDE_AREA', outside_area from counted where outside_area > 0
"""
