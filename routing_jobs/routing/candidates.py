"""Units meet partners: every pair that passed territory, with the first rule it fails, as SQL text.

Lives here: what holds for one unit and one partner: precedence, refusals, free slots, the score. Not here: who is chosen
(`ranking`, `assignment`). Millions of pairs are stored as few and small columns; what follows from the unit or the
partner alone (worth, chance to win, the score) is worked out where it is read.

route_room        a row per partner: slots it may still fill in this run; kept up to date by the proposal
route_area_room   a row per territory with a capacity of its own: the same for it
route_open_unit   the units to place now; made by the proposal
route_candidate   a row per open unit and partner of the rung: code, preference, tie, limited territory
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from routing_jobs.program.routing_rules import RoutingRules
from routing_jobs.routing.eligibility import COVERS
from routing_jobs.routing.exclusions import EXCLUSIONS, NUMBER
from routing_jobs.routing.steps import Relations, Step, table

# The chance that `partner` wins `unit`, in millionths.
P_WON = """
case
    when unit.is_for_newcomers then coalesce(partner.newcomer_p_won_micros, partner.p_won_micros)
    else partner.p_won_micros
end"""
# P(won | partner) * value * age decay * preferences, in millionths of the program's currency, at least 1; rounded down to
# millionths twice: value times decay, and chance times preferences.
SCORE = f"""
greatest(
    1,
    unit.worth_micros // 1000000 * ({P_WON} * candidate.preference_micros // 1000000)
    + unit.worth_micros % 1000000 * ({P_WON} * candidate.preference_micros // 1000000) // 1000000
)"""


@dataclass(frozen=True)
class Rung:
    """One round of asking: everyone first, then each fallback of the rulebook among the units still without partner.

    Attributes:
        name: `primary`, or the fallback's name.
        pairs: The relation of kinds and partners asked in this round.
        only: Which of those partners, as SQL over `partner` and `wanted`.
    """

    name: str
    pairs: str
    only: str


_IS_CLAIMANT = "coalesce(wanted.claimant_ix = partner.partner_ix, false)"
PRIMARY = Rung("primary", "route_kind_partner", f"(not partner.is_distributor or {_IS_CLAIMANT})")
FALLBACK_RUNGS = {
    "distributor": Rung("distributor", "route_kind_partner", f"partner.is_distributor and not {_IS_CLAIMANT}"),
    "widen": Rung("widen", "route_kind_partner_widen", "not partner.is_distributor"),
    "default_partner": Rung("default_partner", "route_kind_partner_default_partner", "true"),
}
KEPT_BY_VENDOR = ("direct", "nurture")  # fallbacks that ask nobody
STAGES = (PRIMARY.name, *FALLBACK_RUNGS)
STAGE_NUMBER = {name: number for number, name in enumerate(STAGES, start=1)}  # as stored


def rungs(rules: RoutingRules) -> list[Rung]:
    """Who is asked, in order; a fallback that keeps leads with the vendor ends the list."""
    asked = [PRIMARY]
    for name in rules.fallback:
        if name in KEPT_BY_VENDOR:
            break
        asked.append(FALLBACK_RUNGS[name])
    return asked


def kept_by_vendor(rules: RoutingRules) -> str | None:
    """`direct` or `nurture`, whichever the rulebook's fallback names first."""
    return next((name for name in rules.fallback if name in KEPT_BY_VENDOR), None)


def room_steps(relations: Relations) -> list[Step]:
    """route_room and route_area_room as the run begins: the least of what every limit leaves, as prepare counted it."""
    return [
        table("route_room", _ROOM.format(relations=relations), {}),
        table("route_area_room", _AREA_ROOM.format(relations=relations, covers=COVERS), {}),
    ]


def candidate_step(rules: RoutingRules, rung: Rung, as_of: datetime) -> Step:
    """route_candidate for the open units and the partners of `rung`; as_of is UTC, the cool-down ends at it."""
    cool_down = timedelta(days=rules.limits.cool_down_days)
    values = {
        "other_lead": NUMBER["OTHER_LEAD"],
        "precedence": NUMBER["PRECEDENCE"],
        "declined": NUMBER["DECLINED"],
        "cool_down": NUMBER["COOL_DOWN"],
        "at_limit": NUMBER["AT_LIMIT"],
        "asked_again_from": as_of - cool_down,
    }
    query = _CANDIDATES.format(pairs=rung.pairs, only=rung.only, comes_after=_COMES_AFTER)
    return table("route_candidate", query, values)


def candidate_query(schema: str) -> str:
    """The stored pairs of `schema` as people and files read them: a row per unit and partner that passed territory."""
    codes = ", ".join(f"'{exclusion.code}'" for exclusion in EXCLUSIONS)
    stages = ", ".join(f"'{stage}'" for stage in STAGES)
    return _STORED.format(schema=schema, codes=codes, stages=stages, p_won=P_WON, score=SCORE)


# A pair is a few integers; words, worth and score follow from them.
_STORED = """
select
    unit.unit_id,
    unit.lead_id,
    partner.partner_id,
    candidate.exclusion = 0 as is_eligible,
    [{codes}][candidate.exclusion] as exclusion_reason,
    {p_won} as p_won_micros,
    unit.value_minor,
    unit.age_decay_micros,
    candidate.preference_micros,
    {score} as score,
    candidate.banded_score,
    candidate.rank,
    candidate.is_assigned,
    unit.value_source,
    [{stages}][candidate.stage] as stage,
    candidate.is_claim,
    cast(candidate.propensity_micros as bigint) as propensity_micros,
    area.area,
    candidate.unit_ix
from {schema}.candidate_pair as candidate
inner join {schema}.candidate_unit as unit on candidate.unit_ix = unit.unit_ix
inner join {schema}.candidate_partner as partner on candidate.partner_ix = partner.partner_ix
left join {schema}.candidate_area as area on candidate.area_ix = area.area_ix
"""

_ROOM = """
select partner.partner_ix, cast(greatest(coalesce(partners.free_slots, 0), 0) as bigint) as free_slots
from route_partner as partner
inner join {relations.partners} as partners on partner.partner_id = partners.partner_id
"""

# A unit that takes a slot counts in the territory it would be limited by if it came now.
_AREA_ROOM = """
with places as (
    select
        row_number() over () as unit,
        partner.partner_ix,
        open_units.country,
        lower(trim(open_units.region)) as region,
        open_units.postal_code as postal_key,
        lower(trim(open_units.product)) as product,
        lower(trim(open_units.product_code)) as product_code
    from {relations.open_units} as open_units
    inner join route_partner as partner on open_units.partner_id = partner.partner_id
),

counted as (
    select place.unit, arg_max(territory.area_ix, territory.precision) as area_ix
    from places as place
    inner join route_territory as territory
        on place.partner_ix = territory.partner_ix
        and (territory.country = place.country or territory.country is null)
        and {covers}
    group by place.unit
)

select
    area.area_ix,
    area.partner_ix,
    area.area,
    cast(greatest(0, area.capacity - count(counted.unit)) as bigint) as free_slots
from route_area as area
left join counted on area.area_ix = counted.area_ix
group by area.area_ix, area.partner_ix, area.area, area.capacity
"""

# What the partner alone decides is joined to kinds and what the unit alone decides to units, before the two meet. Nearly
# all units are plain: of one kind and never refused, so that their pairs need neither grouping nor a look at refusals.
_CANDIDATES = """
with asked as (
    select
        pair.*,
        partner.is_distributor,
        least(room.free_slots, coalesce(area_room.free_slots, room.free_slots)) = 0 as is_full
    from {pairs} as pair
    inner join route_partner as partner on pair.partner_ix = partner.partner_ix
    inner join route_room as room on pair.partner_ix = room.partner_ix
    left join route_area_room as area_room on pair.area_ix = area_room.area_ix
),

wanted as (
    select
        unit.unit_ix,
        unit.kind_ix,
        unit.kinds,
        unit.holds_slot,
        unit.kinds = 1 and refused.unit_ix is null as is_plain,
        precedence.partner_ix as claimant_ix,
        precedence.exception_code is not null as is_conflict,
        coalesce(precedence.is_binding, false) as is_binding
    from route_open_unit as open_unit
    inner join route_unit as unit on open_unit.unit_ix = unit.unit_ix
    left join route_precedence as precedence on unit.unit_ix = precedence.unit_ix
    left join (select distinct unit_ix from route_unit_refusal) as refused on unit.unit_ix = refused.unit_ix
),

plain as (
    select
        wanted.unit_ix,
        partner.partner_ix,
        case
            when partner.code > 0 then partner.code
            when {comes_after} then $precedence
            when wanted.holds_slot and partner.is_full then $at_limit
            else 0
        end as code,
        partner.preference_micros,
        partner.tie,
        partner.area_ix
    from wanted
    inner join asked as partner on wanted.kind_ix = partner.kind_ix
    where wanted.is_plain and {only}
),

united as (
    select
        wanted.unit_ix,
        pair.partner_ix,
        coalesce(least(
            min(pair.code) filter (where pair.code > 0),
            case when count(*) < any_value(wanted.kinds) then $other_lead end
        ), 0) as code,
        coalesce(max(pair.preference_micros) filter (where pair.kind_ix = wanted.kind_ix), 1000000) as preference_micros,
        coalesce(max(pair.tie) filter (where pair.kind_ix = wanted.kind_ix), 0) as tie,
        coalesce(max(pair.area_ix) filter (where pair.kind_ix = wanted.kind_ix), -1) as area_ix
    from wanted
    inner join route_unit_kind as unit_kind on wanted.unit_ix = unit_kind.unit_ix
    inner join {pairs} as pair on unit_kind.kind_ix = pair.kind_ix
    where not wanted.is_plain
    group by wanted.unit_ix, pair.partner_ix
),

others as (
    select
        united.unit_ix,
        united.partner_ix,
        case
            when united.code > 0 then united.code
            when refusal.is_declined then $declined
            when refusal.last_at > $asked_again_from then $cool_down
            when {comes_after} then $precedence
            when wanted.holds_slot and least(room.free_slots, coalesce(area_room.free_slots, room.free_slots)) = 0
                then $at_limit
            else 0
        end as code,
        united.preference_micros,
        united.tie,
        united.area_ix
    from united
    inner join wanted on united.unit_ix = wanted.unit_ix
    inner join route_partner as partner on united.partner_ix = partner.partner_ix
    inner join route_room as room on united.partner_ix = room.partner_ix
    left join route_area_room as area_room on united.area_ix = area_room.area_ix
    left join route_unit_refusal as refusal
        on united.unit_ix = refusal.unit_ix and united.partner_ix = refusal.partner_ix
    where {only}
)

select unit_ix, partner_ix, cast(code as utinyint) as code, preference_micros, tie, area_ix
from (from plain union all from others)
"""

_COMES_AFTER = """
(wanted.is_conflict or (wanted.is_binding and wanted.claimant_ix is distinct from partner.partner_ix))"""
