"""The two decisions of a replay side by side: what moved, what each is worth, who carries how much.

SQL over schemas before and after (`replay`), results as plain rows. Both sides are valued alike: the batch's own chances
and follow-up rates of partners, its own value and age of units, without preferences; so a draft that only scores
otherwise is worth no more for it. Money in minor units, chances in millionths, rounded down once per unit.
"""

from dataclasses import dataclass
from typing import Any

import duckdb

from routing_jobs.simulation.replay import AFTER, BEFORE

Row = dict[str, Any]
MOVED, NEWLY_PLACED, NEWLY_UNPLACED, OTHER_REASON = "moved", "newly_placed", "newly_unplaced", "other_reason"


@dataclass(frozen=True)
class Side:
    """One decision in figures, over the leads of the replayed batches.

    Attributes:
        leads: Leads of the batches.
        placed: Of them, leads with a partner.
        kept: Of them, leads the vendor keeps.
        exceptions: Code -> leads.
        expected_won_minor: Sum over placed units of value x age decay x the partner's chance to win.
        expected_follow_ups: Sum over placed leads of the partner's shrunk follow-up rate, in millionths.
        objective: Of the solver, in its own scores: not comparable where the rules score otherwise.
        upper_bound: Of the objective.
    """

    leads: int
    placed: int
    kept: int
    exceptions: dict[str, int]
    expected_won_minor: int
    expected_follow_ups: int
    objective: int
    upper_bound: int


@dataclass(frozen=True)
class Comparison:
    """One replay: both sides, the leads whose fate differs, and a row a partner.

    `changes`: lead_id, unit_id, batch_id, kind, and before/after partner_id, exception_code, rule. `partners`:
    partner_id, and before/after leads, slots, free_slots, expected_micros (leads it would have had, each going to any
    of its eligible partners with equal chance).
    """

    before: Side
    after: Side
    changes: list[Row]
    partners: list[Row]


def compare(connection: duckdb.DuckDBPyConnection) -> Comparison:
    """Compare what `replayed` left in the database."""
    connection.execute(_PARTNER_FACTS)
    connection.execute(_UNIT_WORTH)
    for side in (BEFORE, AFTER):
        connection.execute(_FATES.format(side=side))
    return Comparison(
        before=_side(connection, BEFORE),
        after=_side(connection, AFTER),
        changes=_rows(connection, _CHANGES),
        partners=_rows(connection, _PARTNERS),
    )


def _side(connection: duckdb.DuckDBPyConnection, side: str) -> Side:
    (figures,) = _rows(connection, _FIGURES.format(side=side))
    codes = connection.execute(
        f"""
        select exception_code, count(*) from simulation.{side}_fate
        where exception_code is not null group by exception_code order by exception_code
        """  # noqa: S608 - one of two names
    ).fetchall()
    return Side(exceptions=dict(codes), **figures)


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[Row]:
    found = connection.execute(query)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


# What the batch knew about each partner of the roster.
_PARTNER_FACTS = """
create table simulation.partner_fact as
select
    partner_id,
    max(p_won_micros) as p_won_micros,
    coalesce(max(cast(round(rate * 1000000) as bigint)) filter (where outcome = 'followed_up'), 0) as follow_up_micros
from before.partner_performance
group by partner_id
"""

# A unit only the draft makes is worth what the draft says.
_UNIT_WORTH = """
create table simulation.unit_worth as
select
    unit_id,
    coalesce(max(worth) filter (where is_before), max(worth)) as worth_minor
from (
    select unit_id, true as is_before, cast(value_minor as hugeint) * age_decay_micros // 1000000 as worth
    from before.candidate
    union all
    select unit_id, false, cast(value_minor as hugeint) * age_decay_micros // 1000000
    from after.candidate
)
group by unit_id
"""

_FATES = """
create table simulation.{side}_fate as
select
    stored.batch_id,
    line.lead_id,
    line.unit_id,
    line.partner_id,
    line.exception_code,
    line.source = 'direct' as is_kept,
    line.rule
from {side}.line as line
inner join stored.line as stored on line.lead_id = stored.lead_id
"""

_FIGURES = """
with units as (
    select unit_id, partner_id from simulation.{side}_fate where partner_id is not null group by unit_id, partner_id
),

won as (
    select coalesce(sum(worth.worth_minor * fact.p_won_micros // 1000000), 0) as minor
    from units
    inner join simulation.unit_worth as worth on units.unit_id = worth.unit_id
    inner join simulation.partner_fact as fact on units.partner_id = fact.partner_id
),

solved as (
    select coalesce(sum(objective), 0) as objective, coalesce(sum(upper_bound), 0) as upper_bound from {side}.summary
)

select
    count(*) as leads,
    count(fate.partner_id) as placed,
    count(*) filter (where fate.is_kept) as kept,
    cast(any_value(won.minor) as bigint) as expected_won_minor,
    cast(coalesce(sum(fact.follow_up_micros), 0) as bigint) as expected_follow_ups,
    cast(any_value(solved.objective) as bigint) as objective,
    cast(any_value(solved.upper_bound) as bigint) as upper_bound
from simulation.{side}_fate as fate
cross join won
cross join solved
left join simulation.partner_fact as fact on fate.partner_id = fact.partner_id
"""

_CHANGES = f"""
select
    before.lead_id,
    before.unit_id,
    before.batch_id,
    case
        when before.partner_id is not null and after.partner_id is not null then '{MOVED}'
        when after.partner_id is not null then '{NEWLY_PLACED}'
        when before.partner_id is not null then '{NEWLY_UNPLACED}'
        else '{OTHER_REASON}'
    end as kind,
    before.partner_id as before_partner_id,
    after.partner_id as after_partner_id,
    before.exception_code as before_exception_code,
    after.exception_code as after_exception_code,
    before.rule as before_rule,
    after.rule as after_rule
from simulation.before_fate as before
inner join simulation.after_fate as after on before.lead_id = after.lead_id
where
    before.partner_id is distinct from after.partner_id
    or before.exception_code is distinct from after.exception_code
    or before.is_kept is distinct from after.is_kept
order by before.lead_id
"""  # noqa: S608 - the parts are constants of this module


def _partner_columns(side: str) -> str:
    """Queries for one side: leads received, leads expected by equal chance, slots taken and free."""
    return f"""
{side}_received as (
    select partner_id, count(*) as leads from simulation.{side}_fate where partner_id is not null group by partner_id
),

{side}_sizes as (
    select unit_id, count(*) as leads from simulation.{side}_fate group by unit_id
),

{side}_expected as (
    select partner_id, sum(share_micros * leads) as micros
    from (
        select
            candidate.partner_id,
            sizes.leads,
            1000000 // count(*) over (partition by candidate.unit_id) as share_micros
        from {side}.candidate as candidate
        inner join {side}_sizes as sizes on candidate.unit_id = sizes.unit_id
        where candidate.is_eligible
    )
    group by partner_id
),

{side}_slots as (
    select partner_id, sum(assigned) as taken, max(capacity) as free from {side}.partner_price group by partner_id
)"""  # noqa: S608 - one of two names


_PARTNERS = f"""
with {_partner_columns(BEFORE)},
{_partner_columns(AFTER)}

select
    roster.partner_id,
    coalesce(before_received.leads, 0) as before_leads,
    coalesce(after_received.leads, 0) as after_leads,
    cast(coalesce(before_slots.taken, 0) as bigint) as before_slots,
    cast(coalesce(after_slots.taken, 0) as bigint) as after_slots,
    cast(coalesce(before_slots.free, 0) as bigint) as before_free_slots,
    cast(coalesce(after_slots.free, 0) as bigint) as after_free_slots,
    cast(coalesce(before_expected.micros, 0) as bigint) as before_expected_micros,
    cast(coalesce(after_expected.micros, 0) as bigint) as after_expected_micros
from simulation.partner_fact as roster
left join before_received on roster.partner_id = before_received.partner_id
left join after_received on roster.partner_id = after_received.partner_id
left join before_slots on roster.partner_id = before_slots.partner_id
left join after_slots on roster.partner_id = after_slots.partner_id
left join before_expected on roster.partner_id = before_expected.partner_id
left join after_expected on roster.partner_id = after_expected.partner_id
order by roster.partner_id
"""  # noqa: S608 - the parts are this module's own
